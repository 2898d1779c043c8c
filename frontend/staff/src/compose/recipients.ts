import type { Conversation, Mailbox } from '../api/types'

/** Who gets the answer. A note has nobody; writing one leaves these as they are. */
export interface Recipients {
  to: Mailbox[]
  cc: Mailbox[]
  bcc: Mailbox[]
}

export type Group = keyof Recipients

/** The form the server takes (an addr-spec without quotes). */
const ADDRESS = /^[^\s@<>,;"]+@[^\s@<>,;"]+\.[^\s@<>,;"]+$/

export function isAddress(text: string): boolean {
  return ADDRESS.test(text)
}

const same = (a: Mailbox, b: Mailbox) => a.address.toLowerCase() === b.address.toLowerCase()

/**
 * Read what was typed or pasted: "Ana Novak <ana@x.si>, marko@y.hr; z@z.gr". What is not an address comes back
 * as it is, so that it can be mended.
 */
export function parseMailboxes(text: string): Mailbox[] {
  const found: Mailbox[] = []
  for (const part of text.split(/[,;\n]+(?=(?:[^"]*"[^"]*")*[^"]*$)/)) {
    const piece = part.trim()
    if (!piece) continue
    const named = /^"?([^"<]*?)"?\s*<([^>]+)>$/.exec(piece)
    if (named) {
      found.push({ name: (named[1] ?? '').trim(), address: (named[2] ?? '').trim() })
    } else if (/\s/.test(piece) && piece.split(/\s+/).every(isAddress)) {
      found.push(...piece.split(/\s+/).map((address) => ({ name: '', address })))
    } else {
      found.push({ name: '', address: piece.replace(/^mailto:/i, '') })
    }
  }
  return found
}

/** Add somebody to a group; the same address is never in the message twice, and moves to where it was put last. */
export function add(recipients: Recipients, group: Group, added: readonly Mailbox[]): Recipients {
  const without = (list: Mailbox[]) => list.filter((one) => !added.some((other) => same(one, other)))
  const next: Recipients = { to: without(recipients.to), cc: without(recipients.cc), bcc: without(recipients.bcc) }
  const once = added.filter((one, index) => added.findIndex((other) => same(one, other)) === index)
  // Somebody who is there already keeps the place in the row and the fuller name.
  const kept = recipients[group].filter((one) => once.some((other) => same(one, other)))
  const order = [...recipients[group].filter((one) => next[group].includes(one) || kept.includes(one))]
  for (const one of once) {
    const at = order.findIndex((other) => same(one, other))
    if (at < 0) order.push(one)
    else if (one.name && !order[at]?.name) order[at] = one
  }
  next[group] = order
  return next
}

export function remove(recipients: Recipients, group: Group, gone: Mailbox): Recipients {
  return { ...recipients, [group]: recipients[group].filter((one) => !same(one, gone)) }
}

/** What the server proposes: the latest message's Reply-To or From, with its Cc. */
export function proposed(conversation: Pick<Conversation, 'reply_to'>): Recipients {
  return { to: [...conversation.reply_to.to], cc: [...conversation.reply_to.cc], bcc: [] }
}

export function equal(a: Recipients, b: Recipients): boolean {
  const key = (list: Mailbox[]) => list.map((one) => one.address.toLowerCase()).join(' ')
  return key(a.to) === key(b.to) && key(a.cc) === key(b.cc) && key(a.bcc) === key(b.bcc)
}

/** Everybody, in order. */
export function everybody(recipients: Recipients): Mailbox[] {
  return [...recipients.to, ...recipients.cc, ...recipients.bcc]
}

/** Those that cannot be written to as they stand. */
export function broken(recipients: Recipients): Mailbox[] {
  return everybody(recipients).filter((one) => !isAddress(one.address))
}

/** The recipients as the server takes them in a draft, where half-typed ones are left out. */
export function complete(recipients: Recipients): Recipients {
  const whole = (list: Mailbox[]) => list.filter((one) => isAddress(one.address))
  return { to: whole(recipients.to), cc: whole(recipients.cc), bcc: whole(recipients.bcc) }
}

export function display(mailbox: Mailbox): string {
  return mailbox.name || mailbox.address
}
