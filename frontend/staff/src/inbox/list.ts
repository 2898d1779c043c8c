import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef } from 'vue'
import { ApiError, Offline, get } from '../api/http'
import type { ConversationItem, Page } from '../api/types'
import { useSession } from '../app/session'
import { useConversations, type ItemChange } from '../conversation/store'
import { lost } from '../live/connection'
import { useCards } from '../panel/cards'
import { useViews } from '../views/store'
import { apiQuery, filterKey, matches, type Filters } from './filters'
import { append, applyChange, EMPTY, insert, missing, reveal, type ListState } from './merge'
import { Prefetcher } from './prefetch'

const PAGE = 50
/** The longest page that the server gives. */
const LONGEST = 200
/** Conversations asked for one by one at the same time. */
const WIDTH = 4

/** The list on the screen: which conversations, in which order, and what waits behind the pill. */
export const useList = defineStore('list', () => {
  const conversations = useConversations()
  const session = useSession()
  const views = useViews()
  const cards = useCards()

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
  /** What the line said while the first page was on its way. */
  let meanwhile: ItemChange[] = []

  const prefetcher = markRaw(
    new Prefetcher({
      load: async (id) => {
        const conversation = await conversations.fetch(id, { prefetch: true })
        await cards.want(id, conversation.customer_card.id, { prefetch: true })
      },
      has: (id) => conversations.isFresh(id),
    }),
  )

  const rows = computed(() => state.value.ids)
  const pending = computed(() => state.value.pending.length)

  const getPage = (after: string | null, options: { signal?: AbortSignal; limit?: number } = {}) =>
    get<Page<ConversationItem>>(`/conversations?${apiQuery(filters.value, after, options.limit ?? PAGE)}`, {
      signal: options.signal,
    })

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
    meanwhile = []
    loading.value = true
    failed.value = false
    try {
      const page = await getPage(null, { signal: abort.signal })
      if (running !== abort) return
      conversations.accept(page.items)
      state.value = { ...EMPTY, ids: page.items.map((item) => item.id) }
      next.value = page.next
      generation.value += 1
      const given = new Map(page.items.map((item) => [item.id, item.version]))
      // What the answer did not know yet happens to the list that it brought.
      for (const change of meanwhile) if ((given.get(change.item.id) ?? 0) < change.item.version) apply(change)
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
      const page = await getPage(next.value)
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
   * Catch up after a gap that events cannot fill: what is new waits behind the pill, rows stay where they are and
   * say what has become of them.
   */
  async function catchUp(): Promise<void> {
    if (failed.value || state.value.ids.length === 0) return reload()
    const asked = key
    let page: Page<ConversationItem>
    try {
      page = await getPage(null, { limit: Math.min(Math.max(PAGE, state.value.ids.length), LONGEST) })
    } catch (error) {
      if (error instanceof Offline) lost()
      return
    }
    if (asked !== key) return
    for (const item of page.items) {
      const known = conversations.items.get(item.id)
      if (!known || known.version !== item.version || !state.value.ids.includes(item.id))
        conversations.take(item, false)
    }
    // What left the view meanwhile is on no page of it. Only the server knows where a search has its end.
    if (filters.value.q) return
    const queue = missing(state.value, page, conversations.items)
    await Promise.all(Array.from({ length: WIDTH }, () => lookAfter(queue, asked)))
  }

  /** Ask what has become of rows that the server no longer counts to this list. */
  async function lookAfter(queue: number[], asked: string): Promise<void> {
    for (let id = queue.shift(); id !== undefined && asked === key; id = queue.shift()) {
      try {
        conversations.markStale(id)
        conversations.take(conversations.rowOf(await conversations.fetch(id, { prefetch: true })), false)
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404) continue
        if (asked === key) state.value = applyChange(state.value, { id, belongs: false, rises: false, own: false })
      }
    }
  }

  /** The pill was pressed. */
  function showPending(): void {
    state.value = reveal(state.value, conversations.items)
    generation.value += 1
  }

  function apply({ item, rises, own }: ItemChange): void {
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
  }

  conversations.onItem((change) => {
    if (loading.value) meanwhile.push(change)
    apply(change)
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
