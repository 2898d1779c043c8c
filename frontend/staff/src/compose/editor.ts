import { defineAsyncComponent } from 'vue'

/** The editor is a file of its own: loaded ahead a moment after a conversation was opened, or when somebody writes. */
export const loadEditor = () => import('./Editor.vue')

export const Editor = defineAsyncComponent({
  loader: loadEditor,
  onError: (_error, retry, fail, attempts) => {
    if (attempts > 3) fail()
    else window.setTimeout(retry, 1_000 * attempts)
  },
})
