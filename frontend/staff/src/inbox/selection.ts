import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { useRouter, type RouteLocationRaw } from 'vue-router'
import { useConversations } from '../conversation/store'
import { toQuery } from './filters'
import { useList } from './list'
import { successor } from './merge'

/** How soon after the last step the address follows, in ms: walking by key must not wait for it. */
const ADDRESS_FOLLOWS = 120

/** Where the keyboard is wanted; `from` is what had it when the wish came up. */
export interface FocusWish {
  place: 'row' | 'conversation'
  from: Element | null
}

/** Which conversation is open, and the ways to another one. */
export const useSelection = defineStore('selection', () => {
  const list = useList()
  const conversations = useConversations()
  const router = useRouter()
  const id = ref<number | null>(null)
  /**
   * A wish stays until whoever can fulfil it stands on the screen (a row may have to be scrolled to, messages may
   * still be on their way), and a later one replaces it: two places never take the focus from each other.
   */
  const focusWish = shallowRef<FocusWish | null>(null)
  let follow: ReturnType<typeof setTimeout> | undefined

  const index = computed(() => (id.value === null ? -1 : list.rows.indexOf(id.value)))

  /** Ask for the keyboard to go to the row of the open conversation, or into the conversation. */
  function wishFocus(place: FocusWish['place']): void {
    focusWish.value = { place, from: document.activeElement }
  }

  /** The wish is fulfilled, or nobody holds it any more. */
  function wishDone(wish: FocusWish): void {
    if (focusWish.value === wish) focusWish.value = null
  }

  function address(of: number | null): RouteLocationRaw {
    const query = toQuery(list.filters)
    return of === null ? { path: '/inbox', query } : { path: `/c/${of}`, query }
  }

  /** The first conversation after the list is a step to come back from, the next ones take its place. */
  function goTo(next: number): void {
    const first = router.currentRoute.value.name !== 'conversation'
    void (first ? router.push(address(next)) : router.replace(address(next)))
  }

  /** Open a conversation by pointer or Enter: a step to come back from. */
  function open(next: number): void {
    clearTimeout(follow)
    id.value = next
    goTo(next)
  }

  /** Open a conversation by walking to it; the address follows. */
  function walkTo(next: number): void {
    id.value = next
    list.current = next
    clearTimeout(follow)
    follow = setTimeout(() => goTo(next), ADDRESS_FOLLOWS)
  }

  /** One row down (1) or up (-1). */
  function move(step: 1 | -1): void {
    const rows = list.rows
    if (rows.length === 0) return
    const at = index.value
    const to = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))
    const next = rows[to]
    if (next === undefined) return
    if (next !== id.value) walkTo(next)
    wishFocus('row')
    if (to >= rows.length - 10) void list.more()
  }

  /** Back to the list alone. */
  function close(): void {
    clearTimeout(follow)
    id.value = null
    list.current = null
    void router.push(address(null))
  }

  /** The row is about to leave the list: open the next one, as the reader would. */
  function leave(gone: number): void {
    if (id.value !== gone) return
    const next = successor(list.rows, gone)
    if (next === null || !conversations.items.has(next)) close()
    else {
      walkTo(next)
      wishFocus('row')
    }
  }

  /** The address was changed by the browser (Back, a link). */
  function adopt(given: number | null): void {
    clearTimeout(follow)
    id.value = given
  }

  return { id, index, focusWish, wishFocus, wishDone, open, walkTo, move, close, leave, adopt, address }
})
