import { ref, type Ref } from 'vue'
import { ApiError, Offline, call } from '../api/http'

/** A change that the reader has made; it is kept until the server has answered. */
export interface Action {
  /** Sent as Idempotency-Key, so that a second try does nothing twice. */
  key: string
  method: 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  path: string
  body?: unknown
  conversation: number
}

export type Outcome<T> = { queued: false; answer: T } | { queued: true }

export interface QueueOptions {
  store?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  send?: (action: Action) => Promise<unknown>
  /** One flush at a time over all tabs. */
  exclusively?: (work: () => Promise<void>) => Promise<void>
}

const KEY = 'pult.actions'

/** Whether somebody would say that they did it: what was read is noted by itself. */
const counts = (action: Action) => !action.path.endsWith('/read')

async function lockTabs(work: () => Promise<void>): Promise<void> {
  if ('locks' in navigator) await navigator.locks.request('pult-actions', work)
  else await work()
}

/** A name that no other action has, also where crypto.randomUUID is missing (plain http). */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * Actions taken while the server cannot be reached, in the order in which they were taken; they survive a reload and
 * are sent when the line is back. What the server then refuses is reported, not repeated.
 */
export class ActionQueue {
  readonly length: Ref<number>
  private readonly store: NonNullable<QueueOptions['store']>
  private readonly sendOne: NonNullable<QueueOptions['send']>
  private readonly exclusively: NonNullable<QueueOptions['exclusively']>
  /** Called with what the server refused after it had been queued. */
  refused: (action: Action, error: ApiError) => void = () => {}
  /** Called with what was taken over by the server after it had been queued. */
  done: (action: Action, answer: unknown) => void = () => {}

  constructor(options: QueueOptions = {}) {
    this.store = options.store ?? window.localStorage
    this.sendOne =
      options.send ??
      ((action) => call(action.method, action.path, { body: action.body, headers: { 'Idempotency-Key': action.key } }))
    this.exclusively = options.exclusively ?? lockTabs
    this.length = ref(this.read().filter(counts).length)
  }

  /**
   * Do it now, or keep it for later when nothing answers or others already wait.
   *
   * Throws ApiError when the server refuses.
   */
  async perform<T>(wish: Omit<Action, 'key'>): Promise<Outcome<T>> {
    const action: Action = { ...wish, key: newKey() }
    if (this.read().length > 0) {
      this.keep(action)
      return { queued: true }
    }
    try {
      return { queued: false, answer: (await this.sendOne(action)) as T }
    } catch (error) {
      if (!(error instanceof Offline)) throw error
      this.keep(action)
      return { queued: true }
    }
  }

  /** Send what waits, oldest first; stops at the first that finds no answer. */
  async flush(): Promise<void> {
    if (this.read().length === 0) return
    await this.exclusively(async () => {
      for (;;) {
        const action = this.read()[0]
        if (!action) return
        try {
          const answer = await this.sendOne(action)
          this.drop(action)
          this.done(action, answer)
        } catch (error) {
          if (!(error instanceof ApiError)) return
          this.drop(action)
          this.refused(action, error)
        }
      }
    })
  }

  /** What waits for one conversation. */
  waiting(conversation: number): Action[] {
    return this.read().filter((action) => action.conversation === conversation)
  }

  private read(): Action[] {
    try {
      const kept: unknown = JSON.parse(this.store.getItem(KEY) ?? '[]')
      return Array.isArray(kept) ? (kept as Action[]) : []
    } catch {
      return []
    }
  }

  private write(actions: readonly Action[]): void {
    if (actions.length) this.store.setItem(KEY, JSON.stringify(actions))
    else this.store.removeItem(KEY)
    this.length.value = actions.filter(counts).length
  }

  private keep(action: Action): void {
    this.write([...this.read(), action])
  }

  private drop(action: Action): void {
    this.write(this.read().filter((other) => other.key !== action.key))
  }
}
