import type { MessageKey } from '../i18n'
import type { OrderItem } from '../api/types'
import type { IconName } from '../ui'

export interface OrderStatus {
  text: MessageKey
  icon: IconName
  tone: 'plain' | 'ok' | 'warn' | 'bad' | 'info'
}

const FULFILMENT: Record<Exclude<OrderItem['fulfilment'], ''>, OrderStatus> = {
  none: { text: 'order.none', icon: 'package-open', tone: 'plain' },
  part: { text: 'order.part', icon: 'package', tone: 'info' },
  sent: { text: 'order.sent', icon: 'package', tone: 'info' },
  delivered: { text: 'order.delivered', icon: 'package-check', tone: 'ok' },
  returned: { text: 'order.returned', icon: 'corner-up-left', tone: 'warn' },
}

/** The one thing that says most of an order: what went wrong first, then where it is. */
export function statusOf(order: Pick<OrderItem, 'state' | 'payment' | 'fulfilment'>): OrderStatus {
  if (order.state === 'cancelled') return { text: 'order.cancelled', icon: 'circle-x', tone: 'plain' }
  if (order.payment === 'failed') return { text: 'order.payment_failed', icon: 'circle-alert', tone: 'bad' }
  if (order.fulfilment && order.fulfilment !== 'none') return FULFILMENT[order.fulfilment]
  if (order.payment === 'pending') return { text: 'order.payment_pending', icon: 'clock', tone: 'warn' }
  if (order.payment === 'refunded') return { text: 'order.payment_refunded', icon: 'corner-up-left', tone: 'plain' }
  if (order.state === 'completed') return FULFILMENT.delivered
  return FULFILMENT.none
}

/** Payments that need a word beside the status. */
export function paymentOf(order: Pick<OrderItem, 'payment'>): MessageKey | undefined {
  const said: Partial<Record<OrderItem['payment'], MessageKey>> = {
    part_refunded: 'order.payment_part_refunded',
    refunded: 'order.payment_refunded',
    pending: 'order.payment_pending',
    authorised: 'order.payment_authorised',
    failed: 'order.payment_failed',
    voided: 'order.payment_voided',
  }
  return said[order.payment]
}

/** An address that a shop gave, where it leads to a page: it may be anything, also a script. */
export const webAddress = (url: string): string | undefined => (/^https?:\/\//i.test(url) ? url : undefined)
