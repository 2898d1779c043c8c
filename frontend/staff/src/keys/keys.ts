import { onScopeDispose, ref, type Ref } from 'vue'

/** A key and what it does. `keys` is such as "j", "?", "Escape", "mod+k" (Cmd on a Mac, Ctrl elsewhere). */
export interface Binding {
  keys: string | readonly string[]
  run: (event: KeyboardEvent) => void
  /** Off unless true. */
  when?: () => boolean
  /** Works while somebody types as well (only for keys with a modifier, and Escape). */
  whileTyping?: boolean
}

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform)

const bindings: Binding[] = []

/** Whether keys without a modifier do anything (WCAG 2.1.4: they can be switched off). */
export const singleKeys: Ref<boolean> = ref(true)

/** Bind keys for as long as the component or scope lives. The last bound wins. */
export function useKeys(list: readonly Binding[]): void {
  bindings.push(...list)
  onScopeDispose(() => {
    for (const binding of list) {
      const at = bindings.findIndex((other) => other === binding || other.run === binding.run)
      if (at >= 0) bindings.splice(at, 1)
    }
  })
}

/** Whether the event comes from a place where letters are text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable) return true
  if (target instanceof HTMLInputElement) {
    return !['button', 'checkbox', 'radio', 'submit', 'reset', 'range', 'color', 'file'].includes(target.type)
  }
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
}

/** Whether the event belongs to something that floats above the page and has keys of its own. */
export function isCaptured(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role="dialog"],[role="menu"],[role="alertdialog"]') !== null
}

/** The name of the pressed key as bindings write it. */
export function keyName(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const mod = isMac ? event.metaKey : event.ctrlKey
  const parts = []
  if (mod) parts.push('mod')
  if (event.altKey) parts.push('alt')
  // With a single character, Shift is already in the character ("?").
  if (event.shiftKey && (event.key.length > 1 || mod)) parts.push('shift')
  parts.push(key)
  return parts.join('+')
}

/** The binding that a key press calls, or undefined. */
export function find(event: KeyboardEvent, list: readonly Binding[] = bindings): Binding | undefined {
  if (event.defaultPrevented || event.isComposing) return undefined
  if (isMac ? event.ctrlKey : event.metaKey) return undefined
  const name = keyName(event)
  const modified = event.altKey || (isMac ? event.metaKey : event.ctrlKey)
  const typing = isTyping(event.target)
  const captured = isCaptured(event.target)
  for (let i = list.length - 1; i >= 0; i -= 1) {
    const binding = list[i]
    if (!binding) continue
    const names = typeof binding.keys === 'string' ? [binding.keys] : binding.keys
    if (!names.includes(name)) continue
    if (captured && !modified) continue
    if (typing && !binding.whileTyping) continue
    if (!modified && name.length === 1 && !singleKeys.value) continue
    if (binding.when && !binding.when()) continue
    return binding
  }
  return undefined
}

function onKeydown(event: KeyboardEvent): void {
  const binding = find(event)
  if (!binding) return
  event.preventDefault()
  binding.run(event)
}

/** Listen to the keyboard; called once. */
export function listen(): void {
  document.addEventListener('keydown', onKeydown)
}
