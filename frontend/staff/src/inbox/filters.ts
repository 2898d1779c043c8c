import type { LocationQuery } from 'vue-router'
import type { ConversationItem, SavedView, ViewFilters } from '../api/types'

export const FILTER_KEYS = [
  'view',
  'q',
  'status',
  'assignee',
  'team',
  'tag',
  'store',
  'channel',
  'priority',
  'customer',
  'unread',
] as const
export type FilterKey = (typeof FILTER_KEYS)[number]
export type Filters = Partial<Record<FilterKey, string>>

/** Views that are there without being made. */
export const BUILTIN_VIEWS = ['mine', 'unassigned', 'open', 'waiting', 'snoozed', 'closed', 'all', 'spam'] as const
export type BuiltinView = (typeof BUILTIN_VIEWS)[number]
export const DEFAULT_VIEW: BuiltinView = 'open'

/** The filters that an address asks for; what it does not name is not filtered. */
export function fromQuery(query: LocationQuery): Filters {
  const filters: Filters = {}
  for (const key of FILTER_KEYS) {
    const raw = query[key]
    const value = (Array.isArray(raw) ? raw[0] : raw)?.trim()
    if (value) filters[key] = value
  }
  return filters
}

/** The address's query for these filters, in a steady order and without the default view. */
export function toQuery(filters: Filters): Record<string, string> {
  const query: Record<string, string> = {}
  for (const key of FILTER_KEYS) {
    const value = filters[key]
    if (value && !(key === 'view' && value === DEFAULT_VIEW)) query[key] = value
  }
  return query
}

/** The query of GET /conversations. */
export function apiQuery(filters: Filters, after: string | null, limit: number): string {
  const params = new URLSearchParams({ view: filters.view ?? DEFAULT_VIEW })
  for (const key of FILTER_KEYS) {
    const value = filters[key]
    if (key !== 'view' && value) params.set(key, value)
  }
  if (after) params.set('after', after)
  params.set('limit', String(limit))
  return params.toString()
}

/** One string for a set of filters, the same however it was put together. */
export function filterKey(filters: Filters): string {
  return JSON.stringify(FILTER_KEYS.map((key) => filters[key] ?? (key === 'view' ? DEFAULT_VIEW : '')))
}

export interface Viewer {
  id: number | null
}

/** What the views that are there anyway stand for, said as filters. */
export const STANDS_FOR: Record<BuiltinView, ViewFilters> = {
  mine: { status: 'open,waiting_colleague', assignee: 'me' },
  unassigned: { status: 'open', assignee: 'none' },
  open: { status: 'open' },
  waiting: { status: 'waiting_customer,waiting_colleague' },
  snoozed: { status: 'snoozed' },
  closed: { status: 'closed' },
  all: {},
  spam: { status: 'spam' },
}

function isBuiltin(view: string): view is BuiltinView {
  return (BUILTIN_VIEWS as readonly string[]).includes(view)
}

function meets(filters: ViewFilters & Filters, item: ConversationItem, viewer: Viewer): boolean {
  // A person's conversations are all of them.
  const spam = item.status === 'spam' && !filters.customer
  if (filters.status ? !filters.status.split(',').includes(item.status) : spam) return false
  if (filters.assignee === 'me' && item.assignee?.id !== viewer.id) return false
  if (filters.assignee === 'none' && item.assignee !== null) return false
  if (filters.assignee && /^\d+$/.test(filters.assignee) && item.assignee?.id !== Number(filters.assignee)) return false
  if (filters.team && item.team_id !== Number(filters.team)) return false
  if (filters.tag && !item.tags.includes(Number(filters.tag))) return false
  if (filters.store && item.store_id !== Number(filters.store)) return false
  if (filters.channel && item.channel !== filters.channel) return false
  if (filters.priority && item.priority !== Number(filters.priority)) return false
  if (filters.customer && item.customer.id !== Number(filters.customer)) return false
  if (filters.unread && !item.unread) return false
  return true
}

/**
 * Whether a conversation belongs to the list on the screen; null when only the server can tell (a search).
 *
 * Mirrors the server's reading of the same filters, so that a live change needs no request.
 */
export function matches(
  item: ConversationItem,
  filters: Filters,
  viewer: Viewer,
  views: readonly SavedView[],
): boolean | null {
  const view = filters.view ?? DEFAULT_VIEW
  const base = isBuiltin(view) ? STANDS_FOR[view] : views.find((candidate) => String(candidate.id) === view)?.filters
  if (!base) return null
  // What is chosen beside a view takes the place of what the view says of the same thing.
  const { view: _, q, ...chosen } = filters
  // A search finds spam as well.
  const wanted = { ...base, ...chosen }
  const asked = q && !wanted.status ? { ...wanted, status: item.status } : wanted
  if (!meets(asked, item, viewer)) return false
  return q ? null : true
}
