import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Conversation, ConversationItem } from '../api/types'
import { useSession } from '../app/session'
import { useConversations } from '../conversation/store'
import { useList } from '../inbox/list'
import { useViews } from '../views/store'
import { SharedLine } from './leader'
import { useLive } from './live'

/** A request that waits for its answer. */
interface Asked {
  url: string
  etag: string | null
  answer: (body: unknown, options?: { status?: number; etag?: string }) => Promise<void>
}

let asked: Asked[] = []
/** Let everything that waits for answers go on. */
const settle = () => vi.advanceTimersByTimeAsync(0)

/** The first request, not answered yet, for an address that begins so. */
function request(path: string): Asked {
  const at = asked.findIndex((one) => one.url.startsWith(`/api/v1${path}`))
  if (at < 0) throw new Error(`nobody asked for ${path}, only for ${asked.map((one) => one.url).join(', ')}`)
  return asked.splice(at, 1)[0] as Asked
}

const row = (id: number, more: Partial<ConversationItem> = {}) =>
  ({
    id,
    status: 'open',
    version: 1,
    tags: [],
    unread: false,
    assignee: null,
    last_message_at: `2026-01-${String(id).padStart(2, '0')}T00:00:00Z`,
    last_direction: 'in',
    ...more,
  }) as ConversationItem

const whole = (id: number, texts: string[], more: Partial<ConversationItem> = {}) =>
  ({
    ...row(id, more),
    messages: texts.map((text, index) => ({ id: index + 1, text })),
    present: [],
    older: null,
  }) as unknown as Conversation

const page = (...items: ConversationItem[]) => ({ items, next: null })

beforeEach(() => {
  vi.useFakeTimers()
  asked = []
  setActivePinia(createPinia())
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    return new Promise<Response>((resolve) => {
      asked.push({
        url,
        etag: new Headers(init.headers).get('If-None-Match'),
        answer: async (body, { status = 200, etag = '' } = {}) => {
          const text = status === 304 ? null : JSON.stringify(body)
          resolve(new Response(text, { status, headers: etag ? { ETag: etag } : {} }))
          await settle()
        },
      })
    })
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('an answer that the line has overtaken', () => {
  it('of a conversation is asked for once more, and shows the newer row meanwhile', async () => {
    const conversations = useConversations()
    const first = conversations.fetch(1)
    const old = request('/conversations/1')
    conversations.take(row(1, { status: 'closed', version: 2 }), false)
    conversations.markStale(1)
    const second = conversations.fetch(1)
    const third = conversations.fetch(1)
    await old.answer(whole(1, ['Hello']), { etag: 'a' })
    expect((await first).status).toBe('closed')
    expect(conversations.items.get(1)?.status).toBe('closed')
    expect(conversations.details.get(1)?.stale).toBe(true)
    await request('/conversations/1').answer(whole(1, ['Hello', 'News'], { status: 'closed', version: 2 }))
    expect((await second).messages).toHaveLength(2)
    expect((await third).messages).toHaveLength(2)
    expect(conversations.details.get(1)?.stale).toBe(false)
    expect(asked).toEqual([])
  })

  it('says nothing of what was taken since, if it says that nothing has changed', async () => {
    const conversations = useConversations()
    void conversations.fetch(1)
    await request('/conversations/1').answer(whole(1, ['Hello']), { etag: 'a' })
    conversations.markStale(1)
    void conversations.fetch(1)
    const unchanged = request('/conversations/1')
    expect(unchanged.etag).toBe('a')
    conversations.take(row(1, { subject: 'News', version: 2 }), false)
    conversations.markStale(1)
    await unchanged.answer(null, { status: 304 })
    expect(conversations.details.get(1)?.conversation.subject).toBe('News')
    expect(conversations.isFresh(1)).toBe(false)
  })

  it('of the list keeps the newer row and what has come meanwhile', async () => {
    const conversations = useConversations()
    const list = useList()
    useSession().me = { id: 7, preferences: {} } as never
    void list.show({})
    const first = request('/conversations?')
    conversations.take(row(1, { status: 'closed', version: 2 }), false)
    conversations.take(row(3), false)
    conversations.take(row(2), false)
    await first.answer(page(row(2), row(1)))
    expect(conversations.items.get(1)?.status).toBe('closed')
    expect(list.rows).toEqual([2, 1])
    expect([...list.state.gone]).toEqual([1])
    expect(list.state.pending).toEqual([3])
  })
})

describe('a gap that events cannot fill', () => {
  async function fixture() {
    const live = useLive()
    const list = useList()
    useSession().me = { id: 7, preferences: {} } as never
    void list.show({})
    await request('/conversations?').answer(page(row(3), row(2), row(1)))
    return { live, list, conversations: useConversations(), views: useViews() }
  }

  it('shows what has become of rows that left the view', async () => {
    const { live, list, conversations } = await fixture()
    void live.resync()
    await request('/conversations?').answer(page(row(4), row(2)))
    expect(list.state.pending).toEqual([4])
    await request('/conversations/3?prefetch=1').answer(whole(3, ['Hello'], { status: 'closed', version: 5 }))
    await request('/conversations/1?prefetch=1').answer({ title: 'gone', status: 404 }, { status: 404 })
    expect(conversations.items.get(3)?.status).toBe('closed')
    expect(list.rows).toEqual([3, 2, 1])
    expect([...list.state.gone].sort()).toEqual([1, 3])
  })

  it('makes nobody ask for rows below the page that was given', async () => {
    const { live } = await fixture()
    void live.resync()
    await request('/conversations?').answer({ items: [row(3), row(2)], next: 'more' })
    expect(asked.filter((one) => one.url.includes('/conversations/'))).toEqual([])
  })

  it('has the counts asked for again, and what was fetched before is not taken for fresh', async () => {
    const { live, views, conversations } = await fixture()
    void conversations.fetch(2, { prefetch: true })
    await request('/conversations/2').answer(whole(2, ['Hello']))
    void live.resync()
    await settle()
    await request('/views/counts').answer({ counts: { open: 12 } })
    expect(views.counts).toEqual({ open: 12 })
    expect(conversations.isFresh(2)).toBe(false)
  })

  it('is looked into when the line opens for the first time', async () => {
    const channel = class {
      postMessage() {}
      close() {}
    }
    vi.stubGlobal('BroadcastChannel', channel)
    vi.spyOn(navigator, 'locks', 'get').mockReturnValue({
      request: (_: string, __: object, work: () => unknown) => work(),
    } as never)
    const { live, views } = await fixture()
    live.start()
    await settle()
    request('/stream')
      .answer('')
      .catch(() => undefined)
    await settle()
    await request('/views/counts').answer({ counts: { open: 12 } })
    expect(views.counts).toEqual({ open: 12 })
    request('/conversations?')
    live.stop()
  })
})

describe('a tab that does not listen itself', () => {
  it('loads again when the line opens or may have a gap, not because another tab has asked', () => {
    let say = (_: object): void => {}
    const channel = class {
      set onmessage(hear: (message: { data: object }) => void) {
        say = (data) => hear({ data })
      }
      postMessage() {}
      close() {}
    }
    vi.stubGlobal('BroadcastChannel', channel)
    vi.spyOn(navigator, 'locks', 'get').mockReturnValue({ request: () => new Promise(() => {}) } as never)
    const states: string[] = []
    const line = new SharedLine('', { event: () => {}, state: (state) => states.push(state) })
    line.start()
    for (const state of ['open', 'open', 'lost', 'open']) say({ kind: 'state', state, position: '4' })
    expect(states).toEqual(['open', 'lost', 'open'])
    say({ kind: 'state', state: 'open', position: '' })
    expect(states).toHaveLength(4)
    line.stop()
  })
})
