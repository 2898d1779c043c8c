import { t } from '../i18n'

const VISITOR = /^visitor-([0-9a-f]{4})[0-9a-f]*$/

/** The name of somebody as it is shown: one who only chats has a number until it is known who he is. */
export function called(name: string): string {
  const number = VISITOR.exec(name)?.[1]
  return number ? t('visitor.name', { number: number.toUpperCase() }) : name
}
