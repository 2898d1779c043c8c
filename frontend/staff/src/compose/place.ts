import { ApiError, call, csrfToken, get } from '../api/http'
import type { Draft } from '../api/types'
import type { Written } from './outgoing'

type Kind = Written['kind']

const body = ({ kind, html, text, recipients, files }: Written) => ({
  kind,
  html,
  text,
  ...recipients,
  attachment_ids: files.map((file) => file.id),
})

/** This person's drafts in a conversation, as the server has them. */
export async function readDrafts(conversationId: number): Promise<Draft[]> {
  return (await get<{ items: Draft[] }>(`/conversations/${conversationId}/drafts`)).items
}

/** Where one draft is kept on the server, by the version that is known here: another one is never written over. */
export class DraftPlace {
  private version = 0
  private readonly path: string
  /** Whether a draft stands there, as far as is known here. */
  stands = false

  constructor(
    private readonly conversationId: number,
    private readonly kind: Kind,
  ) {
    this.path = `/conversations/${conversationId}/draft`
  }

  isNews(draft: Draft): boolean {
    return draft.version > this.version
  }

  know(draft: Draft): void {
    this.stands = true
    this.version = Math.max(this.version, draft.version)
  }

  private get headers(): Record<string, string> {
    return { 'If-Match': `"${this.version}"` }
  }

  /**
   * Keep this text; with `join` below another draft that may stand there. Returns whether it was kept: false where
   * another draft stands. Throws ApiError, Offline.
   */
  save(written: Written, options: { join: boolean }): Promise<boolean> {
    return this.held(async () => {
      const join = options.join ? '?join=true' : ''
      this.know(await call<Draft>('PUT', this.path + join, { body: body(written), headers: this.headers }))
    })
  }

  /** Throw it away. Returns false where another draft stands. Throws ApiError, Offline. */
  remove(): Promise<boolean> {
    return this.held(async () => {
      await call('DELETE', `${this.path}?kind=${this.kind}`, { headers: this.headers })
      this.stands = false
    })
  }

  private async held(write: () => Promise<void>): Promise<boolean> {
    try {
      await write()
      return true
    } catch (error) {
      if (error instanceof ApiError && error.status === 412) return false
      throw error
    }
  }

  /** The draft that stands there now. */
  async read(): Promise<Draft | undefined> {
    return (await readDrafts(this.conversationId)).find((draft) => draft.kind === this.kind)
  }

  /** Save by a request that outlives the page; nobody hears what became of it. */
  saveLeaving(written: Written): void {
    void fetch(`/api/v1${this.path}?join=true`, {
      method: 'PUT',
      keepalive: true,
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json', 'X-CSRFToken': csrfToken(), ...this.headers },
      body: JSON.stringify(body(written)),
    }).catch(() => undefined)
  }
}
