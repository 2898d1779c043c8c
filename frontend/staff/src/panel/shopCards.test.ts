import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { useShopCards } from './shopCards'

const asked: ((etag: string) => void)[] = []

vi.mock('../api/http', () => ({
  getTagged: () =>
    new Promise((resolve) => asked.push((etag) => resolve({ data: { order_count: asked.length }, etag }))),
}))

describe('what the shops know of a customer', () => {
  beforeEach(() => {
    setActivePinia(createPinia())
    asked.length = 0
  })

  it('is asked for once, and again when something has happened', async () => {
    const shops = useShopCards()
    const both = [shops.want(7), shops.want(7, { prefetch: true })]
    asked[0]?.('a')
    await Promise.all(both)
    await shops.want(7)
    expect(asked.length).toBe(1)
    shops.markStale(7)
    const again = shops.want(7)
    asked[1]?.('b')
    await again
    expect(asked.length).toBe(2)
    expect(shops.cards.get(7)?.stale).toBe(false)
  })

  it('is old when something happened while it was on its way', async () => {
    const shops = useShopCards()
    const flight = shops.want(7)
    shops.markAllStale()
    asked[0]?.('a')
    await flight
    expect(shops.cards.get(7)?.stale).toBe(true)
  })
})
