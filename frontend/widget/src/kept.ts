/** What the chat keeps in the shop's own storage, from its first opening on: token, draft, what waits to be sent. */
import type { Waiting } from './types'

interface Content {
  token: string
  draft: string
  waiting: Waiting[]
  seen: number
  watch: boolean
}

const EMPTY: Content = { token: '', draft: '', waiting: [], seen: 0, watch: false }

export class Kept {
  readonly content: Content

  constructor(private readonly name: string) {
    this.content = { ...EMPTY, ...read(name) }
    // Files do not outlive the page; what was written beside them does.
    for (const one of this.content.waiting) one.files = []
    this.content.waiting = this.content.waiting.filter((one) => one.text)
  }

  set(change: Partial<Content>): void {
    Object.assign(this.content, change)
    try {
      localStorage.setItem(this.name, JSON.stringify({ ...this.content, waiting: this.content.waiting.map(bare) }))
    } catch {
      // The browser keeps nothing here: it lasts until the page is left.
    }
  }
}

function bare(one: Waiting): Omit<Waiting, 'files'> {
  return { id: one.id, text: one.text, at: one.at, failed: one.failed }
}

function read(name: string): Partial<Content> {
  try {
    return JSON.parse(localStorage.getItem(name) ?? '{}') as Partial<Content>
  } catch {
    return {}
  }
}
