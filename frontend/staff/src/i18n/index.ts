import { computed, ref, shallowRef } from 'vue'

import { format, number as formatNumber, pseudo } from './messages'
import type { Language, Locale, MessageKey, Messages, Params } from './messages'

export { LANGUAGES } from './messages'
export type { Language, Locale, MessageKey, Params } from './messages'

const STORAGE_KEY = 'pult.language'

const loaders: Readonly<Record<Language, () => Promise<{ default: unknown }>>> = {
  sl: () => import('../../../locales/sl.json'),
  hr: () => import('../../../locales/hr.json'),
  el: () => import('../../../locales/el.json'),
  pl: () => import('../../../locales/pl.json'),
  en: () => import('../../../locales/en.json'),
}

const current = ref<Locale>('en')
const messages = shallowRef<Messages>({})

/** The language shown now; changes at run time and everything written with `t` follows. */
export const locale = computed(() => current.value)

/** The BCP 47 tag for Intl; English is written the European way (24 hours, day before month). */
export const intlTag = computed(() => (current.value.startsWith('en') ? 'en-GB' : current.value))

/** Whether Pult speaks a language. */
export function isLanguage(value: string): value is Language {
  return value in loaders
}

/** The language to begin with: the address's ?lang=, the last one used here, the browser's, English. */
export function firstLanguage(): Locale {
  const asked = new URLSearchParams(window.location.search).get('lang')
  if (asked === 'en-XA') return 'en-XA'
  let kept: string | null = null
  try {
    kept = window.localStorage.getItem(STORAGE_KEY)
  } catch {
    kept = null
  }
  const candidates = [asked, kept, ...navigator.languages.map((tag) => tag.slice(0, 2))]
  for (const candidate of candidates) {
    if (candidate && isLanguage(candidate)) return candidate
  }
  return 'en'
}

/** The texts of a language, whatever is shown now. */
export async function catalogue(language: Language): Promise<Messages> {
  return (await loaders[language]()).default as Messages
}

let latest = 0

/** Show another language: load its catalogue, then switch everything at once. A later call wins over a slower one. */
export async function setLanguage(next: Locale): Promise<void> {
  const ticket = ++latest
  const loaded = (await loaders[next === 'en-XA' ? 'en' : next]()).default as Messages
  if (ticket !== latest) return
  messages.value = next === 'en-XA' ? pseudo(loaded) : loaded
  current.value = next
  document.documentElement.lang = next === 'en-XA' ? 'en' : next
  try {
    window.localStorage.setItem(STORAGE_KEY, next)
  } catch {
    // Storage is switched off in this browser: the language then comes from the account alone.
  }
}

/** The text of a key in the language shown now. Reactive where it is called in a template or a computed. */
export function t(key: MessageKey, params?: Params): string {
  return format(messages.value, current.value, key, params)
}

/** Whether a key made at run time (a status, an error code) has a text; narrows it for `t`. */
export function hasMessage(key: string): key is MessageKey {
  return key in messages.value
}

/** A number in the writing of the language shown now. */
export function n(value: number): string {
  return formatNumber(value, current.value)
}

/** What templates need, for `const { t, locale } = useI18n()`. */
export function useI18n() {
  return { t, n, locale, intlTag, setLanguage }
}
