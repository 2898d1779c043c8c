import { describe, expect, it } from 'vitest'
import type { HistoryEntry, Message } from '../api/types'
import { snoozeChoices } from './snooze'
import { isRich, linkify, split, timeline } from './timeline'

const message = (id: number, created_at: string) => ({ id, created_at }) as Message
const change = (at: string) => ({ at, actor: null, kind: 'status', before: 'open', after: 'closed' }) as HistoryEntry

describe('the timeline', () => {
  it('puts what was done between the messages, together where nothing lies between', () => {
    const entries = timeline(
      [message(1, '2026-11-21T10:00:00Z'), message(2, '2026-11-21T12:00:00Z')],
      [change('2026-11-21T11:00:00Z'), change('2026-11-21T11:05:00Z'), change('2026-11-21T13:00:00Z')],
      false,
    )
    expect(entries.map((entry) => entry.kind)).toEqual(['day', 'message', 'history', 'message', 'history'])
  })

  it('leaves out what was done before the first message shown when older ones are not loaded', () => {
    const entries = timeline([message(2, '2026-11-21T12:00:00Z')], [change('2026-11-21T11:00:00Z')], true)
    expect(entries.map((entry) => entry.kind)).toEqual(['day', 'message'])
  })

  it('begins a day where the store is', () => {
    const both = [message(1, '2026-11-21T21:30:00Z'), message(2, '2026-11-21T22:30:00Z')]
    const days = (zone: string) => timeline(both, [], false, zone).filter((entry) => entry.kind === 'day').length
    expect([days('Europe/London'), days('Europe/Athens')]).toEqual([1, 2])
  })
})

describe('links in plain text', () => {
  const hrefs = (text: string) =>
    linkify(text)
      .filter((piece) => piece.href)
      .map((piece) => piece.href)

  it('end before the punctuation of the sentence', () => {
    expect(hrefs('See https://shop.si/a?b=1. Or (www.shop.hr/x), or write to ana@shop.si!')).toEqual([
      'https://shop.si/a?b=1',
      'https://www.shop.hr/x',
      'mailto:ana@shop.si',
    ])
  })

  it('keep brackets of their own', () => {
    expect(hrefs('https://el.wikipedia.org/wiki/Α_(γράμμα)')).toEqual(['https://el.wikipedia.org/wiki/Α_(γράμμα)'])
  })

  it('never carry a script', () => {
    expect(hrefs('javascript:alert(1) data:text/html,x')).toEqual([])
  })

  it('lose no character', () => {
    const text = 'a https://x.si, b\nc@d.pl\n'
    expect(
      linkify(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text)
  })
})

describe('what is new in a message', () => {
  it('is told from what is repeated', () => {
    expect(split('Hvala!\n\n> Pozdravljeni', 'Hvala!')).toEqual({ fresh: 'Hvala!', quoted: '> Pozdravljeni' })
  })

  it('is everything when nothing is repeated or nothing was found', () => {
    expect(split('Hvala! ', 'Hvala!').quoted).toBe('')
    expect(split('> only a quote', '').fresh).toBe('> only a quote')
  })

  it('keeps the whole text one click away when the answer stands between the quotes', () => {
    expect(split('> question\nanswer\n> more', 'answer')).toEqual({
      fresh: 'answer',
      quoted: '> question\nanswer\n> more',
    })
  })

  it('needs HTML only where it says more', () => {
    expect(isRich('<div><p>Hello</p><br></div>')).toBe(false)
    expect(isRich('<p>Hello <b>you</b></p>')).toBe(true)
    expect(isRich('')).toBe(false)
  })
})

describe('snoozing', () => {
  const keys = (date: Date) => snoozeChoices(date).map((choice) => choice.key)

  it('offers times that lie ahead, in their order', () => {
    expect(keys(new Date(2026, 10, 18, 9))).toEqual(['later', 'evening', 'tomorrow', 'monday', 'week', 'month'])
    expect(keys(new Date(2026, 10, 18, 20))).toEqual(['tomorrow', 'monday', 'week', 'month'])
  })

  it('does not say Monday when that is tomorrow or the same as in a week', () => {
    expect(keys(new Date(2026, 10, 22, 20))).toEqual(['tomorrow', 'week', 'month'])
    expect(keys(new Date(2026, 10, 23, 20))).toEqual(['tomorrow', 'monday', 'month'])
  })
})
