import { intlTag } from '../i18n'

/** The name of a language in the language shown now: "Slovenian", "slovenščina". */
export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(intlTag.value, { type: 'language' }).of(code) ?? code
  } catch {
    return code
  }
}
