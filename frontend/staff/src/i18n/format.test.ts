import { describe, expect, it } from 'vitest'

import { dayIn, fullTime, otherZone, period, shortTime, time } from './format'

const now = new Date(2026, 10, 22, 4, 16)
const at = (month: number, day: number, hour: number, minute = 0, year = 2026) =>
  shortTime(new Date(year, month - 1, day, hour, minute), now)

describe('the time in a list', () => {
  it('is the time of day for a day, also past midnight', () => {
    expect(at(11, 22, 3, 5)).toBe('03:05')
    expect(at(11, 21, 20, 51)).toBe('20:51')
    expect(at(11, 22, 18)).toBe('18:00')
  })

  it('is the weekday before that, and then the date', () => {
    expect(at(11, 21, 4, 15)).toBe('Sat')
    expect(at(11, 17, 9)).toBe('Tue')
    expect(at(11, 14, 9)).toBe('14 Nov')
    expect(at(12, 30, 9, 0, 2025)).toBe('30/12/25')
  })
})

describe('a period', () => {
  it('is on the clock of the reader, of whole days the days alone', () => {
    expect(period('2026-12-24T10:00:00', '2026-12-24T11:30:00')).toMatch(/^Thu,? 24 Dec 2026, 10:00\s*–\s*11:30$/)
    expect(period('2026-12-24T10:00:00', '')).toMatch(/^Thu,? 24 Dec 2026, 10:00$/)
    expect(period('2026-12-24', '2026-12-24')).toMatch(/^Thu,? 24 Dec 2026$/)
    expect(period('2026-12-24', '2026-12-26')).toMatch(/24.*26 Dec 2026$/)
    expect(period('2026-12-24T10:00:00+00:00', '')).toBe(period(new Date('2026-12-24T10:00:00Z').toISOString(), ''))
  })
})

describe('a time elsewhere', () => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone === 'Pacific/Kiritimati' ? 'UTC' : 'Pacific/Kiritimati'

  it('is on the clock of that place, and says so where it is not the clock of the reader', () => {
    expect(time('2026-11-21T10:05:00Z', 'Europe/Athens')).toBe('12:05')
    expect(dayIn('2026-11-21T22:30:00Z', 'Europe/Athens')).toBe('2026-11-22')
    expect(otherZone('2026-11-21T10:05:00Z', zone)).toMatch(/\p{L}{3}/u)
  })

  it('is said once where both clocks are the same', () => {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone
    expect(otherZone('2026-11-21T10:05:00Z', own)).toBe('')
    expect(fullTime('2026-11-21T10:05:00Z', own)).toBe(fullTime('2026-11-21T10:05:00Z'))
  })
})
