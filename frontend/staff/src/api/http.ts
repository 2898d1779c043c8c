import { t } from '../i18n'
import type { Problem } from './types'

/** The server answered with an error that says what it is. */
export class ApiError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title)
    this.problem = problem
  }

  get status(): number {
    return this.problem.status
  }
}

/** No answer came: the network or the server is away. */
export class Offline extends Error {}

export function csrfToken(): string {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? ''
}

export interface CallOptions {
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
  /** It goes on when the page is left meanwhile; for small bodies only. */
  keepalive?: boolean
}

let signedOut: () => void = () => {}

/** Tell this module what to do when the session has ended. */
export function onSignedOut(handler: () => void): void {
  signedOut = handler
}

let forbidden: () => void = () => {}

/** Tell this module what to do when something is not allowed: a permission may have been taken away meanwhile. */
export function onForbidden(handler: () => void): void {
  forbidden = handler
}

async function ask(method: string, path: string, options: CallOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json', ...options.headers }
  if (method !== 'GET') headers['X-CSRFToken'] = csrfToken()
  let body: BodyInit | undefined
  if (options.body instanceof FormData) body = options.body
  else if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json'
    body = JSON.stringify(options.body)
  }
  const { signal, keepalive } = options
  try {
    return await fetch(`/api/v1${path}`, { method, headers, body, signal, keepalive, credentials: 'same-origin' })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Offline(String(error))
  }
}

async function failure(response: Response): Promise<Error> {
  if ([502, 503, 504].includes(response.status)) return new Offline(String(response.status))
  let problem: Problem = { type: 'about:blank', title: t('app.failed'), status: response.status }
  try {
    problem = { ...problem, ...((await response.json()) as Partial<Problem>) }
  } catch {
    // A proxy's error page: the status has to do.
  }
  if (response.status === 401) signedOut()
  if (response.status === 403) forbidden()
  return new ApiError(problem)
}

/**
 * One call of the API below /api/v1 with the session's cookie.
 *
 * Throws ApiError for an answer that is an error, Offline where no answer came.
 */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const response = await ask(method, path, options)
  if (!response.ok) throw await failure(response)
  return (response.status === 204 ? undefined : await response.json()) as T
}

/** A GET that costs nothing when what is known by `etag` still stands; then `data` is null. */
export async function getTagged<T>(path: string, etag = ''): Promise<{ data: T | null; etag: string }> {
  const response = await ask('GET', path, etag ? { headers: { 'If-None-Match': etag } } : {})
  if (response.status === 304) return { data: null, etag }
  if (!response.ok) throw await failure(response)
  return { data: (await response.json()) as T, etag: response.headers.get('ETag') ?? '' }
}

export const get = <T>(path: string, options?: CallOptions) => call<T>('GET', path, options)
export const post = <T>(path: string, body?: unknown, options?: CallOptions) =>
  call<T>('POST', path, { ...options, body })
export const patch = <T>(path: string, body: unknown, options?: CallOptions) =>
  call<T>('PATCH', path, { ...options, body })
export const put = <T>(path: string, body: unknown, options?: CallOptions) => call<T>('PUT', path, { ...options, body })
export const del = <T>(path: string, options?: CallOptions) => call<T>('DELETE', path, options)
