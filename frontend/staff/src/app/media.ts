import { onScopeDispose, ref, type Ref } from 'vue'

/** Whether the page meets a media query, now and later. */
export function useMediaQuery(query: string): Ref<boolean> {
  const list = window.matchMedia(query)
  const met = ref(list.matches)
  const update = (event: MediaQueryListEvent) => (met.value = event.matches)
  list.addEventListener('change', update)
  onScopeDispose(() => list.removeEventListener('change', update))
  return met
}
