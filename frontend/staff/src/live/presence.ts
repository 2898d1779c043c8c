import { onScopeDispose, watch, type Ref } from 'vue'
import { post } from '../api/http'

const REPEAT = 15_000
const TYPING_LASTS = 4_000

/**
 * Tell colleagues that this conversation is before somebody's eyes, for as long as it is and the tab can be seen;
 * the function it returns says that they are writing.
 */
export function usePresence(conversation: Ref<number | null>): () => void {
  let current: number | null = null
  let repeat: ReturnType<typeof setInterval> | undefined
  let quiet: ReturnType<typeof setTimeout> | undefined
  let typing = false

  const say = (id: number, state: 'viewing' | 'typing' | 'left') =>
    void post(`/conversations/${id}/presence`, { state }).catch(() => undefined)

  function enter(id: number): void {
    leave()
    if (document.hidden) return
    current = id
    say(id, 'viewing')
    repeat = setInterval(() => say(id, typing ? 'typing' : 'viewing'), REPEAT)
  }

  function leave(): void {
    clearInterval(repeat)
    clearTimeout(quiet)
    typing = false
    if (current !== null) say(current, 'left')
    current = null
  }

  let settle: ReturnType<typeof setTimeout> | undefined
  watch(
    conversation,
    (id) => {
      // Only what is looked at for a moment, so that walking through the list does not flood colleagues.
      clearTimeout(settle)
      leave()
      if (id !== null) settle = setTimeout(() => enter(id), 300)
    },
    { immediate: true },
  )

  const onVisibility = () => {
    if (document.hidden) leave()
    else if (conversation.value !== null && current === null) enter(conversation.value)
  }
  document.addEventListener('visibilitychange', onVisibility)
  window.addEventListener('pagehide', leave)
  onScopeDispose(() => {
    clearTimeout(settle)
    leave()
    document.removeEventListener('visibilitychange', onVisibility)
    window.removeEventListener('pagehide', leave)
  })

  return () => {
    const id = current ?? conversation.value
    if (id === null) return
    if (current === null) enter(id)
    if (!typing) {
      typing = true
      say(id, 'typing')
    }
    clearTimeout(quiet)
    quiet = setTimeout(() => {
      typing = false
      if (current !== null) say(current, 'viewing')
    }, TYPING_LASTS)
  }
}
