import { describe, expect, it } from 'vitest'
import { toMinor, toText } from './amount'
import { cardHtml } from './cards'
import { newCode } from './words'

describe('an amount that is typed', () => {
  it('is taken in either writing, exactly', () => {
    expect(toMinor('24,95', 'EUR')).toBe(2495)
    expect(toMinor('24.9', 'EUR')).toBe(2490)
    expect(toMinor('1 200', 'EUR')).toBe(120_000)
    expect(toMinor('0.07', 'EUR')).toBe(7)
    expect(toMinor('500', 'JPY')).toBe(500)
    expect(toMinor('1.234', 'KWD')).toBe(1234)
  })
  it('is refused where it is finer than the currency or no amount', () => {
    for (const odd of ['24,955', '', '-3', '1e3', '1.2.3', 'x']) expect(toMinor(odd, 'EUR')).toBeUndefined()
    expect(toMinor('5,5', 'JPY')).toBeUndefined()
  })
  it('stands in the field as the language writes it', () => {
    expect(toText(2490, 'EUR', 'sl')).toBe('24,90')
    expect(toText(120_000, 'EUR', 'en-GB')).toBe('1200.00')
    expect(toText(500, 'JPY', 'pl')).toBe('500')
  })
})

describe('a card for a mail', () => {
  it('has a table, which every mail program knows, and no markup of the shop', () => {
    const html = cardHtml({
      title: '<b>Lamp</b> & more',
      url: 'https://shop.example/lamp?a=1&b=2',
      picture: 'javascript:alert(1)',
      lines: ['24,95 €'],
    })
    expect(html).toContain('<table')
    expect(html).toContain('&lt;b&gt;Lamp&lt;/b&gt; &amp; more')
    expect(html).toContain('href="https://shop.example/lamp?a=1&amp;b=2"')
    expect(html).not.toContain('javascript')
    expect(html).not.toContain('<img')
  })
})

it('makes codes that can be read out on the phone', () => {
  for (let turn = 0; turn < 50; turn += 1) expect(newCode()).toMatch(/^SORRY-[A-HJ-NP-Z2-9]{6}$/)
})
