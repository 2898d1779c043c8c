import { Stream } from './stream'
import type { StreamEvent } from './sse'

const NAME = 'pult-live'

export type LineState = 'open' | 'lost' | 'refused' | 'unknown'

type Word =
  | { kind: 'event'; event: StreamEvent }
  | { kind: 'state'; state: LineState; position: string }
  | { kind: 'hello' }
  | { kind: 'retry' }

export interface LineHandlers {
  event: (event: StreamEvent) => void
  state: (state: LineState) => void
}

/**
 * One line to the server for all tabs of this browser: the tab that holds the lock listens and tells the others.
 * When it goes, the lock passes to another, which resumes after the last event that it was told.
 */
export class SharedLine {
  private readonly channel = new BroadcastChannel(NAME)
  private stream: Stream | null = null
  private position: string
  private state: LineState = 'unknown'
  private release: (() => void) | null = null
  private readonly giveUp = new AbortController()

  constructor(
    position: string,
    private readonly handlers: LineHandlers,
  ) {
    this.position = position
  }

  start(): void {
    this.channel.onmessage = (message: MessageEvent<Word>) => this.heard(message.data)
    this.channel.postMessage({ kind: 'hello' } satisfies Word)
    void this.waitForTurn()
    window.addEventListener('online', this.retry)
  }

  stop(): void {
    window.removeEventListener('online', this.retry)
    this.giveUp.abort()
    this.stream?.stop()
    this.release?.()
    this.channel.close()
  }

  get leads(): boolean {
    return this.stream !== null
  }

  readonly retry = (): void => {
    if (this.stream) this.stream.retryNow()
    else this.channel.postMessage({ kind: 'retry' } satisfies Word)
  }

  private async waitForTurn(): Promise<void> {
    if (!('locks' in navigator)) {
      this.lead()
      return
    }
    try {
      await navigator.locks.request(NAME, { signal: this.giveUp.signal }, () => {
        this.lead()
        return new Promise<void>((resolve) => {
          this.release = resolve
        })
      })
    } catch {
      // Stopped while waiting for a turn.
    }
  }

  private lead(): void {
    if (this.giveUp.signal.aborted) return
    this.stream = new Stream(this.position, {
      event: (event) => {
        if (event.id) this.position = event.id
        this.channel.postMessage({ kind: 'event', event } satisfies Word)
        this.handlers.event(event)
      },
      open: () => this.tell('open'),
      lost: () => this.tell('lost'),
      refused: () => this.tell('refused'),
    })
    this.stream.start()
  }

  private tell(state: LineState): void {
    this.state = state
    this.channel.postMessage({ kind: 'state', state, position: this.position } satisfies Word)
    this.handlers.state(state)
  }

  private heard(word: Word): void {
    if (word.kind === 'hello' && this.stream) {
      this.channel.postMessage({ kind: 'state', state: this.state, position: this.position } satisfies Word)
    } else if (word.kind === 'retry' && this.stream) {
      this.stream.retryNow()
    } else if (word.kind === 'state' && !this.stream) {
      // Said again because another tab asked; of a line without a position nobody knows what it has missed.
      const known = this.state === word.state && word.position !== ''
      this.state = word.state
      if (!this.position) this.position = word.position
      if (!known) this.handlers.state(word.state)
    } else if (word.kind === 'event' && !this.stream) {
      if (word.event.id) this.position = word.event.id
      this.handlers.event(word.event)
    }
  }
}
