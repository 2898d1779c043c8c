import { ref } from 'vue'
import { Offline, get } from '../api/http'

/** Whether the server can be reached, as far as is known. */
export const online = ref(true)

const STEPS = [1_000, 2_000, 4_000, 8_000]
let probing = false
const returned = new Set<() => void>()

/** Call back whenever the line is there again; returns a function that ends it. */
export function onReturn(callback: () => void): () => void {
  returned.add(callback)
  return () => returned.delete(callback)
}

/** Something found no answer: say so and look for the server until it is back. */
export function lost(): void {
  if (online.value) online.value = false
  if (!probing) void probe()
}

/** The server has answered. */
export function back(): void {
  if (online.value) return
  online.value = true
  for (const callback of returned) callback()
}

async function probe(): Promise<void> {
  probing = true
  for (let tries = 0; !online.value; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, STEPS[Math.min(tries, STEPS.length - 1)]))
    if (online.value) break
    try {
      await get('/health')
      back()
    } catch (error) {
      if (!(error instanceof Offline)) back()
    }
  }
  probing = false
}
