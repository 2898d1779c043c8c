import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef } from 'vue'
import { ApiError, Offline, get } from '../api/http'
import type { ConversationItem, Page } from '../api/types'
import { useSession } from '../app/session'
import { useConversations, type ItemChange } from '../conversation/store'
import { lost } from '../live/connection'
import { useShopCards } from '../panel/shopCards'
import { useViews } from '../views/store'
import { apiQuery, filterKey, matches, type Filters } from './filters'
import { append, applyChange, EMPTY, insert, reveal, type ListState } from './merge'
import { Prefetcher } from './prefetch'

const PAGE = 50

/** The list on the screen: which conversations, in which order, and what waits behind the pill. */
export const useList = defineStore('list', () => {
  const conversations = useConversations()
  const session = useSession()
  const views = useViews()
  const shops = useShopCards()

  const filters = ref<Filters>({})
  const state = shallowRef<ListState>(EMPTY)
  const next = ref<string | null>(null)
  const loading = ref(false)
  const loadingMore = ref(false)
  const failed = ref(false)
  /** Goes up whenever the list starts from its top again. */
  const generation = ref(0)
  /** The conversation on the screen. */
  const current = ref<number | null>(null)
  let key = ''
  let running: AbortController | null = null

  const prefetcher = markRaw(
    new Prefetcher({
      load: async (id) => {
        const conversation = await conversations.fetch(id, { prefetch: true })
        await shops.want(conversation.customer_card.id, { prefetch: true })
      },
      has: (id) => conversations.isFresh(id),
    }),
  )

  const rows = computed(() => state.value.ids)
  const pending = computed(() => state.value.pending.length)

  const get50 = (after: string | null, signal?: AbortSignal) =>
    get<Page<ConversationItem>>(`/conversations?${apiQuery(filters.value, after, PAGE)}`, { signal })

  /** Show the list for these filters, from its top. The same filters again change nothing. */
  async function show(wanted: Filters): Promise<void> {
    const wantedKey = filterKey(wanted)
    if (wantedKey === key && !failed.value) return
    key = wantedKey
    filters.value = wanted
    await reload()
  }

  /** Ask the server for the first page again. */
  async function reload(): Promise<void> {
    running?.abort()
    const abort = new AbortController()
    running = abort
    loading.value = true
    failed.value = false
    try {
      const page = await get50(null, abort.signal)
      if (running !== abort) return
      conversations.accept(page.items)
      state.value = { ...EMPTY, ids: page.items.map((item) => item.id) }
      next.value = page.next
      generation.value += 1
    } catch (error) {
      if (running !== abort) return
      if (error instanceof Offline) lost()
      if (error instanceof Offline || error instanceof ApiError) {
        failed.value = true
        state.value = EMPTY
        next.value = null
      } else throw error
    } finally {
      if (running === abort) loading.value = false
    }
  }

  /** The next page below, if there is one. */
  async function more(): Promise<void> {
    if (!next.value || loading.value || loadingMore.value) return
    loadingMore.value = true
    const asked = key
    try {
      const page = await get50(next.value)
      if (asked !== key) return
      conversations.accept(page.items)
      state.value = append(
        state.value,
        page.items.map((item) => item.id),
      )
      next.value = page.next
    } catch (error) {
      if (error instanceof Offline) lost()
    } finally {
      loadingMore.value = false
    }
  }

  /**
   * Catch up after a gap that events cannot fill: what is new waits behind the pill, rows stay where they are.
   */
  async function catchUp(): Promise<void> {
    if (failed.value || state.value.ids.length === 0) return reload()
    const asked = key
    const page = await get50(null)
    if (asked !== key) return
    for (const item of page.items) {
      const known = conversations.items.get(item.id)
      if (!known || known.version !== item.version || !state.value.ids.includes(item.id))
        conversations.take(item, false)
    }
  }

  /** The pill was pressed. */
  function showPending(): void {
    state.value = reveal(state.value, conversations.items)
    generation.value += 1
  }

  conversations.onItem(({ item, rises, own }: ItemChange) => {
    const viewer = session.me
    if (!viewer) return
    const belongs = matches(item, filters.value, viewer, views.saved)
    // What somebody is reading does not leave the list of unread ones under their eyes.
    const onlyRead =
      belongs === false && !item.unread && matches({ ...item, unread: true }, filters.value, viewer, views.saved)
    if (onlyRead) return
    if (own && belongs && !rises && !state.value.ids.includes(item.id)) {
      state.value = insert(state.value, item.id, conversations.items, next.value === null)
      return
    }
    // What is open stays in its row until one goes on, also when one's own answer takes it out of the view.
    state.value = applyChange(state.value, { id: item.id, belongs, rises, own: own && item.id !== current.value })
  })

  return {
    filters,
    state,
    rows,
    pending,
    next,
    loading,
    loadingMore,
    failed,
    generation,
    current,
    prefetcher,
    show,
    reload,
    more,
    catchUp,
    showPending,
  }
})
