const APPLE = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform)

const SIGNS: Readonly<Record<string, string>> = {
  mod: APPLE ? '⌘' : 'Ctrl',
  shift: APPLE ? '⇧' : 'Shift',
  alt: APPLE ? '⌥' : 'Alt',
  enter: '↵',
  escape: 'Esc',
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  space: '␣',
  backspace: '⌫',
}

/** Split "mod+enter" or "g i" into what is printed on the keys. */
export function keyParts(keys: string): string[] {
  return keys
    .split(/[+ ]/)
    .filter(Boolean)
    .map((part) => SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part))
}
