import type { Goods, OrderItem } from '../api/types'
import { wordsIn, type InLanguage } from '../i18n/other'
import { statusOf, paymentOf } from '../panel/orders'
import type { Card } from './cards'

export type Variant = Goods['variants'][number]

/** How many pieces lie somewhere; undefined where the shop does not tell. */
export const pieces = (variant: Variant): number | undefined =>
  variant.stock.length ? variant.stock.reduce((sum, lot) => sum + lot.quantity, 0) : undefined

/** Everything that is known of a variant, its lots and its product, once each: "colour: white". */
export function attributes(goods: Goods, variant: Variant): [string, string][] {
  const all: [string, string][] = [...Object.entries(goods.attributes), ...Object.entries(variant.attributes)]
  return all.filter(([, value], index) => value && all.findIndex((one) => one[1] === value) === index)
}

function reductions(goods: Goods, words: InLanguage): string[] {
  return goods.promotions.map((one) => {
    const until = one.ends_at ? ` · ${words.t('goods.until', { day: words.day(one.ends_at) })}` : ''
    const code = one.code ? ` · ${words.t('goods.with_code', { code: one.code })}` : ''
    return `${one.title}${code}${until}`
  })
}

/** A product as a card in the customer's language: name, price, whether it can be had, what is off it. */
export async function goodsCard(goods: Goods, variant: Variant, language: string): Promise<Card> {
  const words = await wordsIn(language)
  const lies = pieces(variant)
  const price = words.money(variant.price, variant.currency)
  const before =
    variant.before && variant.before > variant.price
      ? ` (${words.t('goods.before', { price: words.money(variant.before, variant.currency) })})`
      : ''
  const title = variant.title && variant.title !== goods.title ? `${goods.title} · ${variant.title}` : goods.title
  const stock = lies === undefined ? [] : [words.t(lies > 0 ? 'goods.in_stock' : 'goods.out_of_stock')]
  return {
    title,
    url: goods.url,
    picture: goods.picture,
    lines: [`${price}${before}`, ...stock, ...reductions(goods, words)],
  }
}

/** How an order stands, in words of the customer's language. */
export async function orderCard(order: OrderItem, language: string, zone: string | undefined): Promise<Card> {
  const words = await wordsIn(language)
  const paid = paymentOf(order)
  const parcels = order.shipments.map((parcel) => {
    const name = [parcel.carrier, parcel.number].filter(Boolean).join(' ')
    const when = parcel.delivered_at
      ? words.t('order.delivered_on', { day: words.day(parcel.delivered_at, zone) })
      : parcel.sent_at
        ? words.t('order.sent_on', { day: words.day(parcel.sent_at, zone) })
        : ''
    return [name, when, parcel.url].filter(Boolean).join(' · ')
  })
  const promised = order.promised_at && order.state === 'open' && !order.shipments.some((one) => one.delivered_at)
  return {
    title: words.t('goods.order', { number: order.number }),
    url: '',
    picture: '',
    lines: [
      `${words.t(statusOf(order).text)}${paid && paid !== statusOf(order).text ? ` · ${words.t(paid)}` : ''}`,
      `${words.day(order.placed_at, zone)} · ${words.money(order.total, order.currency)}`,
      ...parcels,
      ...(promised ? [words.t('order.promised', { day: words.day(order.promised_at ?? '', zone) })] : []),
    ],
  }
}
