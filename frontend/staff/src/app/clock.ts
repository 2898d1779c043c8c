import { shallowRef } from 'vue'

/** The time to the half minute, for what says how long ago something was. */
export const now = shallowRef(new Date())

setInterval(() => {
  if (!document.hidden) now.value = new Date()
}, 30_000)
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) now.value = new Date()
})
