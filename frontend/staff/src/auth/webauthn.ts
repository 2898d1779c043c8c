import { allauth } from './allauth'
import type { Answer } from './allauth'

/** The person closed the browser's window, or it timed out: nothing to report. */
export class Cancelled extends Error {}

/** Whether this browser can make and use passkeys. */
export function passkeysSupported(): boolean {
  return typeof window.PublicKeyCredential === 'function'
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  const out = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index += 1) out[index] = binary.charCodeAt(index)
  return out
}

function base64url(buffer: ArrayBuffer | null): string | null {
  if (!buffer) return null
  let binary = ''
  for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte)
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

interface Descriptor {
  type: 'public-key'
  id: string
  transports?: AuthenticatorTransport[]
}

interface CreationJSON {
  challenge: string
  user: { id: string; name: string; displayName: string }
  excludeCredentials?: Descriptor[]
  [key: string]: unknown
}

interface RequestJSON {
  challenge: string
  allowCredentials?: Descriptor[]
  [key: string]: unknown
}

const descriptors = (list: Descriptor[] | undefined) => (list ?? []).map((entry) => ({ ...entry, id: bytes(entry.id) }))

async function ask<T>(work: () => Promise<T | null>): Promise<T> {
  try {
    const found = await work()
    if (found) return found
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
    if (error.name === 'InvalidStateError') throw error
  }
  throw new Cancelled()
}

/** Have the browser make a passkey; returns what the server wants to see of it. */
export async function createCredential(options: { publicKey: CreationJSON }): Promise<unknown> {
  const json = options.publicKey
  const publicKey = {
    ...json,
    challenge: bytes(json.challenge),
    user: { ...json.user, id: bytes(json.user.id) },
    excludeCredentials: descriptors(json.excludeCredentials),
  } as unknown as PublicKeyCredentialCreationOptions
  const made = (await ask(() => navigator.credentials.create({ publicKey }))) as PublicKeyCredential
  const response = made.response as AuthenticatorAttestationResponse
  return {
    id: made.id,
    rawId: base64url(made.rawId),
    type: made.type,
    authenticatorAttachment: made.authenticatorAttachment,
    clientExtensionResults: made.getClientExtensionResults(),
    response: {
      clientDataJSON: base64url(response.clientDataJSON),
      attestationObject: base64url(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  }
}

/** Have the browser answer a challenge with a passkey. */
export async function getCredential(options: { publicKey: RequestJSON }): Promise<unknown> {
  const json = options.publicKey
  const publicKey = {
    ...json,
    challenge: bytes(json.challenge),
    allowCredentials: descriptors(json.allowCredentials),
  } as unknown as PublicKeyCredentialRequestOptions
  const made = (await ask(() => navigator.credentials.get({ publicKey }))) as PublicKeyCredential
  const response = made.response as AuthenticatorAssertionResponse
  return {
    id: made.id,
    rawId: base64url(made.rawId),
    type: made.type,
    authenticatorAttachment: made.authenticatorAttachment,
    clientExtensionResults: made.getClientExtensionResults(),
    response: {
      clientDataJSON: base64url(response.clientDataJSON),
      authenticatorData: base64url(response.authenticatorData),
      signature: base64url(response.signature),
      userHandle: base64url(response.userHandle),
    },
  }
}

/** Answer a passkey challenge at one of the three places that give one; throws Cancelled. */
export async function usePasskey(place: 'login' | 'authenticate' | 'reauthenticate'): Promise<Answer> {
  const path = `/auth/webauthn/${place}`
  const options = await allauth<{ request_options: { publicKey: RequestJSON } }>('GET', path)
  if (options.status !== 200) return options
  const credential = await getCredential(options.data.request_options)
  return allauth('POST', path, { credential })
}
