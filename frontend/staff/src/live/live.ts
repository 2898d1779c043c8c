import { defineStore } from 'pinia'
import { reactive, ref, shallowReactive } from 'vue'
import { get } from '../api/http'
import type { Conversation, ConversationItem, Message, Ref } from '../api/types'
import { useActs } from '../acts/store'
import { useSession } from '../app/session'
import { announceNewVersion } from '../app/version'
import { takenBack } from '../compose/outgoing'
import { useConversations } from '../conversation/store'
import { useList } from '../inbox/list'
import { useCards } from '../panel/cards'
import { useViews } from '../views/store'
import { back, lost, onReturn } from './connection'
import { SharedLine, type LineState } from './leader'
import type { StreamEvent } from './sse'

interface Happening {
  position: number
  kind: string
  conversation_id?: number | null
  message_id?: number | null
  actor: string
  conversation?: ConversationItem | null
  customer_id?: number | null
  order_id?: number | null
}

interface PresenceWord {
  conversation_id: number
  staff: Ref
  state: 'viewing' | 'typing' | 'left'
}

export type Visitor = NonNullable<Conversation['visitor']>

export interface Present {
  staff: Ref
  state: 'viewing' | 'typing'
  at: number
}

/** A presence that is not repeated lasts this long, in ms. */
const PRESENCE_LASTS = 30_000
const MESSAGE_KINDS = new Set(['message.queued', 'message.sent', 'message.failed', 'message.unknown', 'note.added'])

/** What changes nothing of what stands beside a conversation. */
const CARD_STAYS = new Set(['conversation.read', 'draft.saved'])

/** What happens elsewhere, as it happens. */
export const useLive = defineStore('live', () => {
  const conversations = useConversations()
  const session = useSession()
  const list = useList()
  const views = useViews()
  const cards = useCards()
  const acts = useActs()

  /** The conversation on the screen, if any. */
  const open = ref<number | null>(null)
  const present = shallowReactive(new Map<number, Present[]>())
  /** Customers who have their conversation open before them, and what they do there. */
  const visitors = shallowReactive(new Map<number, Visitor>())
  /** When the line last said something of a person and a conversation: what was asked before that is older. */
  const heard = new Map<string, number>()
  /** Customers whose card has changed; the panel looks here. */
  const customersChanged = reactive(new Map<number, number>())
  let line: SharedLine | null = null
  let sweep: ReturnType<typeof setInterval> | undefined

  const isMe = (actor: string) => actor === `staff:${session.me?.id}`

  function refreshOpen(id: number): void {
    conversations.markStale(id)
    if (open.value === id) void conversations.fetch(id).catch(() => undefined)
  }

  function happened(word: Happening): void {
    const id = word.conversation_id
    cards.markStale({ customer: word.customer_id, conversation: CARD_STAYS.has(word.kind) ? null : id })
    // The conversation says nothing of orders: they stand on the card.
    if (word.customer_id && !word.kind.startsWith('order.'))
      customersChanged.set(word.customer_id, (customersChanged.get(word.customer_id) ?? 0) + 1)
    acts.happened(word)
    if (word.kind === 'tag.changed') void Promise.all([session.refreshDirectory(), views.load()]).catch(() => undefined)
    if (!id) return
    if (word.kind === 'message.undone' && word.message_id) takenBack(word.message_id)
    const known = conversations.items.get(id)
    if (word.conversation) {
      // The row is written for everybody: who has read what is known here.
      let unread = known?.unread ?? word.conversation.last_direction === 'in'
      if (word.kind === 'message.received' || word.kind === 'spam.received') unread = true
      if (word.kind === 'conversation.read' && isMe(word.actor)) unread = false
      if (MESSAGE_KINDS.has(word.kind) && word.conversation.last_direction !== 'in') unread = known?.unread ?? false
      const row = word.conversation
      // The same state once more: what was changed here since, and is on its way to the server, stays on the screen.
      const old = known && known.version === row.version && known.last_message_at === row.last_message_at
      conversations.take({ ...(old ? known : row), unread }, isMe(word.actor))
    } else if (word.kind === 'conversation.read' && isMe(word.actor) && known) {
      conversations.take({ ...known, unread: false }, true)
    }
    if (word.kind !== 'conversation.read' && word.kind !== 'draft.saved') refreshOpen(id)
    if (word.kind !== 'draft.saved') views.recount()
  }

  function presence(word: PresenceWord): void {
    if (word.staff.id === session.me?.id) return
    heard.set(`${word.conversation_id} ${word.staff.id}`, Date.now())
    const others = (present.get(word.conversation_id) ?? []).filter((one) => one.staff.id !== word.staff.id)
    if (word.state !== 'left') others.push({ staff: word.staff, state: word.state, at: Date.now() })
    if (others.length) present.set(word.conversation_id, others)
    else present.delete(word.conversation_id)
  }

  function visitor(word: Visitor): void {
    if (word.state === 'away') visitors.delete(word.conversation_id)
    else visitors.set(word.conversation_id, word)
  }

  // Whoever was there before one came, or before the line opened, is known from the conversation itself.
  conversations.onFetched((conversation, asked) => {
    const { id } = conversation
    const news = (staff: number) => (heard.get(`${id} ${staff}`) ?? 0) >= asked
    const kept = (present.get(id) ?? []).filter((one) => news(one.staff.id))
    const found = conversation.present.filter(({ staff }) => staff.id !== session.me?.id && !news(staff.id))
    const people = [...kept, ...found.map(({ staff, state }) => ({ staff, state, at: asked }) as Present)]
    if (people.length) present.set(id, people)
    else present.delete(id)
    if (conversation.visitor && !visitors.has(id)) visitors.set(id, conversation.visitor)
  })

  function forgetAbsent(): void {
    for (const [id, one] of visitors) if (Date.parse(one.until) < Date.now()) visitors.delete(id)
    const limit = Date.now() - PRESENCE_LASTS
    for (const [key, at] of heard) if (at < limit) heard.delete(key)
    for (const [id, people] of present) {
      const still = people.filter((one) => one.at > limit)
      if (still.length === people.length) continue
      if (still.length) present.set(id, still)
      else present.delete(id)
    }
  }

  /** Events cannot tell what was missed: ask for everything on the screen again. */
  async function resync(): Promise<void> {
    conversations.markAllStale()
    cards.markAllStale()
    views.recount(0)
    const id = open.value
    await Promise.allSettled([list.catchUp(), ...(id ? [conversations.fetch(id)] : [])])
  }

  function onEvent(event: StreamEvent): void {
    let word: unknown
    try {
      word = JSON.parse(event.data)
    } catch {
      return
    }
    if (event.event === 'resync') void resync()
    else if (event.event === 'presence') presence(word as PresenceWord)
    else if (event.event === 'customer_presence') visitor(word as Visitor)
    else happened(word as Happening)
  }

  let wasLost = false

  function onState(state: LineState): void {
    if (state === 'open') {
      back()
      // What happened before the line was open (again) is seen by asking once more: a line that has not yet heard
      // an event has no position to resume from.
      void resync()
      if (wasLost) {
        wasLost = false
        cards.markAllStale()
        void announceNewVersion()
      }
    } else if (state === 'lost') {
      wasLost = true
      lost()
    } else if (state === 'refused') void get('/me').catch(() => undefined)
  }

  /** Begin to listen; called once somebody is signed in. */
  function start(): void {
    if (line) return
    line = new SharedLine('', { event: onEvent, state: onState })
    line.start()
    sweep = setInterval(forgetAbsent, 5_000)
    onReturn(() => {
      line?.retry()
      void conversations.queue.flush()
    })
    window.addEventListener('offline', lost)
    void conversations.queue.flush()
  }

  function stop(): void {
    line?.stop()
    line = null
    clearInterval(sweep)
    present.clear()
    visitors.clear()
  }

  /** The fate of a message that this tab sent itself. */
  function sent(id: number, message: Message): void {
    conversations.takeMessage(id, message)
    conversations.markStale(id)
  }

  return { open, present, visitors, customersChanged, start, stop, resync, sent }
})
