import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { Offline, del, get, patch, post } from '../api/http'
import type { SavedView, ViewFilters } from '../api/types'
import { lost } from '../live/connection'

/** Saved views and how many conversations stand in each. */
export const useViews = defineStore('views', () => {
  const saved = shallowRef<readonly SavedView[]>([])
  const counts = ref<Readonly<Record<string, number>>>({})
  const ceiling = ref(Infinity)
  let timer: ReturnType<typeof setTimeout> | undefined
  let again = false
  let asking = false

  async function load(): Promise<void> {
    const answer = await get<SavedView[] | { items: SavedView[] }>('/views')
    const list = Array.isArray(answer) ? answer : answer.items
    saved.value = [...list].sort((a, b) => a.position - b.position || a.id - b.id)
  }

  async function ask(): Promise<void> {
    if (asking) {
      again = true
      return
    }
    asking = true
    try {
      const answer = await get<{ counts: Record<string, number>; ceiling?: number }>('/views/counts')
      counts.value = answer.counts
      ceiling.value = answer.ceiling ?? Infinity
    } catch (error) {
      // The counts stay as they were; they are asked for again once the server is back.
      if (error instanceof Offline) lost()
    } finally {
      asking = false
      if (again) {
        again = false
        recount()
      }
    }
  }

  /** Something changed that may move a count: ask soon, once for many changes. */
  function recount(pause = 400): void {
    if (timer) return
    timer = setTimeout(() => {
      timer = undefined
      void ask()
    }, pause)
  }

  async function create(view: { name: string; shared: boolean; filters: ViewFilters }): Promise<SavedView> {
    const made = await post<SavedView>('/views', view)
    await load()
    recount(0)
    return made
  }

  async function change(id: number, wish: Partial<Omit<SavedView, 'id'>>): Promise<void> {
    const before = saved.value.find((view) => view.id === id)
    await patch(`/views/${id}`, { ...before, ...wish })
    await load()
    recount(0)
  }

  async function remove(id: number): Promise<void> {
    await del(`/views/${id}`)
    await load()
  }

  return { saved, counts, ceiling, load, recount, create, change, remove }
})
