export interface PrefetchOptions {
  /** Fetch one conversation into the cache; must mark nothing read. */
  load: (id: number) => Promise<unknown>
  /** Whether a fresh copy is there or on its way. */
  has: (id: number) => boolean
  /** Pause before fetching, in ms: what is only brushed over is not fetched. */
  pause?: number
  /** Requests at one time. */
  width?: number
}

/** The rows that are likely next: three below, then the one above. */
export function neighbours(ids: readonly number[], id: number): number[] {
  const at = ids.indexOf(id)
  if (at < 0) return ids.slice(0, 3)
  return [at + 1, at + 2, at + 3, at - 1].map((index) => ids[index]).filter((next) => next !== undefined)
}

/**
 * Fetches conversations before they are asked for: the neighbours of the one that is read, and the one under the
 * pointer after 30 ms (a timer: requestIdleCallback did not fire reliably). The newest wish goes first.
 */
export class Prefetcher {
  private queue: number[] = []
  private running = 0
  private hovered: number | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private hoverTimer: ReturnType<typeof setTimeout> | undefined
  private readonly options: Required<PrefetchOptions>

  constructor(options: PrefetchOptions) {
    this.options = { pause: 30, width: 2, ...options }
  }

  /** The reader is at `id`: fetch what is around it. Replaces the wishes of the place before. */
  around(ids: readonly number[], id: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.queue = neighbours(ids, id)
      this.pump()
    }, this.options.pause)
  }

  /** The pointer rests on `id`. */
  hover(id: number): void {
    if (id === this.hovered) return
    this.leave()
    this.hovered = id
    this.hoverTimer = setTimeout(() => {
      this.queue = [id, ...this.queue.filter((other) => other !== id)]
      this.pump()
    }, this.options.pause)
  }

  /** The pointer has left. */
  leave(): void {
    this.hovered = null
    clearTimeout(this.hoverTimer)
  }

  /** Give up what has not begun. */
  stop(): void {
    clearTimeout(this.timer)
    clearTimeout(this.hoverTimer)
    this.queue = []
  }

  private pump(): void {
    while (this.running < this.options.width) {
      const id = this.queue.shift()
      if (id === undefined) return
      if (this.options.has(id)) continue
      this.running += 1
      this.options
        .load(id)
        .catch(() => undefined)
        .finally(() => {
          this.running -= 1
          this.pump()
        })
    }
  }
}
