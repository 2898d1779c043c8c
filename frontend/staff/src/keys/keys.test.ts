import { afterEach, describe, expect, it } from 'vitest'
import { find, isMac, singleKeys, type Binding } from './keys'

const press = (key: string, on: Element = document.body, more: KeyboardEventInit = {}) => {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more })
  Object.defineProperty(event, 'target', { value: on })
  return event
}
const mod: KeyboardEventInit = isMac ? { metaKey: true } : { ctrlKey: true }
const run = () => {}
const list: Binding[] = [
  { keys: 'j', run },
  { keys: '?', run },
  { keys: 'Escape', run, whileTyping: true },
  { keys: 'mod+k', run, whileTyping: true },
]
const found = (event: KeyboardEvent) => find(event, list)?.keys

describe('single keys', () => {
  afterEach(() => {
    singleKeys.value = true
  })

  it('work on the page, whatever Caps Lock says', () => {
    expect(found(press('j'))).toBe('j')
    expect(found(press('J'))).toBe('j')
    expect(found(press('?', document.body, { shiftKey: true }))).toBe('?')
  })

  it('are off while typing', () => {
    for (const tag of ['input', 'textarea', 'select']) {
      expect(found(press('j', document.createElement(tag)))).toBeUndefined()
    }
    expect(found(press('Escape', document.createElement('input')))).toBe('Escape')
  })

  it('can be switched off, and keys with a modifier stay', () => {
    singleKeys.value = false
    expect(found(press('j'))).toBeUndefined()
    expect(found(press('Escape'))).toBe('Escape')
    expect(found(press('k', document.body, mod))).toBe('mod+k')
  })

  it('leave the browser its own shortcuts', () => {
    expect(found(press('j', document.body, mod))).toBeUndefined()
    expect(found(press('j', document.body, { altKey: true }))).toBeUndefined()
  })

  it('belong to a menu or dialog that is open', () => {
    const menu = document.createElement('div')
    menu.setAttribute('role', 'menu')
    const entry = menu.appendChild(document.createElement('button'))
    expect(found(press('j', entry))).toBeUndefined()
    expect(found(press('k', entry, mod))).toBe('mod+k')
  })
})

describe('who gets the key', () => {
  it('is the one bound last whose condition holds', () => {
    const first: Binding = { keys: 'e', run }
    const second: Binding = { keys: 'e', run, when: () => false }
    expect(find(press('e'), [first, second])).toBe(first)
  })
})
