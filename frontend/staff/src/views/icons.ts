import type { BuiltinView } from '../inbox/filters'
import type { IconName } from '../ui'

/** The sign of each view that everybody has. */
export const VIEW_ICON: Readonly<Record<BuiltinView, IconName>> = {
  mine: 'circle-user',
  unassigned: 'user-plus',
  open: 'inbox',
  waiting: 'hourglass',
  snoozed: 'alarm-clock',
  closed: 'archive',
  all: 'layers',
  spam: 'ban',
}
