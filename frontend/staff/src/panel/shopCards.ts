import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { getTagged } from '../api/http'
import type { ShopCard } from '../api/types'

interface Kept {
  card: ShopCard
  etag: string
  version: number
}

const KEPT = 80

/** What the shops know of the customers looked at last; fetched together with their conversations. */
export const useShopCards = defineStore('shopCards', () => {
  const cards = shallowReactive(new Map<number, Kept>())
  const flights = new Map<number, Promise<void>>()

  /** Fetch a card unless it is here as of this version of the customer. Whoever only looks ahead says so to the log. */
  function want(customerId: number, version: number, options: { prefetch?: boolean } = {}): Promise<void> {
    const kept = cards.get(customerId)
    if (kept && kept.version >= version) return Promise.resolve()
    const flying = flights.get(customerId)
    if (flying) return flying
    const path = `/customers/${customerId}/shop${options.prefetch ? '?prefetch=1' : ''}`
    const flight = getTagged<ShopCard>(path, kept?.etag)
      .then((answer) => {
        const card = answer.data ?? kept?.card
        if (!card) return
        cards.delete(customerId)
        cards.set(customerId, { card, etag: answer.etag, version })
        for (const [oldest] of cards) {
          if (cards.size <= KEPT) break
          cards.delete(oldest)
        }
      })
      .finally(() => flights.delete(customerId))
    flights.set(customerId, flight)
    return flight
  }

  return { cards, want }
})
