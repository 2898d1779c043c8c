import { hasMessage, t } from '../i18n'
import type { Answer, FieldError } from './allauth'

/** A sentence for one error of the sign-in interface; unknown ones keep the server's words. */
export function errorText(error: FieldError): string {
  const key = `auth.error.${error.code}`
  return hasMessage(key) ? t(key) : error.message
}

/** What to say about an answer that is not the one hoped for. */
export function answerText(answer: Answer): string {
  const first = answer.errors[0]
  if (first) return errorText(first)
  if (answer.status === 429) return t('auth.error.too_many_login_attempts')
  if (answer.status === 403) return t('auth.error.forbidden')
  return t('auth.error.unexpected')
}

/** The errors of one field. */
export function fieldError(answer: Answer | null, param: string): string | undefined {
  const found = answer?.errors.find((error) => error.param === param)
  return found ? errorText(found) : undefined
}
