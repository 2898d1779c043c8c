import type { Identity, Mailbox } from '../api/types'

/** The sentences there are for why a mail came back; several of a server's reasons are one to a reader. */
const SENTENCES = {
  unknown_user: 'unknown_user',
  unknown_host: 'unknown_host',
  moved: 'moved',
  no_mail: 'no_mail',
  mailbox_full: 'mailbox_full',
  disabled: 'disabled',
  too_large: 'too_large',
  spam: 'spam',
  virus: 'virus',
  blocked: 'blocked',
  reverse_dns: 'blocked',
  rate: 'blocked',
  authentication: 'blocked',
  policy: 'policy',
  relay: 'policy',
  rejected: 'policy',
  expired: 'late',
  network: 'late',
  loop: 'late',
  system: 'late',
} as const

/** The key of the sentence for a reason in one word. */
export function refusal(reason: string) {
  return `refusal.${reason in SENTENCES ? SENTENCES[reason as keyof typeof SENTENCES] : 'other'}` as const
}

/** Those of the customer's addresses among the recipients at which mail comes back or is not wanted. */
export function deadAmong(people: readonly Mailbox[], identities: readonly Identity[]): Identity[] {
  const written = new Set(people.map((one) => one.address.toLowerCase()))
  return identities.filter(
    (one) => one.kind === 'email' && one.undeliverable_kind !== '' && written.has(one.value.toLowerCase()),
  )
}
