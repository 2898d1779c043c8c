/** A hue from 0 to 359 that stays the same for the same name. */
export function hueOf(name: string): number {
  let hash = 2166136261
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 16777619)
  }
  return Math.abs(hash) % 360
}

/** Up to two letters for a face: "Ana Novak" gives AN, "info@shop.si" gives I. */
export function initials(name: string): string {
  const words = name
    .replace(/@.*/, '')
    .split(/[\s._-]+/)
    .filter((word) => /\p{L}|\p{N}/u.test(word))
  const first = words[0] ?? '?'
  const second = words.length > 1 ? (words[words.length - 1] ?? '') : ''
  const letter = (word: string) => [...word].find((sign) => /\p{L}|\p{N}/u.test(sign)) ?? ''
  return (letter(first) + letter(second)).toUpperCase() || '?'
}
