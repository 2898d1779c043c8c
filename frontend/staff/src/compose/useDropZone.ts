import { onBeforeUnmount, onMounted, ref } from 'vue'

const hasFiles = (event: DragEvent) => [...(event.dataTransfer?.types ?? [])].includes('Files')

/** Takes files dropped anywhere in the window; tells whether some hover over it. */
export function useDropZone(take: (files: Iterable<File>) => void) {
  const dragging = ref(false)

  function dragover(event: DragEvent) {
    if (!hasFiles(event)) return
    event.preventDefault()
    dragging.value = true
  }

  function dragleave(event: DragEvent) {
    if (event.relatedTarget === null) dragging.value = false
  }

  function drop(event: DragEvent) {
    dragging.value = false
    if (event.defaultPrevented || !hasFiles(event)) return
    event.preventDefault()
    take(event.dataTransfer?.files ?? [])
  }

  onMounted(() => {
    window.addEventListener('dragover', dragover)
    window.addEventListener('dragleave', dragleave)
    window.addEventListener('drop', drop)
  })
  onBeforeUnmount(() => {
    window.removeEventListener('dragover', dragover)
    window.removeEventListener('dragleave', dragleave)
    window.removeEventListener('drop', drop)
  })

  return dragging
}
