import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { getTagged } from '../api/http'
import type { Card } from '../api/types'

interface Kept {
  card: Card
  customer: number
  etag: string
  /** Something has happened since it was fetched. */
  stale: boolean
}

const KEPT = 80

/** What stands beside the conversations looked at last: one request each, made together with the conversation's. */
export const useCards = defineStore('cards', () => {
  /** By conversation. */
  const cards = shallowReactive(new Map<number, Kept>())
  const flights = new Map<number, { customer: number; promise: Promise<void> }>()
  /** Those of whom something happened while their card was on its way. */
  const overtaken = new Set<number>()

  /** Fetch a card unless a fresh one is here. Whoever only looks ahead says so to the access log. */
  function want(conversation: number, customer: number, options: { prefetch?: boolean } = {}): Promise<void> {
    const known = cards.get(conversation)
    const kept = known?.customer === customer ? known : undefined
    if (kept && !kept.stale) return Promise.resolve()
    const flying = flights.get(conversation)
    if (flying?.customer === customer) return flying.promise
    const path = `/customers/${customer}/card?conversation=${conversation}${options.prefetch ? '&prefetch=1' : ''}`
    const promise = getTagged<Card>(path, kept?.etag)
      .then((answer) => {
        const card = answer.data ?? kept?.card
        // Landed before it is shown: whoever sees that it is old already asks again at once.
        const stale = landed(conversation)
        if (card) keep(conversation, { card, customer, etag: answer.etag, stale })
      })
      .catch((error: unknown) => {
        landed(conversation)
        throw error
      })
    flights.set(conversation, { customer, promise })
    return promise
  }

  function landed(conversation: number): boolean {
    flights.delete(conversation)
    return overtaken.delete(conversation)
  }

  function keep(conversation: number, one: Kept): void {
    cards.delete(conversation)
    cards.set(conversation, one)
    for (const [oldest] of cards) {
      if (cards.size <= KEPT) break
      cards.delete(oldest)
    }
  }

  function old(conversation: number): void {
    const kept = cards.get(conversation)
    if (kept && !kept.stale) cards.set(conversation, { ...kept, stale: true })
    if (flights.has(conversation)) overtaken.add(conversation)
  }

  /** Something has happened to a customer or in a conversation: whoever shows the card asks again. */
  function markStale(what: { customer?: number | null; conversation?: number | null }): void {
    if (what.conversation) old(what.conversation)
    if (!what.customer) return
    for (const [id, one] of [...cards, ...flights]) if (one.customer === what.customer) old(id)
  }

  /** Nobody knows what was missed. */
  function markAllStale(): void {
    for (const id of new Set([...cards.keys(), ...flights.keys()])) old(id)
  }

  return { cards, want, markStale, markAllStale }
})
