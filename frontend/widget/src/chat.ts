/** The conversation behind the panel: what was said, what waits, the line to Pult; no word of how it looks. */
import { Line, Refused } from './api'
import { Kept } from './kept'
import type { Begun, Config, Said, Waiting } from './types'

export type Link = 'closed' | 'opening' | 'open' | 'lost'

/** ms between two looks while the page is hidden, and for how long they go on. */
const LOOK = 15_000
const LOOK_FOR = 20 * 60_000
const FOR_GOOD = new Set(['file_type', 'file_broken', 'file_huge', 'too_large', 'too_many_files', 'unreadable'])

export class Chat {
  readonly kept: Kept
  readonly line: Line
  items: Said[] = []
  begun: Begun | undefined
  link: Link = 'closed'
  typing = ''
  /** The panel is open and the page is before somebody. */
  watched = false
  private abort: AbortController | undefined
  private sending = false
  private pause = 1_000
  private toldTyping = 0
  private hiddenSince = 0
  private readonly timers: Record<string, ReturnType<typeof setTimeout>> = {}

  constructor(
    private readonly config: Config,
    private readonly changed: () => void,
    private readonly arrived: (fresh: Said[]) => void,
  ) {
    this.kept = new Kept(`pult-chat-${config.inbox}`)
    this.line = new Line(`${config.pult}/chat/${config.inbox}`)
    document.addEventListener('visibilitychange', () => this.turned())
    window.addEventListener('online', () => this.again())
    window.addEventListener('offline', () => this.lost())
    window.addEventListener('pagehide', () => void this.tell('away'))
  }

  get waiting(): Waiting[] {
    return this.kept.content.waiting
  }

  /** Begin, or begin anew for somebody else. */
  async begin(): Promise<void> {
    if (this.link === 'opening') return
    this.link = 'opening'
    this.changed()
    const said: Record<string, string> = { token: this.kept.content.token }
    if (this.config.identity) said.identity = this.config.identity
    try {
      this.begun = await this.line.ask<Begun>('begin', said)
    } catch (error) {
      if (error instanceof Refused && error.code === 'identity') this.config.identity = ''
      this.lost()
      return
    }
    this.config.identity = ''
    this.line.token = this.begun.token
    this.kept.set({ token: this.begun.token })
    this.items = this.begun.items
    this.changed()
    this.listen()
    void this.flush()
  }

  private listen(): void {
    this.abort?.abort()
    if (document.hidden) return
    const abort = (this.abort = new AbortController())
    const opened = (): void => {
      this.link = 'open'
      this.pause = 1_000
      this.changed()
      // What was said before this line stood.
      void this.fetch()
      void this.flush()
    }
    this.line
      .listen(abort.signal, (name, data) => this.heard(name, data), opened)
      .then(
        () => !abort.signal.aborted && this.again(),
        (error: unknown) => {
          if (abort.signal.aborted) return
          if (error instanceof Refused && error.status === 401) void this.begin()
          else this.lost()
        },
      )
  }

  private heard(name: string, data: string): void {
    if (name === 'news') void this.fetch()
    else if (name === 'typing') {
      const said = JSON.parse(data) as { who: string; typing: boolean }
      this.typing = said.typing ? said.who : ''
      this.later('typing', 10_000, () => {
        this.typing = ''
        this.changed()
      })
      this.changed()
    }
  }

  /** Ask for what was said since; one question at a time, and once more if there was news meanwhile. */
  private fetching: Promise<void> | undefined
  private stale = false
  fetch(): Promise<void> {
    this.stale = true
    this.fetching ??= this.fetchAll().finally(() => (this.fetching = undefined))
    return this.fetching
  }

  private async fetchAll(): Promise<void> {
    while (this.stale) {
      this.stale = false
      const last = this.items.at(-1)?.id ?? 0
      let answer: { items: Said[]; agent: string }
      try {
        answer = await this.line.ask(`messages?after=${last}`)
      } catch {
        return
      }
      const fresh = answer.items.filter((one) => one.id > last)
      if (this.begun) this.begun.agent = answer.agent
      if (!fresh.length) continue
      this.items = [...this.items, ...fresh]
      this.forget(fresh)
      if (fresh.some((one) => !one.mine)) this.typing = ''
      this.arrived(fresh.filter((one) => !one.mine))
      this.changed()
      this.see()
      this.stale ||= fresh.length >= 50
    }
  }

  /** What Pult shows need not wait here any more. */
  private forget(fresh: Said[]): void {
    const names = new Set(fresh.filter((one) => one.mine).map((one) => one.name.split('/').pop()))
    if (names.size) this.kept.set({ waiting: this.waiting.filter((one) => !names.has(one.id)) })
  }

  /** Write; it is kept until Pult has it. */
  write(text: string, files: File[] = []): void {
    const one: Waiting = { id: crypto.randomUUID(), text, at: new Date().toISOString(), files }
    this.kept.set({ waiting: [...this.waiting, one], draft: '' })
    this.changed()
    void this.flush()
  }

  retry(id: string): void {
    this.kept.set({ waiting: this.waiting.map((one) => (one.id === id ? { ...one, failed: undefined } : one)) })
    void this.flush()
  }

  drop(id: string): void {
    this.kept.set({ waiting: this.waiting.filter((one) => one.id !== id) })
    this.changed()
  }

  /** Send what waits, in its order. */
  private readonly accepted = new Set<string>()
  private async flush(): Promise<void> {
    if (this.sending || !this.line.token) return
    this.sending = true
    try {
      for (;;) {
        const next = this.waiting.find((one) => !one.failed && !this.accepted.has(one.id))
        if (!next) break
        if (await this.send(next)) this.accepted.add(next.id)
        this.changed()
      }
    } catch (error) {
      if (error instanceof Refused && error.code === 'too_often')
        this.later('flush', error.after * 1_000, () => this.flush())
      else if (error instanceof Refused && error.status === 401) void this.begin()
      else this.lost()
    } finally {
      this.sending = false
    }
  }

  /** Send one message; false where it will never be taken. */
  private async send(one: Waiting): Promise<boolean> {
    const message = { id: one.id, text: one.text, language: this.config.language, page: this.page() }
    let body: unknown = message
    if (one.files.length) {
      const form = new FormData()
      form.set('message', JSON.stringify(message))
      for (const file of one.files) form.append('file', file)
      body = form
    }
    try {
      await this.line.ask('messages', body)
    } catch (error) {
      if (!(error instanceof Refused) || !FOR_GOOD.has(error.code)) throw error
      const failed = error.code
      this.kept.set({ waiting: this.waiting.map((each) => (each.id === one.id ? { ...each, failed } : each)) })
      return false
    }
    return true
  }

  private page(): { url?: string; title?: string } {
    if (!this.kept.content.watch) return {}
    const { url = location.href, title = document.title } = this.config.page
    return { url: url.slice(0, 500), title: title.slice(0, 200) }
  }

  /** Say that somebody types; every few seconds at most. */
  type(text: string): void {
    this.kept.set({ draft: text })
    const now = Date.now()
    if (now - this.toldTyping < 3_000 || !text) return
    this.toldTyping = now
    void this.tell('typing', text)
    this.later('idle', 6_000, () => void this.tell('here'))
  }

  async tell(state: string, text = ''): Promise<void> {
    if (!this.line.token || !this.items.length) return
    const said = { state, page: this.page(), ...(this.begun?.watch.typing ? { text } : {}) }
    await this.line.ask('doing', said).catch(() => undefined)
  }

  /** Say how far one has read, when one looks. */
  see(): void {
    const last = this.items.filter((one) => !one.mine).at(-1)
    if (!last) return
    const read = this.watched && !document.hidden
    if (read && last.id > this.kept.content.seen) this.kept.set({ seen: last.id })
    if (last.state === 'read' || (!read && last.state === 'delivered')) return
    last.state = read ? 'read' : 'delivered'
    void this.line.ask('seen', { up_to: last.id, state: last.state }).catch(() => undefined)
  }

  get unread(): number {
    return this.items.filter((one) => !one.mine && one.id > this.kept.content.seen).length
  }

  private turned(): void {
    if (!this.begun) return
    if (document.hidden) {
      this.abort?.abort()
      this.hiddenSince = Date.now()
      this.look()
    } else {
      clearTimeout(this.timers.look)
      this.listen()
      this.see()
    }
  }

  private look(): void {
    this.later('look', LOOK, () => {
      if (!document.hidden || Date.now() - this.hiddenSince > LOOK_FOR) return
      void this.fetch().then(() => this.look())
    })
  }

  private lost(): void {
    this.abort?.abort()
    this.link = 'lost'
    this.changed()
    this.later('again', this.pause * (0.75 + Math.random() / 2), () => this.again())
    this.pause = Math.min(this.pause * 2, 30_000)
  }

  private again(): void {
    clearTimeout(this.timers.again)
    if (this.begun) this.listen()
    else void this.begin()
  }

  private later(name: string, ms: number, work: () => void): void {
    clearTimeout(this.timers[name])
    this.timers[name] = setTimeout(work, ms)
  }
}
