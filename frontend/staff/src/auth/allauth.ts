import { Offline, csrfToken } from '../api/http'

/** One thing that may come next: signing in, a second factor, a provider. */
export interface Flow {
  id: string
  is_pending?: boolean
  types?: string[]
  providers?: string[]
}

export interface FieldError {
  code: string
  message: string
  param?: string
}

export interface Answer<T = unknown> {
  status: number
  data: T
  meta: { is_authenticated?: boolean; secret?: string; totp_url?: string; [key: string]: unknown }
  errors: FieldError[]
  flows: Flow[]
}

export interface Provider {
  id: string
  name: string
  flows: string[]
}

export interface Config {
  account: { password_reset_by_code_enabled: boolean }
  socialaccount?: { providers: Provider[] }
  mfa?: { supported_types: string[]; passkey_login_enabled: boolean }
}

const BASE = '/_allauth/browser/v1'

/**
 * One call of the sign-in interface. Its answers are data, also 401 ("something more is needed") and 400 ("look at
 * `errors`"); only silence is thrown, as Offline.
 */
export async function allauth<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') headers['X-CSRFToken'] = csrfToken()
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  let response: Response
  try {
    response = await fetch(BASE + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
    })
  } catch (error) {
    throw new Offline(String(error))
  }
  if ([502, 503, 504].includes(response.status)) throw new Offline(String(response.status))
  let parsed: Partial<Answer<T>> & { data?: T & { flows?: Flow[] } } = {}
  try {
    parsed = await response.json()
  } catch {
    // No body, or a page of a proxy: the status has to do.
  }
  return {
    status: response.status,
    data: (parsed.data ?? {}) as T,
    meta: parsed.meta ?? {},
    errors: parsed.errors ?? [],
    flows: parsed.data?.flows ?? [],
  }
}

/** The step that waits to be done, if one does. */
export function pendingFlow(answer: Answer): Flow | undefined {
  return answer.flows.find((flow) => flow.is_pending)
}

/** Whether the server wants the password (or another factor) once more before it does what was asked. */
export function needsReauthentication(answer: Answer): boolean {
  return answer.status === 401 && answer.meta.is_authenticated === true
}

export function getConfig(): Promise<Answer<Config>> {
  return allauth<Config>('GET', '/config')
}

/** Leave for an identity provider: the interface wants a real form, since it answers with a redirect. */
export function redirectToProvider(provider: string, next: string): void {
  const form = document.createElement('form')
  form.method = 'post'
  form.action = `${BASE}/auth/provider/redirect`
  const fields = {
    provider,
    process: 'login',
    callback_url: new URL(`/sign-in?next=${encodeURIComponent(next)}`, window.location.origin).href,
    csrfmiddlewaretoken: csrfToken(),
  }
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement('input')
    input.type = 'hidden'
    input.name = name
    input.value = value
    form.append(input)
  }
  document.body.append(form)
  form.submit()
}

/** Where to go after signing in: a path of this app, never another site. */
export function safeNext(value: unknown): string {
  if (typeof value !== 'string' || !value.startsWith('/') || /^\/[/\\]/.test(value)) return '/'
  const url = new URL(value, window.location.origin)
  if (url.origin !== window.location.origin || url.pathname.startsWith('/sign-in')) return '/'
  return url.pathname + url.search + url.hash
}
