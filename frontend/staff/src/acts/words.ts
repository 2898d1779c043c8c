import type { Act } from '../api/types'
import type { MessageKey } from '../i18n'
import type { IconName } from '../ui'
import type { Verb } from './api'

export const VERB_ICON: Record<Verb, IconName> = {
  refund: 'corner-up-left',
  cancel: 'circle-x',
  change_address: 'pencil',
  resend: 'rotate-ccw',
  discount: 'tag',
  note: 'sticky-note',
  draft_order: 'package-open',
  register: 'user-plus',
}

export const REASONS = ['customer', 'damaged', 'lost', 'late', 'wrong', 'quality', 'stock', 'fraud', 'other'] as const

interface Standing {
  text: MessageKey
  icon: IconName
  tone: 'plain' | 'ok' | 'warn' | 'bad' | 'info'
}

const STANDING: Record<Act['state'], Standing> = {
  planned: { text: 'act.state.planned', icon: 'clock', tone: 'plain' },
  waiting: { text: 'act.state.waiting', icon: 'hourglass', tone: 'warn' },
  approved: { text: 'act.state.doing', icon: 'clock', tone: 'info' },
  doing: { text: 'act.state.doing', icon: 'clock', tone: 'info' },
  done: { text: 'act.state.done', icon: 'check', tone: 'ok' },
  refused: { text: 'act.state.refused', icon: 'circle-x', tone: 'bad' },
  failed: { text: 'act.state.failed', icon: 'triangle-alert', tone: 'bad' },
  declined: { text: 'act.state.declined', icon: 'ban', tone: 'bad' },
  withdrawn: { text: 'act.state.withdrawn', icon: 'undo-2', tone: 'plain' },
  undoing: { text: 'act.state.undoing', icon: 'clock', tone: 'info' },
  undone: { text: 'act.state.undone', icon: 'undo-2', tone: 'plain' },
}

/** How an act stands, in a word with its icon. */
export function standing(act: Pick<Act, 'state' | 'payment'>): Standing {
  if (act.state === 'done' && act.payment === 'paid') return { text: 'act.state.paid', icon: 'check-check', tone: 'ok' }
  if (act.state === 'done' && act.payment === 'failed')
    return { text: 'act.state.unpaid', icon: 'triangle-alert', tone: 'bad' }
  return STANDING[act.state]
}

/** Acts that are on their way: nobody need ask again. */
export const underWay = (act: Pick<Act, 'state'>) => ['approved', 'doing', 'undoing'].includes(act.state)

/** Without letters and digits that sound or look alike. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** A code for a discount that nobody guesses. */
export function newCode(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6))
  return `SORRY-${[...bytes].map((byte) => LETTERS[byte % LETTERS.length]).join('')}`
}

/** The money that an act is about: of a basket its sum. */
export const sumOf = (act: Pick<Act, 'amount' | 'plan' | 'verb'>): number =>
  act.verb === 'draft_order' ? (act.plan.total ?? 0) : act.amount
