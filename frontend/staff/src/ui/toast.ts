import { shallowRef } from 'vue'

export interface ToastOptions {
  text: string
  tone?: 'plain' | 'ok' | 'bad'
  /** One thing to do about it, usually "Undo". */
  action?: { label: string; run: () => void; keys?: string }
  /** How long it stays, in milliseconds; reading or pointing at it stops the clock. */
  duration?: number
}

export interface ToastEntry extends ToastOptions {
  id: number
}

export const toasts = shallowRef<readonly ToastEntry[]>([])
let last = 0

/** Say something in passing; returns a function that takes it away again. At most three stand at a time. */
export function toast(options: ToastOptions): () => void {
  last += 1
  const id = last
  toasts.value = [...toasts.value.slice(-2), { ...options, id }]
  return () => dismiss(id)
}

/** What the newest one that offers something to do would do. */
export const offered = (): (() => void) | undefined => [...toasts.value].reverse().find((entry) => entry.action)?.action?.run

/** Whoever comes next is not told what the one before did. */
export function dismissAll(): void {
  toasts.value = []
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((entry) => entry.id !== id)
}
