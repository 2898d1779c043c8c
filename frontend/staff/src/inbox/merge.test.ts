import { describe, expect, it } from 'vitest'
import type { ConversationItem } from '../api/types'
import { append, applyChange, insert, reveal, successor, type ListState } from './merge'

const state = (ids: number[], pending: number[] = [], gone: number[] = []): ListState => ({
  ids,
  pending,
  gone: new Set(gone),
})

const item = (id: number, minute: number) =>
  ({ id, last_message_at: `2026-11-21T10:${String(minute).padStart(2, '0')}:00Z` }) as ConversationItem

describe('the list never moves under the cursor', () => {
  it('keeps a new conversation behind the pill', () => {
    const next = applyChange(state([3, 2, 1]), { id: 4, belongs: true, rises: true, own: false })
    expect(next.ids).toEqual([3, 2, 1])
    expect(next.pending).toEqual([4])
  })

  it('keeps a row in place when a new message would lift it', () => {
    const next = applyChange(state([3, 2, 1]), { id: 1, belongs: true, rises: true, own: false })
    expect(next.ids).toEqual([3, 2, 1])
    expect(next.pending).toEqual([1])
  })

  it('does not count the row that already stands at the top', () => {
    const next = applyChange(state([3, 2, 1]), { id: 3, belongs: true, rises: true, own: false })
    expect(next.pending).toEqual([])
  })

  it('leaves a row that a colleague took away, marked', () => {
    const next = applyChange(state([3, 2, 1]), { id: 2, belongs: false, rises: false, own: false })
    expect(next.ids).toEqual([3, 2, 1])
    expect([...next.gone]).toEqual([2])
  })

  it('takes away the row that the reader closed', () => {
    const next = applyChange(state([3, 2, 1]), { id: 2, belongs: false, rises: false, own: true })
    expect(next.ids).toEqual([3, 1])
  })

  it('counts a conversation once however often it changes', () => {
    let next = state([3, 2, 1])
    for (let i = 0; i < 3; i += 1) next = applyChange(next, { id: 4, belongs: true, rises: true, own: false })
    expect(next.pending).toEqual([4])
  })

  it('forgets a waiting conversation that left the view again', () => {
    const next = applyChange(state([3], [4]), { id: 4, belongs: false, rises: false, own: false })
    expect(next.pending).toEqual([])
  })

  it('shows the first conversation of an empty list at once', () => {
    expect(applyChange(state([]), { id: 9, belongs: true, rises: true, own: false }).ids).toEqual([9])
  })

  it('changes nothing when only the server can tell', () => {
    const before = state([3, 2, 1])
    expect(applyChange(before, { id: 4, belongs: null, rises: true, own: false })).toBe(before)
  })
})

describe('the pill', () => {
  it('brings what waited to the top, newest first, and drops what left', () => {
    const items = new Map([item(1, 50), item(2, 20), item(3, 30), item(4, 55)].map((one) => [one.id, one]))
    const next = reveal(state([3, 2, 1], [4, 1], [2]), items)
    expect(next).toEqual(state([4, 1, 3]))
  })
})

describe('what the reader brings back', () => {
  const items = new Map([item(1, 10), item(2, 20), item(3, 30), item(4, 5)].map((one) => [one.id, one]))

  it('stands where it belongs by its time', () => {
    expect(insert(state([3, 1]), 2, items, false).ids).toEqual([3, 2, 1])
    expect(insert(state([3, 1]), 4, items, true).ids).toEqual([3, 1, 4])
  })

  it('stays away when its place is not loaded', () => {
    expect(insert(state([3, 1]), 4, items, false).ids).toEqual([3, 1])
  })
})

describe('paging', () => {
  it('shows nothing twice when rows moved between pages', () => {
    expect(append(state([3, 2], [9]), [2, 9, 1]).ids).toEqual([3, 2, 1])
  })

  it('goes on with the next row, at the end with the one before', () => {
    expect(successor([3, 2, 1], 2)).toBe(1)
    expect(successor([3, 2, 1], 1)).toBe(2)
    expect(successor([1], 1)).toBeNull()
  })
})
