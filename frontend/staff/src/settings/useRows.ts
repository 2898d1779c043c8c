import { onMounted, ref, shallowRef } from 'vue'
import type { Ref } from 'vue'
import { get } from '../api/http'
import type { Page } from '../api/types'
import { problemText } from './useSave'

/** Rows of one address of the API, page by page. */
export function useRows<T>(path: () => string) {
  const rows: Ref<T[]> = shallowRef([])
  const next = ref<string | null>(null)
  const state = ref<'loading' | 'ready' | 'failed'>('loading')
  const trouble = ref('')
  let asked = 0

  async function fetchPage(after: string | null): Promise<void> {
    asked += 1
    const ticket = asked
    try {
      const joint = path().includes('?') ? '&' : '?'
      const page = await get<Page<T>>(path() + (after ? `${joint}after=${encodeURIComponent(after)}` : ''))
      if (ticket !== asked) return
      rows.value = after ? [...rows.value, ...page.items] : page.items
      next.value = page.next
      state.value = 'ready'
    } catch (error) {
      if (ticket !== asked) return
      trouble.value = problemText(error)
      state.value = 'failed'
    }
  }

  onMounted(() => void fetchPage(null))

  return {
    rows,
    next,
    state,
    trouble,
    reload: () => fetchPage(null),
    more: () => fetchPage(next.value),
    /** Put a changed or new row in its place without asking again. */
    take: (row: T, same: (other: T) => boolean) => {
      const at = rows.value.findIndex(same)
      rows.value = at < 0 ? [...rows.value, row] : rows.value.map((other, index) => (index === at ? row : other))
    },
    drop: (same: (other: T) => boolean) => {
      rows.value = rows.value.filter((other) => !same(other))
    },
  }
}
