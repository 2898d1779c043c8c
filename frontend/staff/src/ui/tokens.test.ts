import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

type Colour = [number, number, number]

/** The WCAG luminance of an oklch colour (CSS Color 4, section 9; WCAG 2.2, relative luminance). */
function luminance([l, c, h]: Colour): number {
  const a = c * Math.cos((h * Math.PI) / 180)
  const b = c * Math.sin((h * Math.PI) / 180)
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const medium = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3
  const clamp = (value: number) => Math.min(1, Math.max(0, value))
  const red = clamp(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short)
  const green = clamp(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short)
  const blue = clamp(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: Colour, other: Colour): number {
  const [high, low] = [luminance(one), luminance(other)].sort((x, y) => y - x) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

const css = readFileSync(`${__dirname}/../../../tokens/tokens.css`, 'utf8')
const pattern = /--([\w-]+): light-dark\(oklch\(([\d.]+) ([\d.]+) ?([\d.]*)\), oklch\(([\d.]+) ([\d.]+) ?([\d.]*)\)\);/g
const colours: Record<string, { light: Colour; dark: Colour }> = {}
for (const [, name, ...parts] of css.matchAll(pattern)) {
  const [l1, c1, h1, l2, c2, h2] = parts.map(Number) as [number, number, number, number, number, number]
  colours[name as string] = { light: [l1, c1, h1], dark: [l2, c2, h2] }
}

const grounds = ['sunken', 'canvas', 'surface', 'raised', 'hover', 'selected']
const text: Array<[string, string]> = [
  ...['ink', 'ink-2', 'ink-3', 'accent-ink'].flatMap((ink) => grounds.map((ground): [string, string] => [ink, ground])),
  ...['ok', 'warn', 'bad', 'info', 'accent'].map((tone): [string, string] => [`${tone}-ink`, `${tone}-soft`]),
  ...['ok-ink', 'warn-ink', 'bad-ink', 'info-ink'].map((ink): [string, string] => [ink, 'surface']),
  ['note-ink', 'note'],
  ['ink', 'note'],
  ['ink-2', 'note'],
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
  ['on-bad', 'bad'],
  ['on-bad', 'bad-hover'],
  ['note', 'note-ink'],
]
const shapes: Array<[string, string]> = [
  ['focus', 'surface'],
  ['focus', 'canvas'],
  ['control-line', 'raised'],
  ['accent', 'surface'],
]

describe.each(['light', 'dark'] as const)('colours in %s', (scheme) => {
  it.each(text)('%s is readable on %s (4.5 to 1)', (ink, ground) => {
    expect(contrast(colours[ink]![scheme], colours[ground]![scheme])).toBeGreaterThanOrEqual(4.5)
  })

  it.each(shapes)('%s is seen on %s (3 to 1)', (shape, ground) => {
    expect(contrast(colours[shape]![scheme], colours[ground]![scheme])).toBeGreaterThanOrEqual(3)
  })
})
