import { intlTag, t } from './index'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const formats = new Map<string, Intl.DateTimeFormat>()

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = intlTag.value + JSON.stringify(options)
  let found = formats.get(key)
  if (!found) {
    found = new Intl.DateTimeFormat(intlTag.value, options)
    formats.set(key, found)
  }
  return found
}

const lists = new Map<string, Intl.ListFormat>()
const clocks = new Map<string, Intl.DateTimeFormat>()
const relatives = new Map<string, Intl.RelativeTimeFormat>()

/** One writer for each language: making one costs more than using it a hundred times. */
function kept<T>(writers: Map<string, T>, make: (tag: string) => T): T {
  const found = writers.get(intlTag.value) ?? make(intlTag.value)
  writers.set(intlTag.value, found)
  return found
}

function asDate(value: string | number | Date): Date {
  return value instanceof Date ? value : new Date(value)
}

function sameDay(a: Date, b: Date): boolean {
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate()
}

/** 14:05, in `zone` (a name such as Europe/Athens) or on the reader's clock. */
export function time(value: string | number | Date, zone?: string): string {
  return dateFormat({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone }).format(asDate(value))
}

/** Saturday, 21 November 2026 at 14:05: for titles and tooltips. Where the clock of `zone` is not the reader's, both. */
export function fullTime(value: string | number | Date, zone?: string): string {
  const date = asDate(value)
  const there = dateFormat({ dateStyle: 'full', timeStyle: 'short', hourCycle: 'h23', timeZone: zone }).format(date)
  const other = otherZone(date, zone)
  return other ? t('time.both', { there, zone: other, here: time(date) }) : there
}

/** The name of `zone` in the language of the reader where its clock is not the reader's, else nothing. */
export function otherZone(value: string | number | Date, zone?: string): string {
  const date = asDate(value)
  if (!zone || wallClock(date, zone) === wallClock(date)) return ''
  const parts = dateFormat({ timeZone: zone, timeZoneName: 'longGeneric' }).formatToParts(date)
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone
}

/** What a clock and calendar in `zone` show, in a form to compare: 2026-11-21 14:05. */
function wallClock(date: Date, zone?: string): string {
  let found = clocks.get(zone ?? '')
  if (!found) {
    // Sweden writes a date as ISO 8601 does.
    found = new Intl.DateTimeFormat('sv', { dateStyle: 'short', timeStyle: 'short', timeZone: zone })
    clocks.set(zone ?? '', found)
  }
  return found.format(date)
}

/** The day that a calendar in `zone` shows, in a form to compare: 2026-11-21. */
export function dayIn(value: string | number | Date, zone?: string): string {
  return wallClock(asDate(value), zone).slice(0, 10)
}

/** 21 Nov 2026, as the calendar is in `zone` or on the reader's clock. */
export function day(value: string | number | Date, zone?: string): string {
  return dateFormat({ day: 'numeric', month: 'short', year: 'numeric', timeZone: zone }).format(asDate(value))
}

/** 21 Nov 2026, 14:05, in `zone` or on the reader's clock. */
export function dayAndTime(value: string | number | Date, zone?: string): string {
  const date: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric', timeZone: zone }
  return dateFormat({ ...date, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(asDate(value))
}

/** Thu, 24 Dec 2026, 10:00 – 11:30; of two dates without a time the days alone. `ends` may be empty. */
export function period(starts: string, ends: string): string {
  const days = starts.length === 10
  const date: Intl.DateTimeFormatOptions = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }
  const format = dateFormat(days ? date : { ...date, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  // A date alone would be taken for midnight in UTC: a day earlier west of it.
  const [from, to] = [starts, ends].map((one) => new Date(one.length === 10 ? `${one}T00:00` : one)) as [Date, Date]
  return to > from ? format.formatRange(from, to) : format.format(from)
}

/** As short as a list allows: the time within a day, the weekday within six days, else the date. */
export function shortTime(value: string | number | Date, now: Date = new Date()): string {
  const date = asDate(value)
  const age = now.getTime() - date.getTime()
  // Also past midnight: between yesterday's noon and this one every time of day has come only once.
  if (sameDay(date, now) || (age >= 0 && age < DAY)) return time(date)
  if (age >= 0 && age < 6 * DAY) return dateFormat({ weekday: 'short' }).format(date)
  if (date.getFullYear() === now.getFullYear()) return dateFormat({ day: 'numeric', month: 'short' }).format(date)
  return dateFormat({ day: 'numeric', month: 'numeric', year: '2-digit' }).format(date)
}

/** "5 minutes ago", "in 2 hours", "yesterday"; "just now" under a minute. */
export function ago(value: string | number | Date, now: Date = new Date()): string {
  const difference = asDate(value).getTime() - now.getTime()
  const size = Math.abs(difference)
  if (size < MINUTE) return t('time.now')
  const relative = kept(relatives, (tag) => new Intl.RelativeTimeFormat(tag, { numeric: 'auto' }))
  if (size < HOUR) return relative.format(Math.round(difference / MINUTE), 'minute')
  if (size < DAY) return relative.format(Math.round(difference / HOUR), 'hour')
  if (size < 30 * DAY) return relative.format(Math.round(difference / DAY), 'day')
  if (size < 365 * DAY) return relative.format(Math.round(difference / (30 * DAY)), 'month')
  return relative.format(Math.round(difference / (365 * DAY)), 'year')
}

const currencies = new Map<string, Intl.NumberFormat>()

/** 1.234,50 € of 123450 and EUR: an amount in minor units, as people write it. */
export function money(amount: number, currency: string): string {
  const key = intlTag.value + currency
  let found = currencies.get(key)
  if (!found) {
    found = new Intl.NumberFormat(intlTag.value, { style: 'currency', currency })
    currencies.set(key, found)
  }
  return found.format(amount / 10 ** (found.resolvedOptions().maximumFractionDigits ?? 2))
}

/** 1.4 MB, in the writing of the language. */
export function fileSize(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
  let value = bytes
  let step = 0
  while (value >= 1000 && step < units.length - 1) {
    value /= 1000
    step += 1
  }
  return new Intl.NumberFormat(intlTag.value, {
    style: 'unit',
    unit: units[step],
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value)
}

/** "Ana, Marko and Eleni" */
export function list(items: readonly string[]): string {
  const only = items.length === 1 ? items[0] : undefined
  return only ?? kept(lists, (tag) => new Intl.ListFormat(tag, { type: 'conjunction' })).format(items)
}
