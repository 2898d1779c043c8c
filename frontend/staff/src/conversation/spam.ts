import type { Conversation, HistoryEntry, Message } from '../api/types'

type Reason = NonNullable<Message['spam']>

/** Why a conversation lies in Spam: a person said so (`name` is '' for a program), a filter took it for that, or
 * nobody can say any more. */
export type Why =
  | { kind: 'person'; name: string }
  | { kind: 'filter'; clues: string[] }
  | { kind: 'server'; name: string; score: number | null; limit: number | null }
  | { kind: 'unknown' }

/** How many letters of a word count for the filter: what is as long may have been longer. */
const STEM = 8
const SHOWN = 5

/** A sign of the filter as somebody reads it; '' for what has no word of its own. */
export function clue(sign: string): string {
  const at = sign.indexOf(' ')
  if (at < 0) return sign.length >= STEM ? `${sign}…` : sign
  const kind = sign.slice(0, at)
  const rest = sign.slice(at + 1)
  if (kind === 'subject') return clue(rest)
  if (kind === 'from' || (kind === 'link' && !rest.startsWith('*'))) return rest
  return ''
}

export function why(conversation: Pick<Conversation, 'history' | 'messages'>): Why {
  const said = [...conversation.history].reverse().find((entry: HistoryEntry) => entry.kind === 'spam')
  if (said?.after === 'staff') return { kind: 'person', name: said.actor?.name ?? '' }
  const reason: Reason | null | undefined = [...conversation.messages].reverse().find((one: Message) => one.spam)?.spam
  if (!reason) return { kind: 'unknown' }
  if (reason.by !== 'filter')
    return { kind: 'server', name: reason.by, score: reason.score ?? null, limit: reason.limit ?? null }
  const clues = [...new Set((reason.clues ?? []).map(clue).filter(Boolean))].slice(0, SHOWN)
  return { kind: 'filter', clues }
}
