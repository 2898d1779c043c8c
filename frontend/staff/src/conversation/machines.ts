import type { IconName } from '../ui'

/** What a machine sent or what was said aside, by the kind of message; what people say to each other has none. */
const KINDS = {
  aside: 'forward',
  auto_reply: 'zap',
  bounce: 'mail-x',
  calendar: 'calendar',
  feedback: 'flag',
  forward: 'forward',
  list: 'users',
  receipt: 'mail-open',
  unreadable: 'file',
} as const satisfies Record<string, IconName>

type Kind = keyof typeof KINDS

function isMachines(kind: string): kind is Kind {
  return Object.hasOwn(KINDS, kind)
}

/** The icon and the key of the words for a kind of message, null for a person's. */
export function machine(kind: string) {
  return isMachines(kind) ? { icon: KINDS[kind], words: `kind.${kind}` as const } : null
}
