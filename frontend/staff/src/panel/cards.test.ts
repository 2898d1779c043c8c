import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, watchEffect } from 'vue'
import { useCards } from './cards'

const asked: { path: string; answer: (etag: string) => void }[] = []

vi.mock('../api/http', () => ({
  getTagged: (path: string) =>
    new Promise((resolve) =>
      asked.push({ path, answer: (etag) => resolve({ data: { open_count: asked.length }, etag }) }),
    ),
}))

describe('what stands beside a conversation', () => {
  beforeEach(() => {
    setActivePinia(createPinia())
    asked.length = 0
  })

  it('is asked for once, and again when something has happened to the customer or in the conversation', async () => {
    const cards = useCards()
    for (const what of [{ customer: 7 }, { conversation: 3 }]) {
      const before = asked.length
      const both = [cards.want(3, 7), cards.want(3, 7, { prefetch: true })]
      asked[before]?.answer('a')
      await Promise.all(both)
      await cards.want(3, 7)
      expect(asked.length).toBe(before + 1)
      expect(cards.cards.get(3)?.stale).toBe(false)
      cards.markStale({ customer: 8, conversation: 4 })
      expect(cards.cards.get(3)?.stale).toBe(false)
      cards.markStale(what)
      expect(cards.cards.get(3)?.stale).toBe(true)
    }
  })

  it('is old when something happened while it was on its way', async () => {
    const cards = useCards()
    const flight = cards.want(3, 7)
    cards.markAllStale()
    asked[0]?.answer('a')
    await flight
    expect(cards.cards.get(3)?.stale).toBe(true)
  })

  it('is asked for again at once by whoever sees that it is old', async () => {
    const cards = useCards()
    watchEffect(() => {
      if (cards.cards.get(3)?.stale) void cards.want(3, 7)
    })
    const flight = cards.want(3, 7)
    cards.markStale({ customer: 7 })
    asked[0]?.answer('a')
    await flight
    await nextTick()
    expect(asked.length).toBe(2)
  })

  it('is that of the other person once the conversation is theirs', async () => {
    const cards = useCards()
    const first = cards.want(3, 7)
    asked[0]?.answer('a')
    await first
    void cards.want(3, 8)
    expect(asked.map((one) => one.path)).toEqual([
      '/customers/7/card?conversation=3',
      '/customers/8/card?conversation=3',
    ])
  })
})
