import type { SettableStatus, Status } from '../api/types'
import { hasMessage, t } from '../i18n'
import type { IconName } from '../ui'

export const STATUSES: readonly SettableStatus[] = [
  'open',
  'waiting_customer',
  'waiting_colleague',
  'snoozed',
  'closed',
]

export const STATUS_ICON: Record<Status, IconName> = {
  open: 'circle-dot',
  waiting_customer: 'hourglass',
  waiting_colleague: 'users',
  snoozed: 'alarm-clock',
  closed: 'circle-check',
  spam: 'ban',
}

export const STATUS_TONE: Record<Status, 'plain' | 'accent' | 'ok' | 'warn' | 'info'> = {
  open: 'accent',
  waiting_customer: 'info',
  waiting_colleague: 'info',
  snoozed: 'warn',
  closed: 'ok',
  spam: 'plain',
}

export const PRIORITIES = [2, 1, 0, -1] as const
export type PriorityName = 'urgent' | 'high' | 'normal' | 'low'

/** The word for a priority from -1 to 2. */
export function priorityName(value: number): PriorityName {
  return ({ '-1': 'low', '0': 'normal', '1': 'high', '2': 'urgent' } as const)[String(value) as '-1'] ?? 'normal'
}

/** The word for a channel; one that brings no word of its own is called by its name. */
export function channelName(channel: string): string {
  const key = `channel.${channel}`
  return hasMessage(key) ? t(key) : channel
}
