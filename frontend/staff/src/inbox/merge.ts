import type { ConversationItem, Page } from '../api/types'

/**
 * What the list shows and what waits behind the pill. Rows never move by themselves: what is new, or would move to
 * the top, waits in `pending`; what left the view by somebody else's hand stays, marked in `gone`, until the reader
 * asks for the new state.
 */
export interface ListState {
  ids: readonly number[]
  pending: readonly number[]
  gone: ReadonlySet<number>
}

export const EMPTY: ListState = { ids: [], pending: [], gone: new Set() }

export interface Change {
  id: number
  /** Whether it belongs to the list now; null when only the server can tell. */
  belongs: boolean | null
  /** It has a new message and would stand at the top. */
  rises: boolean
  /** The reader's own doing. */
  own: boolean
}

function without(ids: readonly number[], id: number): readonly number[] {
  return ids.includes(id) ? ids.filter((other) => other !== id) : ids
}

function withMember(set: ReadonlySet<number>, id: number, present: boolean): ReadonlySet<number> {
  if (set.has(id) === present) return set
  const next = new Set(set)
  if (present) next.add(id)
  else next.delete(id)
  return next
}

/** The list after a change, without moving a row that somebody may be about to click. */
export function applyChange(state: ListState, change: Change): ListState {
  const { id, belongs, rises, own } = change
  const shown = state.ids.includes(id)
  if (belongs === null) return state
  if (!belongs) {
    const pending = without(state.pending, id)
    if (!shown) return pending === state.pending ? state : { ...state, pending }
    if (own) return { ids: without(state.ids, id), pending, gone: withMember(state.gone, id, false) }
    return { ...state, pending, gone: withMember(state.gone, id, true) }
  }
  if (shown) {
    const gone = withMember(state.gone, id, false)
    const atTop = state.ids[0] === id
    const pending = rises && !own && !atTop ? [id, ...without(state.pending, id)] : state.pending
    return { ...state, gone, pending }
  }
  if (state.ids.length === 0) return { ...state, ids: [id] }
  if (own && !rises) return state
  return { ...state, pending: [id, ...without(state.pending, id)] }
}

/** Newest first, as the server orders the list. */
export function newestFirst(a: ConversationItem, b: ConversationItem): number {
  if (a.last_message_at !== b.last_message_at) return a.last_message_at < b.last_message_at ? 1 : -1
  return b.id - a.id
}

/** The pill was pressed: what waited comes to the top, what had left goes. */
export function reveal(state: ListState, items: ReadonlyMap<number, ConversationItem>): ListState {
  const waiting = new Set(state.pending)
  const kept = state.ids.filter((id) => !waiting.has(id) && !state.gone.has(id))
  const coming = state.pending.filter((id) => items.has(id))
  const all = [...coming, ...kept].map((id) => items.get(id)).filter((item) => item !== undefined)
  all.sort(newestFirst)
  return { ids: all.map((item) => item.id), pending: [], gone: new Set() }
}

/** A further page below what is there; a conversation that moved meanwhile is not shown twice. */
export function append(state: ListState, ids: readonly number[]): ListState {
  const known = new Set([...state.ids, ...state.pending])
  return { ...state, ids: [...state.ids, ...ids.filter((id) => !known.has(id))] }
}

/**
 * The reader brought a conversation back (took a change back, reopened it): it stands where it belongs by its time.
 * Below the last row that is loaded there is no such place.
 */
export function insert(
  state: ListState,
  id: number,
  items: ReadonlyMap<number, ConversationItem>,
  complete: boolean,
): ListState {
  const item = items.get(id)
  if (!item || state.ids.includes(id)) return state
  const before = state.ids.findIndex((other) => {
    const row = items.get(other)
    return row !== undefined && newestFirst(item, row) < 0
  })
  if (before < 0 && !complete) return state
  const at = before < 0 ? state.ids.length : before
  return {
    ...state,
    ids: [...state.ids.slice(0, at), id, ...state.ids.slice(at)],
    pending: without(state.pending, id),
  }
}

/** The neighbour that takes the place of a row that goes: the next one, else the one before. */
export function successor(ids: readonly number[], id: number): number | null {
  const at = ids.indexOf(id)
  if (at < 0) return null
  return ids[at + 1] ?? ids[at - 1] ?? null
}

/** Rows that are shown as belonging and should be on this page, the first one, but are not: they left the view. */
export function missing(
  state: ListState,
  page: Page<ConversationItem>,
  items: ReadonlyMap<number, ConversationItem>,
): number[] {
  const given = new Set(page.items.map((item) => item.id))
  const last = page.next === null ? undefined : page.items.at(-1)
  return state.ids.filter((id) => {
    const row = items.get(id)
    return row && !given.has(id) && !state.gone.has(id) && (!last || newestFirst(row, last) < 0)
  })
}
