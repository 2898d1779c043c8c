import type catalogue from '../../../locales/en.json'

/** A language Pult speaks, by its BCP 47 tag; en-XA is English stretched by 40 % to find what does not fit. */
export type Language = 'sl' | 'hr' | 'el' | 'pl' | 'en'
export type Locale = Language | 'en-XA'

/** A message: one text, or one text for each plural category of the language. */
export type Message = string | Partial<Record<Intl.LDMLPluralRule, string>>
export type Messages = Readonly<Record<string, Message>>
export type MessageKey = keyof typeof catalogue
export type Params = Readonly<Record<string, string | number>>

export const LANGUAGES: ReadonlyArray<{ id: Language; name: string }> = [
  { id: 'sl', name: 'Slovenščina' },
  { id: 'hr', name: 'Hrvatski' },
  { id: 'el', name: 'Ελληνικά' },
  { id: 'pl', name: 'Polski' },
  { id: 'en', name: 'English' },
]

const rules = new Map<string, Intl.PluralRules>()

function pluralRules(locale: Locale): Intl.PluralRules {
  const tag = locale === 'en-XA' ? 'en' : locale
  let found = rules.get(tag)
  if (!found) {
    found = new Intl.PluralRules(tag)
    rules.set(tag, found)
  }
  return found
}

/**
 * Fill a message: `{name}` takes params.name, numbers in the writing of the language; a plural message chooses by
 * params.n. A key that is not there is returned as it is, which the check of the catalogues keeps from happening.
 */
export function format(messages: Messages, locale: Locale, key: string, params: Params = {}): string {
  const message = messages[key]
  if (message === undefined) return key
  let text: string
  if (typeof message === 'string') {
    text = message
  } else {
    const n = Number(params.n ?? 0)
    text = message[pluralRules(locale).select(n)] ?? message.other ?? key
  }
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name]
    if (value === undefined) return whole
    return typeof value === 'number' ? number(value, locale) : value
  })
}

const numbers = new Map<string, Intl.NumberFormat>()

/** A number in the writing of the language. */
export function number(value: number, locale: Locale): string {
  let found = numbers.get(locale)
  if (!found) {
    found = new Intl.NumberFormat(locale === 'en-XA' ? 'en' : locale)
    numbers.set(locale, found)
  }
  return found.format(value)
}

const ACCENTS: Readonly<Record<string, string>> = {
  a: 'á',
  e: 'ë',
  i: 'ï',
  o: 'ö',
  u: 'ü',
  c: 'č',
  s: 'š',
  z: 'ž',
  l: 'ł',
  n: 'ñ',
  d: 'đ',
  y: 'ý',
  A: 'Å',
  E: 'Ë',
  I: 'Ï',
  O: 'Ö',
  U: 'Ü',
  C: 'Č',
  S: 'Š',
  Z: 'Ž',
  L: 'Ł',
  N: 'Ñ',
  D: 'Đ',
  Y: 'Ý',
}

/** Stretch a text by 40 % with accents, leaving {placeholders} alone. */
export function stretch(text: string): string {
  const accented = text.replace(/\{\w+\}|./gsu, (part) => ACCENTS[part] ?? part)
  const more = Math.ceil(text.replace(/\{\w+\}/g, '').length * 0.4)
  return `[${accented}${'~'.repeat(Math.max(0, more - 2))}]`
}

/** The pseudo-locale made of the English catalogue. */
export function pseudo(english: Messages): Messages {
  const out: Record<string, Message> = {}
  for (const [key, message] of Object.entries(english)) {
    if (typeof message === 'string') {
      out[key] = stretch(message)
      continue
    }
    const forms: Partial<Record<Intl.LDMLPluralRule, string>> = {}
    for (const [category, text] of Object.entries(message)) {
      forms[category as Intl.LDMLPluralRule] = stretch(text)
    }
    out[key] = forms
  }
  return out
}
