import { catalogue, isLanguage } from './index'
import { format } from './messages'
import type { MessageKey, Params } from './messages'

/** Texts, sums and days in another language than that of the screen: what is written to a customer. */
export interface InLanguage {
  language: string
  t: (key: MessageKey, params?: Params) => string
  money: (amount: number, currency: string) => string
  day: (value: string, zone?: string) => string
}

/** Load what is needed to write in a language; English where Pult does not know it. */
export async function wordsIn(wanted: string): Promise<InLanguage> {
  const language = isLanguage(wanted) ? wanted : 'en'
  const tag = language === 'en' ? 'en-GB' : language
  const messages = await catalogue(language)
  return {
    language,
    t: (key, params) => format(messages, language, key, params),
    money: (amount, currency) => {
      const writer = new Intl.NumberFormat(tag, { style: 'currency', currency })
      return writer.format(amount / 10 ** (writer.resolvedOptions().maximumFractionDigits ?? 2))
    },
    day: (value, zone) =>
      new Intl.DateTimeFormat(tag, { day: 'numeric', month: 'long', year: 'numeric', timeZone: zone }).format(
        new Date(value),
      ),
  }
}
