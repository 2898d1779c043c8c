import type { Conversation, Message } from '../api/types'

type Said = Pick<Conversation, 'messages'>

/** Whether a message is not from whom it names. */
export const isForged = (message: Pick<Message, 'warnings'>): boolean => message.warnings.includes('forged_sender')

/** Whether whoever runs the sender's domain vouches for a message. */
export const isProven = (message: Pick<Message, 'auth'>): boolean => message.auth?.verdict === 'pass'

/** The customer's latest message among those that are here. */
export function newestIn({ messages }: Said): Message | undefined {
  return [...messages].reverse().find((message) => message.direction === 'in' && message.kind !== 'aside')
}

/** Addresses of which the latest message is proven to be theirs: an answer reaches who wrote it. */
export function provenAddresses(conversation: Said): string[] {
  const newest = newestIn(conversation)
  return newest && isProven(newest) ? [newest.author.address.toLowerCase()] : []
}

/** What the checks of a message's sender found, one after the other: "SPF pass". */
export function findings(message: Pick<Message, 'auth'>): string[] {
  const auth = message.auth
  if (!auth) return []
  return (['spf', 'dkim', 'dmarc', 'arc'] as const)
    .filter((one) => auth[one])
    .map((one) => `${one.toUpperCase()} ${auth[one]}`)
}
