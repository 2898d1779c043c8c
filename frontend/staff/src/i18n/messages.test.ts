import { describe, expect, it } from 'vitest'

import { format, pseudo, stretch } from './messages'

const sl = {
  'a.conversations': { one: '{n} pogovor', two: '{n} pogovora', few: '{n} pogovori', other: '{n} pogovorov' },
  'a.hello': 'Pozdravljeni, {name}',
}
const pl = { 'a.files': { one: '{n} plik', few: '{n} pliki', many: '{n} plików', other: '{n} pliku' } }

describe('format', () => {
  it.each([
    [1, '1 pogovor'],
    [2, '2 pogovora'],
    [3, '3 pogovori'],
    [4, '4 pogovori'],
    [5, '5 pogovorov'],
    [101, '101 pogovor'],
    [102, '102 pogovora'],
  ])('chooses among the four Slovenian forms for %i', (n, text) => {
    expect(format(sl, 'sl', 'a.conversations', { n })).toBe(text)
  })

  it.each([
    [1, '1 plik'],
    [2, '2 pliki'],
    [5, '5 plików'],
    [12, '12 plików'],
    [22, '22 pliki'],
    [1.5, '1,5 pliku'],
  ])('chooses among the four Polish forms for %d', (n, text) => {
    expect(format(pl, 'pl', 'a.files', { n })).toBe(text)
  })

  it('fills names as they are and leaves what it was not given', () => {
    expect(format(sl, 'sl', 'a.hello', { name: 'Ana <b>' })).toBe('Pozdravljeni, Ana <b>')
    expect(format(sl, 'sl', 'a.hello')).toBe('Pozdravljeni, {name}')
  })

  it('writes numbers the way of the language', () => {
    expect(format({ x: '{n}' }, 'sl', 'x', { n: 12345 })).toBe('12.345')
  })
})

describe('pseudo', () => {
  it('is at least 40 % longer and keeps the placeholders', () => {
    const text = 'Send and close the conversation of {name}'
    expect(stretch(text).length).toBeGreaterThanOrEqual(Math.floor((text.length - '{name}'.length) * 1.4))
    expect(stretch(text)).toContain('{name}')
  })

  it('keeps the plural categories', () => {
    const made = pseudo({ x: { one: '{n} file', other: '{n} files' } })
    expect(format(made, 'en-XA', 'x', { n: 1 })).toContain('1 ')
    expect(Object.keys(made.x as object)).toEqual(['one', 'other'])
  })
})
