import type { MessageKey } from '../i18n'
import type { Language } from '../i18n'

/** What stands above and below a store's mails in one language. */
export interface Letterhead {
  language: Language
  header: string
  footer: string
  version: number
}

/** The picture above a store's mails, and the pixels in which it is shown. */
export interface Logo {
  media_type: string
  size: number
  width: number
  height: number
}

/** What may stand in double braces, as people call it. */
export const VARIABLES: readonly { name: string; label: MessageKey }[] = [
  { name: 'agent.name', label: 'settings.variable_agent' },
  { name: 'store.name', label: 'settings.variable_store' },
  { name: 'customer.name', label: 'settings.variable_customer' },
  { name: 'customer.greeting', label: 'settings.variable_greeting' },
  { name: 'conversation.number', label: 'settings.variable_number' },
]

/** A mail's page without its styles, which the policy of this page refuses. The server has written every attribute. */
export function unstyled(html: string): string {
  return html
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(/ style="[^"]*"/g, '')
}
