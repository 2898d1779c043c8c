import { defineStore } from 'pinia'
import { markRaw, shallowReactive } from 'vue'
import { ApiError, Offline, get, getTagged } from '../api/http'
import type { Conversation, ConversationItem, Message, SettableStatus } from '../api/types'
import { useSession } from '../app/session'
import { lost } from '../live/connection'
import { ActionQueue } from '../live/queue'

/** What PATCH /conversations/{id} takes. */
export interface Patch {
  status?: SettableStatus
  assignee_id?: number | null
  team_id?: number | null
  priority?: number
  subject?: string
  tags?: number[]
  snoozed_until?: string | null
}

export interface Cached {
  conversation: Conversation
  etag: string
  /** Something has happened since it was fetched. */
  stale: boolean
}

export interface ItemChange {
  item: ConversationItem
  rises: boolean
  own: boolean
}

/** A conversation that was asked for and has not come yet. */
interface Flight {
  promise: Promise<Conversation>
  /** Something has happened since it was asked for: what comes may not know of it. */
  late: boolean
  next?: Promise<Conversation>
}

const KEPT = 80

/** A message on its way has a negative id until the server gives one; it stands last. */
function inOrder(a: Message, b: Message): number {
  const place = (message: Message) => (message.id < 0 ? Infinity : message.id)
  return place(a) === place(b) ? b.id - a.id : place(a) - place(b)
}

/** Conversations and their list rows, each once, whoever shows them. */
export const useConversations = defineStore('conversations', () => {
  const session = useSession()
  const items = shallowReactive(new Map<number, ConversationItem>())
  const details = shallowReactive(new Map<number, Cached>())
  const flights = new Map<number, Flight>()
  const listeners = new Set<(change: ItemChange) => void>()
  const readers = new Set<(conversation: Conversation, asked: number) => void>()
  const queue = markRaw(new ActionQueue())

  /** Hear of every row that changed; returns a function that ends it. */
  function onItem(listener: (change: ItemChange) => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** Hear of every answer about a conversation, with the time it was asked for (ms since 1970). */
  function onFetched(reader: (conversation: Conversation, asked: number) => void): void {
    readers.add(reader)
  }

  const isNewer = (row: ConversationItem) => (items.get(row.id)?.version ?? 0) > row.version

  /**
   * Take rows that the server has just given, without telling the list, which asked for them. Where the line was
   * faster than the answer its word stands.
   */
  function accept(rows: readonly ConversationItem[]): void {
    for (const row of rows) if (!isNewer(row)) items.set(row.id, row)
  }

  /** A row has changed: keep it and tell whoever shows it. Older than what is known is dropped. */
  function take(row: ConversationItem, own: boolean): void {
    if (isNewer(row)) return
    const before = items.get(row.id)
    items.set(row.id, row)
    const cached = details.get(row.id)
    if (cached) details.set(row.id, { ...cached, conversation: { ...cached.conversation, ...row } })
    const rises = !before || row.last_message_at > before.last_message_at
    for (const listener of listeners) listener({ item: row, rises, own })
  }

  function rowOf(conversation: Conversation): ConversationItem {
    const { id, subject, status, channel, store_id, inbox_id, customer, assignee, team_id, priority } = conversation
    const { tags, snippet, last_message_at, last_direction, last_author, message_count } = conversation
    const { has_attachments, unread, snoozed_until, version, created_at } = conversation
    return {
      id,
      subject,
      status,
      channel,
      store_id,
      inbox_id,
      customer,
      assignee,
      team_id,
      priority,
      tags,
      snippet,
      last_message_at,
      last_direction,
      last_author,
      message_count,
      has_attachments,
      unread,
      snoozed_until,
      version,
      created_at,
    }
  }

  function store(id: number, answer: Conversation, etag: string, late: boolean): void {
    const before = details.get(id)
    const row = items.get(id)
    const overtaken = row !== undefined && row.version > answer.version
    const conversation = overtaken ? { ...answer, ...row } : answer
    // Pages of older messages that were asked for stay.
    const first = conversation.messages[0]?.id ?? Infinity
    const older = before?.conversation.messages.filter((message) => message.id < first) ?? []
    const whole =
      older.length && before
        ? { ...conversation, messages: [...older, ...conversation.messages], older: before.conversation.older }
        : conversation
    details.delete(id)
    details.set(id, { conversation: whole, etag, stale: late || overtaken })
    for (const [oldest] of details) {
      if (details.size <= KEPT) break
      details.delete(oldest)
    }
  }

  /**
   * Fetch a conversation into the cache. With `prefetch` nothing is marked as read and the access log says that it
   * was only fetched ahead. Where it is on its way already that answer will do, unless something has happened since.
   */
  function fetch(id: number, options: { prefetch?: boolean } = {}): Promise<Conversation> {
    const flying = flights.get(id)
    if (flying) {
      if (!flying.late) return flying.promise
      const again = () => fetch(id, options)
      return (flying.next ??= flying.promise.then(again, again))
    }
    const cached = details.get(id)
    const asked = Date.now()
    const path = `/conversations/${id}${options.prefetch ? '?prefetch=1' : ''}`
    const promise = getTagged<Conversation>(path, cached?.etag)
      .then((answer) => {
        if (answer.data) {
          store(id, answer.data, answer.etag, flight.late)
          accept([rowOf(answer.data)])
        } else if (cached) details.set(id, { ...(details.get(id) ?? cached), stale: flight.late })
        const found = details.get(id)?.conversation ?? (answer.data as Conversation)
        for (const reader of readers) reader(found, asked)
        return found
      })
      .catch((error: unknown) => {
        if (error instanceof Offline) lost()
        throw error
      })
      .finally(() => flights.delete(id))
    const flight: Flight = { promise, late: false }
    flights.set(id, flight)
    return promise
  }

  const isFresh = (id: number) => flights.get(id)?.late === false || details.get(id)?.stale === false

  /** The conversation is no longer what is cached, nor what was asked for before. */
  function markStale(id: number): void {
    const flight = flights.get(id)
    if (flight) flight.late = true
    const cached = details.get(id)
    if (cached && !cached.stale) details.set(id, { ...cached, stale: true })
  }

  function markAllStale(): void {
    for (const id of [...details.keys(), ...flights.keys()]) markStale(id)
  }

  /** The page of messages before the first one shown. */
  async function loadOlder(id: number): Promise<void> {
    const cached = details.get(id)
    const first = cached?.conversation.messages[0]
    if (!cached || !first) return
    const page = await get<{ items: Message[]; next: string | null }>(
      `/conversations/${id}/messages?before=${first.id}`,
    )
    const now = details.get(id) ?? cached
    const known = new Set(now.conversation.messages.map((message) => message.id))
    const fresh = page.items.filter((message) => !known.has(message.id)).sort((a, b) => a.id - b.id)
    details.set(id, {
      ...now,
      conversation: { ...now.conversation, messages: [...fresh, ...now.conversation.messages], older: page.next },
    })
  }

  /** Put a message that was just sent, or whose fate changed, where it belongs. */
  function takeMessage(id: number, message: Message): void {
    const cached = details.get(id)
    if (!cached) return
    const others = cached.conversation.messages.filter((other) => other.id !== message.id)
    const messages = [...others, message].sort(inOrder)
    details.set(id, { ...cached, etag: '', conversation: { ...cached.conversation, messages } })
  }

  /** A message was taken back. */
  function dropMessage(id: number, messageId: number): void {
    const cached = details.get(id)
    if (!cached) return
    const messages = cached.conversation.messages.filter((other) => other.id !== messageId)
    details.set(id, { ...cached, etag: '', conversation: { ...cached.conversation, messages } })
  }

  function patched(row: ConversationItem, patch: Patch): ConversationItem {
    const next = { ...row }
    if (patch.status !== undefined) next.status = patch.status
    if (patch.priority !== undefined) next.priority = patch.priority
    if (patch.subject !== undefined) next.subject = patch.subject
    if (patch.tags !== undefined) next.tags = patch.tags
    if (patch.team_id !== undefined) next.team_id = patch.team_id
    if (patch.assignee_id !== undefined) next.assignee = session.staffRef(patch.assignee_id)
    if (patch.snoozed_until !== undefined) {
      next.snoozed_until = patch.snoozed_until
      if (patch.snoozed_until && patch.status === undefined) next.status = 'snoozed'
    }
    return next
  }

  /**
   * Change a conversation: shown at once, told to the server, taken back if it refuses. Without a line it is kept
   * and sent later. Throws ApiError after taking it back.
   */
  async function change(id: number, patch: Patch): Promise<void> {
    const before = items.get(id)
    if (before) take(patched(before, patch), true)
    try {
      const outcome = await queue.perform<ConversationItem>({
        method: 'PATCH',
        path: `/conversations/${id}`,
        body: patch,
        conversation: id,
      })
      if (outcome.queued) lost()
      else {
        take(outcome.answer, true)
        markStale(id)
      }
    } catch (error) {
      if (before) take({ ...before, version: items.get(id)?.version ?? before.version }, true)
      throw error
    }
  }

  /** Say that a conversation is spam, or that it is not: shown at once, taken back if the server refuses. */
  async function sayWhether(id: number, spam: boolean): Promise<void> {
    const before = items.get(id)
    // What it comes back to only the server knows; nearly always it is open.
    if (before) take({ ...before, status: spam ? 'spam' : 'open' }, true)
    try {
      const outcome = await queue.perform<ConversationItem>({
        method: 'POST',
        path: `/conversations/${id}/${spam ? 'spam' : 'not-spam'}`,
        body: {},
        conversation: id,
      })
      if (outcome.queued) lost()
      else {
        take(outcome.answer, true)
        markStale(id)
      }
    } catch (error) {
      if (before) take({ ...before, version: items.get(id)?.version ?? before.version }, true)
      throw error
    }
  }

  function setUnread(id: number, unread: boolean): void {
    const row = items.get(id)
    if (row && row.unread !== unread) take({ ...row, unread }, true)
  }

  /** Say that the signed-in person has read it, up to its last message. */
  async function read(id: number): Promise<void> {
    const last = details.get(id)?.conversation.messages.at(-1)
    if (!last) return
    const was = items.get(id)?.unread
    setUnread(id, false)
    await queue
      .perform({ method: 'POST', path: `/conversations/${id}/read`, body: { message_id: last.id }, conversation: id })
      .catch((error: unknown) => {
        if (was && error instanceof ApiError) setUnread(id, true)
      })
  }

  /** Put it back among the unread. */
  async function unread(id: number): Promise<void> {
    setUnread(id, true)
    try {
      await queue.perform({ method: 'POST', path: `/conversations/${id}/unread`, body: {}, conversation: id })
    } catch (error) {
      setUnread(id, false)
      throw error
    }
  }

  return {
    items,
    details,
    queue,
    onItem,
    onFetched,
    accept,
    take,
    rowOf,
    fetch,
    isFresh,
    markStale,
    markAllStale,
    loadOlder,
    takeMessage,
    dropMessage,
    change,
    sayWhether,
    read,
    unread,
  }
})
