import { ApiError, get, post } from '../api/http'
import type { Able, Act, Goods, Order, SeenOrder } from '../api/types'
import { hasMessage, t } from '../i18n'

export type Verb = Act['verb']

export interface PlanWish {
  act: Record<string, unknown> & { verb: Verb }
  order_id?: number
  shop_id?: number
  conversation_id?: number
}

const key = () => ({ headers: { 'Idempotency-Key': crypto.randomUUID() } })

export const ableShops = async (): Promise<Able[]> => (await get<{ items: Able[] }>('/acts/able')).items
export const planAct = (wish: PlanWish): Promise<Act> => post('/acts', wish)
export const askAct = (act: Act): Promise<Act> => post(`/acts/${act.id}/ask`, { amount: act.amount }, key())
export const actsOf = async (orderId: number): Promise<Act[]> =>
  (await get<{ items: Act[] }>(`/acts?order_id=${orderId}`)).items
export const actsIn = async (conversationId: number): Promise<Act[]> =>
  (await get<{ items: Act[] }>(`/acts?conversation_id=${conversationId}`)).items
export const act = (id: number): Promise<Act> => get(`/acts/${id}`)
export const waitingActs = (): Promise<{ items: Act[]; count: number }> => get('/acts/waiting')
export const changeAct = (id: number, how: 'approve' | 'withdraw' | 'undo' | 'retry'): Promise<Act> =>
  post(`/acts/${id}/${how}`, undefined, key())
export const declineAct = (id: number, reason: string): Promise<Act> => post(`/acts/${id}/decline`, { reason }, key())

export const wholeOrder = (id: number): Promise<Order> => get(`/orders/${id}`)
export const lookAtOrder = (id: number): Promise<SeenOrder> => post(`/orders/${id}/look`)
export const findGoods = async (q: string, storeId?: number, signal?: AbortSignal): Promise<Goods[]> => {
  const store = storeId === undefined ? '' : `&store_id=${storeId}`
  return (await get<{ items: Goods[] }>(`/products?limit=12&q=${encodeURIComponent(q)}${store}`, { signal })).items
}
export const lookAtGoods = (goods: Goods): Promise<Goods> =>
  post('/products/look', { shop_id: goods.shop_id, product_id: goods.id })

/** Why something is not done, in the reader's language, with the shop's own words behind it. */
export function refusal(error: unknown): string {
  if (!(error instanceof ApiError)) return t('app.failed')
  const { code, words } = error.problem as { code?: string; words?: string }
  return saidWhy(code ?? '', words ?? '') || error.message
}

export function saidWhy(code: string, words: string): string {
  const known = `act.error.${code}`
  const text = code && hasMessage(known) ? t(known) : ''
  return words && words !== code ? (text ? `${text} (${words})` : words) : text
}
