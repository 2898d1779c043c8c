import { describe, expect, it } from 'vitest'
import type { ConversationItem, SavedView } from '../api/types'
import { apiQuery, filterKey, fromQuery, matches, toQuery } from './filters'

const me = { id: 7 }
const item = (more: Partial<ConversationItem> = {}) =>
  ({
    id: 1,
    status: 'open',
    assignee: null,
    team_id: null,
    tags: [],
    store_id: 1,
    channel: 'email',
    priority: 0,
    unread: true,
    ...more,
  }) as ConversationItem
const mine = { id: 7, name: 'Ana' }

describe('filters in the address', () => {
  it('come back as they were written, without the default', () => {
    const filters = fromQuery({ view: 'mine', q: ' tires ', tag: ['3', '4'], page: '9', unread: '' })
    expect(filters).toEqual({ view: 'mine', q: 'tires', tag: '3' })
    expect(fromQuery(toQuery(filters))).toEqual(filters)
    expect(toQuery({ view: 'open', q: 'x' })).toEqual({ q: 'x' })
  })

  it('have one key whatever their order, and name the view to the server', () => {
    expect(filterKey({ q: 'a', view: 'open' })).toBe(filterKey({ q: 'a' }))
    expect(apiQuery({ q: 'gume', store: '2' }, 'abc', 50)).toBe('view=open&q=gume&store=2&after=abc&limit=50')
  })
})

describe('whether a conversation belongs to the list', () => {
  const belongs = (row: ConversationItem, filters: Parameters<typeof matches>[1], views: SavedView[] = []) =>
    matches(row, filters, me, views)

  it('is read as the server reads it', () => {
    expect(belongs(item(), {})).toBe(true)
    expect(belongs(item({ status: 'closed' }), {})).toBe(false)
    expect(belongs(item(), { view: 'mine' })).toBe(false)
    expect(belongs(item({ assignee: mine, status: 'waiting_colleague' }), { view: 'mine' })).toBe(true)
    expect(belongs(item({ assignee: mine, status: 'waiting_customer' }), { view: 'mine' })).toBe(false)
    expect(belongs(item({ status: 'waiting_customer' }), { view: 'waiting' })).toBe(true)
    expect(belongs(item({ tags: [3] }), { tag: '3', unread: '1' })).toBe(true)
    expect(belongs(item({ priority: 2 }), { priority: '1' })).toBe(false)
  })

  it('lets a chosen filter take the place of the view’s own', () => {
    expect(belongs(item({ status: 'closed' }), { view: 'open', status: 'closed' })).toBe(true)
    expect(belongs(item({ assignee: mine }), { view: 'unassigned', assignee: 'me' })).toBe(true)
  })

  it('cannot be told for a search or an unknown view', () => {
    expect(belongs(item(), { q: 'gume' })).toBeNull()
    expect(belongs(item({ status: 'closed' }), { q: 'gume' })).toBe(false)
    expect(belongs(item(), { view: '99' })).toBeNull()
  })

  it('follows a saved view', () => {
    const views = [
      { id: 99, name: 'x', shared: true, mine: true, position: 0, filters: { status: 'open', assignee: 'none' } },
    ]
    expect(belongs(item(), { view: '99' }, views)).toBe(true)
    expect(belongs(item({ assignee: mine }), { view: '99' }, views)).toBe(false)
  })
})
