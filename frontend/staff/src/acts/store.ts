import { defineStore } from 'pinia'
import { ref, shallowReactive, shallowRef } from 'vue'
import type { Able, Act } from '../api/types'
import { useSession } from '../app/session'
import { ableShops, actsIn, actsOf, waitingActs } from './api'

const FRESH = 5 * 60_000

/** What can be done in the shops, what was done of the orders looked at, and how much waits for a second person. */
export const useActs = defineStore('acts', () => {
  const session = useSession()
  const shops = shallowRef<Able[]>([])
  const ofOrder = shallowReactive(new Map<number, Act[]>())
  const ofConversation = shallowReactive(new Map<number, Act[]>())
  const waiting = ref(0)
  let askedAt = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  /** What the shops can do changes seldom. */
  async function know(): Promise<void> {
    if (Date.now() - askedAt < FRESH || !session.can('orders.act')) return
    askedAt = Date.now()
    try {
      shops.value = await ableShops()
    } catch {
      askedAt = 0
    }
  }

  const shopOf = (id: number) => shops.value.find((shop) => shop.id === id)
  const shopsOf = (storeId: number, verb: Act['verb']) =>
    shops.value.filter((shop) => shop.store_id === storeId && shop.verbs.includes(verb))

  async function loadOrder(id: number): Promise<void> {
    try {
      ofOrder.set(id, await actsOf(id))
    } catch {
      // It is asked for again with the next change.
    }
  }

  async function loadConversation(id: number): Promise<void> {
    try {
      ofConversation.set(id, await actsIn(id))
    } catch {
      // It is asked for again with the next change.
    }
  }

  async function count(): Promise<void> {
    if (!session.can('orders.approve')) return
    try {
      waiting.value = (await waitingActs()).count
    } catch {
      // The number stays until the next change.
    }
  }

  /** Something became of an act: whoever shows it asks again. */
  function happened(word: { kind: string; order_id?: number | null; conversation_id?: number | null }): void {
    if (!word.kind.startsWith('act.')) return
    if (word.order_id && ofOrder.has(word.order_id)) void loadOrder(word.order_id)
    if (word.conversation_id && ofConversation.has(word.conversation_id)) void loadConversation(word.conversation_id)
    clearTimeout(timer)
    timer = setTimeout(() => void count(), 300)
  }

  return {
    shops,
    ofOrder,
    ofConversation,
    waiting,
    know,
    shopOf,
    shopsOf,
    loadOrder,
    loadConversation,
    count,
    happened,
  }
})
