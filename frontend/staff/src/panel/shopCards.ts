import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { getTagged } from '../api/http'
import type { ShopCard } from '../api/types'

interface Kept {
  card: ShopCard
  etag: string
  /** Something has happened since it was fetched. */
  stale: boolean
}

const KEPT = 80

/** What the shops know of the customers looked at last; fetched together with their conversations. */
export const useShopCards = defineStore('shopCards', () => {
  const cards = shallowReactive(new Map<number, Kept>())
  const flights = new Map<number, Promise<void>>()
  /** Those of whom something happened while their card was on its way. */
  const overtaken = new Set<number>()

  /** Fetch a card unless a fresh one is here. Whoever only looks ahead says so to the access log. */
  function want(customerId: number, options: { prefetch?: boolean } = {}): Promise<void> {
    const kept = cards.get(customerId)
    if (kept && !kept.stale) return Promise.resolve()
    const flying = flights.get(customerId)
    if (flying) return flying
    const path = `/customers/${customerId}/shop${options.prefetch ? '?prefetch=1' : ''}`
    const flight = getTagged<ShopCard>(path, kept?.etag)
      .then((answer) => {
        const card = answer.data ?? kept?.card
        if (!card) return
        cards.delete(customerId)
        cards.set(customerId, { card, etag: answer.etag, stale: overtaken.has(customerId) })
        for (const [oldest] of cards) {
          if (cards.size <= KEPT) break
          cards.delete(oldest)
        }
      })
      .finally(() => {
        flights.delete(customerId)
        overtaken.delete(customerId)
      })
    flights.set(customerId, flight)
    return flight
  }

  /** Something has happened to this customer: whoever shows the card asks again. */
  function markStale(customerId: number): void {
    const kept = cards.get(customerId)
    if (kept) cards.set(customerId, { ...kept, stale: true })
    if (flights.has(customerId)) overtaken.add(customerId)
  }

  /** Nobody knows what was missed. */
  function markAllStale(): void {
    for (const customerId of new Set([...cards.keys(), ...flights.keys()])) markStale(customerId)
  }

  return { cards, want, markStale, markAllStale }
})
