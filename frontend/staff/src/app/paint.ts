import { onScopeDispose, ref, watch, type Ref } from 'vue'

/** Call back once the browser has painted what stands now; returns a function that calls it off. */
export function afterPaint(callback: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  // A tab that is not seen paints nothing: the timer alone has to do.
  const late = setTimeout(run, 200)
  const frame = requestAnimationFrame(() => {
    timer = setTimeout(run, 0)
  })
  function run(): void {
    clearTimeout(late)
    clearTimeout(timer)
    cancelAnimationFrame(frame)
    callback()
  }
  return () => {
    clearTimeout(late)
    clearTimeout(timer)
    cancelAnimationFrame(frame)
  }
}

/** Follows a value, one painted frame later: for what need not stand at once. */
export function useAfterPaint<T>(source: () => T): Ref<T> {
  const late = ref(source()) as Ref<T>
  let off = () => {}
  watch(source, (value) => {
    off()
    off = afterPaint(() => (late.value = value))
  })
  onScopeDispose(() => off())
  return late
}
