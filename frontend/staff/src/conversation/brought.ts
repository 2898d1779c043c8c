import type { Mailbox, Message } from '../api/types'

/**
 * Whom customers have brought into the conversation, by the id of the message that did: people in its To or Cc who had
 * no part in any message before it. The first message brings nobody; what is said aside counts for nobody.
 */
export function brought(messages: readonly Message[]): Map<number, Mailbox[]> {
  const known = new Set<string>()
  const found = new Map<number, Mailbox[]>()
  for (const message of messages) {
    if (message.direction === 'note') continue
    const people = [...message.to, ...message.cc]
    const fresh = people.filter((one) => !known.has(one.address.toLowerCase()))
    if (message.direction === 'in' && message.kind === 'person' && known.size && fresh.length)
      found.set(message.id, fresh)
    for (const one of [...people, ...message.bcc]) known.add(one.address.toLowerCase())
    if (message.author.address) known.add(message.author.address.toLowerCase())
  }
  return found
}
