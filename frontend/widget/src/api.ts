/** How the chat asks Pult: with its own token, without cookies. */

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly after: number,
  ) {
    super(code)
  }
}

export class Line {
  token = ''

  constructor(private readonly base: string) {}

  private request(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.token) headers.set('Authorization', `Bearer ${this.token}`)
    return fetch(`${this.base}/${path}`, { ...init, headers, credentials: 'omit', cache: 'no-store' })
  }

  /** Ask and return what was answered. Throws Refused, and TypeError where nobody answered. */
  async ask<T>(path: string, body?: unknown): Promise<T> {
    const form = body instanceof FormData
    const init: RequestInit =
      body === undefined
        ? {}
        : {
            method: 'POST',
            body: form ? body : JSON.stringify(body),
            headers: form ? {} : { 'Content-Type': 'application/json' },
          }
    const answer = await this.request(path, init)
    if (!answer.ok) throw await refusal(answer)
    return (await answer.json()) as T
  }

  async blob(path: string): Promise<Blob> {
    const answer = await this.request(path, {})
    if (!answer.ok) throw await refusal(answer)
    return answer.blob()
  }

  /** Hear events until the line ends or `signal` is given; throws when it could not be opened. */
  async listen(signal: AbortSignal, heard: (name: string, data: string) => void, opened: () => void): Promise<void> {
    const answer = await this.request('stream', { signal, headers: { Accept: 'text/event-stream' } })
    if (!answer.ok || !answer.body) throw await refusal(answer)
    opened()
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const blocks = (rest + value).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const lines = block.split('\n')
        const part = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
        const name = part('event')
        if (name) heard(name, part('data') ?? '{}')
      }
    }
  }
}

async function refusal(answer: Response): Promise<Refused> {
  const said = (await answer.json().catch(() => ({}))) as { title?: string; after?: number }
  return new Refused(answer.status, said.title ?? '', said.after ?? 0)
}
