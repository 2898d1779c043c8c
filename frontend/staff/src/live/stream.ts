import { StreamParser, type StreamEvent } from './sse'

export interface StreamHandlers {
  event: (event: StreamEvent) => void
  /** The line is open (again). */
  open: () => void
  /** The line is down; a new try follows by itself. */
  lost: () => void
  /** The session has ended: no new try. */
  refused: () => void
}

/** Silence after which the line counts as dead, in ms: the server speaks every 15 s. */
export const SILENCE = 40_000
const STEPS = [500, 1_000, 2_000, 5_000, 10_000]

/** Holds one line to /api/v1/stream open, resuming after the last event seen. */
export class Stream {
  private abort: AbortController | null = null
  private watch: ReturnType<typeof setTimeout> | undefined
  private again: ReturnType<typeof setTimeout> | undefined
  private failures = 0
  private stopped = false

  constructor(
    public position: string,
    private readonly handlers: StreamHandlers,
    private readonly url = '/api/v1/stream',
  ) {}

  start(): void {
    this.stopped = false
    void this.connect()
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.watch)
    clearTimeout(this.again)
    this.abort?.abort()
  }

  /** Try now instead of at the end of the pause (the machine is online again). */
  retryNow(): void {
    if (this.stopped) return
    clearTimeout(this.again)
    this.failures = 0
    this.abort?.abort()
    void this.connect()
  }

  private heard(): void {
    clearTimeout(this.watch)
    this.watch = setTimeout(() => this.abort?.abort(), SILENCE)
  }

  private async connect(): Promise<void> {
    const abort = new AbortController()
    this.abort = abort
    this.heard()
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' }
      if (this.position) headers['Last-Event-ID'] = this.position
      const response = await fetch(this.url, { headers, signal: abort.signal, credentials: 'same-origin' })
      if (response.status === 401 || response.status === 403) {
        clearTimeout(this.watch)
        this.stopped = true
        this.handlers.refused()
        return
      }
      if (!response.ok || !response.body) throw new Error(String(response.status))
      this.failures = 0
      this.handlers.open()
      await this.read(response.body, abort)
    } catch {
      // Falls through to the next try, whatever broke the line.
    }
    if (this.abort !== abort || this.stopped) return
    clearTimeout(this.watch)
    this.handlers.lost()
    const pause = STEPS[Math.min(this.failures, STEPS.length - 1)] ?? 10_000
    this.failures += 1
    this.again = setTimeout(() => void this.connect(), pause * (0.75 + Math.random() / 2))
  }

  private async read(body: ReadableStream<Uint8Array>, abort: AbortController): Promise<void> {
    const reader = body.getReader()
    const decoder = new TextDecoder()
    const parser = new StreamParser((event) => {
      if (this.abort !== abort) return
      if (event.id) this.position = event.id
      this.handlers.event(event)
    })
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      this.heard()
      parser.push(decoder.decode(value, { stream: true }))
    }
  }
}
