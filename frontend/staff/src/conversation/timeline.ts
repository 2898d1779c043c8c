import type { HistoryEntry, Message } from '../api/types'
import { dayIn } from '../i18n/format'

export type TimelineEntry =
  | { kind: 'message'; key: string; at: string; message: Message }
  | { kind: 'history'; key: string; at: string; entries: HistoryEntry[] }
  | { kind: 'day'; key: string; at: string }

/** Messages and what was done between them, oldest first, with a line where in `zone` a new day begins. */
export function timeline(
  messages: readonly Message[],
  history: readonly HistoryEntry[],
  hasOlder: boolean,
  zone?: string,
): TimelineEntry[] {
  const first = messages[0]?.created_at ?? ''
  const changes = history.filter((entry) => !hasOlder || entry.at >= first)
  const both = [
    ...messages.map((message) => ({ at: message.created_at, message, entry: null })),
    ...changes.map((entry) => ({ at: entry.at, message: null, entry })),
  ]
  // A stable sort: at one instant messages stand before what was done about them.
  both.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  const out: TimelineEntry[] = []
  let day = ''
  for (const { at, message, entry } of both) {
    if (dayIn(at, zone) !== day) {
      day = dayIn(at, zone)
      out.push({ kind: 'day', key: `d${day}`, at })
    }
    const last = out.at(-1)
    if (message) out.push({ kind: 'message', key: `m${message.id}`, at, message })
    else if (entry && last?.kind === 'history') last.entries.push(entry)
    else if (entry) out.push({ kind: 'history', key: `h${entry.id ?? at}`, at, entries: [entry] })
  }
  return out
}

export interface Piece {
  text: string
  href?: string
}

const LINK = /\bhttps?:\/\/[^\s<>"'`]+|\bwww\.[^\s<>"'`]+\.[^\s<>"'`]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu

/** Plain text in pieces, with what is an address of the web or of mail as a link. Nothing becomes HTML. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const match of text.matchAll(LINK)) {
    // Punctuation after an address belongs to the sentence; a closing bracket too, unless it was opened inside.
    let found = match[0].replace(/[.,;:!?'"»”’]+$/u, '')
    if (found.endsWith(')') && !found.includes('(')) found = found.slice(0, -1).replace(/[.,;:!?]+$/u, '')
    const href =
      found.includes('@') && !/^https?:/i.test(found) && !/^www\./i.test(found)
        ? `mailto:${found}`
        : /^https?:/i.test(found)
          ? found
          : `https://${found}`
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) })
    pieces.push({ text: found, href })
    from = match.index + found.length
  }
  if (from < text.length) pieces.push({ text: text.slice(from) })
  return pieces
}

const RICH = /<(?:table|img|ul|ol|li|h[1-6]|b|strong|i|em|u|s|code|pre|a|hr|font)\b/i

/** Whether the HTML of a message says more than its text. */
export function isRich(html: string | boolean): boolean {
  return typeof html === 'string' ? RICH.test(html) : html
}

/** What was newly written and what is repeated from before; `quoted` is empty where nothing is. */
export function split(text: string, reply: string): { fresh: string; quoted: string } {
  const whole = text.trim()
  const fresh = reply.trim()
  if (!fresh || fresh === whole) return { fresh: whole, quoted: '' }
  return { fresh, quoted: whole.startsWith(fresh) ? whole.slice(fresh.length).trim() : whole }
}
