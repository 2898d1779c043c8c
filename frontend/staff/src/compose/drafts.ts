import { ref } from 'vue'
import type { Ref } from 'vue'

export type SaveState = 'saved' | 'saving' | 'waiting' | 'offline'

export interface DraftSaverOptions<T> {
  /** Store it; throws when it could not. */
  save: (value: T) => Promise<void>
  /** Milliseconds from the last stroke to saving. */
  quiet?: number
  /** Milliseconds from the first unsaved stroke, however fast the typing goes on. */
  longest?: number
  /** Milliseconds between tries while nothing answers. */
  again?: number
}

/**
 * Keeps what is written: 400 ms after the last stroke, and at least every 900 ms while typing, so that nothing older
 * than a second is ever lost. One request at a time; the newest value wins; what failed is tried again.
 */
export class DraftSaver<T> {
  readonly state: Ref<SaveState> = ref('saved')
  private readonly options: Required<DraftSaverOptions<T>>
  private value: T | undefined
  private dirty = false
  private running: Promise<void> | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private since = 0
  private stopped = false

  constructor(options: DraftSaverOptions<T>) {
    this.options = { quiet: 400, longest: 900, again: 3000, ...options }
  }

  /** Something was written. */
  change(value: T): void {
    if (this.stopped) return
    const now = Date.now()
    if (!this.dirty) this.since = now
    this.value = value
    this.dirty = true
    if (this.state.value !== 'offline') this.state.value = this.running ? 'saving' : 'waiting'
    const wait = Math.max(0, Math.min(this.options.quiet, this.since + this.options.longest - now))
    this.schedule(wait)
  }

  /** Save at once what is not saved; resolves when nothing is left to do. */
  async flush(): Promise<void> {
    clearTimeout(this.timer)
    if (this.running) await this.running
    if (this.dirty) await this.run()
  }

  /** Forget what is not saved: it was sent or thrown away. Waits for a save that is on its way. */
  async drop(): Promise<void> {
    clearTimeout(this.timer)
    this.dirty = false
    this.value = undefined
    this.state.value = 'saved'
    if (this.running) await this.running
  }

  /** Resolves when no save is on its way. */
  async settled(): Promise<void> {
    await this.running
  }

  /** Save what is left and take no more. */
  async close(): Promise<void> {
    await this.flush()
    this.stopped = true
    clearTimeout(this.timer)
  }

  /** Whether something is not saved yet. */
  get unsaved(): T | undefined {
    return this.dirty ? this.value : undefined
  }

  private schedule(wait: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.run(), wait)
  }

  private async run(): Promise<void> {
    if (this.running) return this.running.then(() => (this.dirty ? this.run() : undefined))
    if (!this.dirty) return
    this.running = this.once()
    await this.running
    if (this.dirty && this.state.value !== 'offline' && !this.stopped) this.schedule(0)
  }

  private async once(): Promise<void> {
    const value = this.value as T
    this.dirty = false
    this.state.value = 'saving'
    try {
      await this.options.save(value)
      this.state.value = this.dirty ? 'waiting' : 'saved'
    } catch {
      if (!this.dirty && this.value !== undefined) {
        this.value = value
        this.dirty = true
      }
      this.state.value = 'offline'
      if (!this.stopped && this.dirty) this.schedule(this.options.again)
    } finally {
      this.running = null
    }
  }
}
