import { del, get, patch, post } from '../api/http'
import type { CustomerCard, Identity, Merge, OrderItem, Page, Remark } from '../api/types'

export interface CustomerHit {
  id: number
  name: string
  language?: string
  company?: string
  identities?: Identity[]
  conversation_count?: number
  last_contact_at?: string | null
}

const items = <T>(answer: T[] | { items: T[] }): T[] => (Array.isArray(answer) ? answer : answer.items)

export const findCustomers = async (q: string, signal?: AbortSignal): Promise<CustomerHit[]> =>
  items(await get<CustomerHit[] | { items: CustomerHit[] }>(`/customers?q=${encodeURIComponent(q)}`, { signal }))

export const findOrders = async (q: string, signal?: AbortSignal): Promise<OrderItem[]> =>
  (await get<{ items: OrderItem[] }>(`/orders?limit=5&q=${encodeURIComponent(q)}`, { signal })).items

export const customer = (id: number): Promise<CustomerCard> => get(`/customers/${id}`)

export const changeCustomer = (
  id: number,
  wish: Partial<Pick<CustomerCard, 'name' | 'language' | 'company' | 'notes'>>,
): Promise<CustomerCard> => patch(`/customers/${id}`, wish)

export const mergeCustomers = (id: number, otherId: number): Promise<Merge> =>
  post(`/customers/${id}/merge`, { other_id: otherId })

export const undoMerge = (mergeId: number): Promise<unknown> => post(`/customers/merges/${mergeId}/undo`, {})

export const addRemark = (id: number, kind: Remark['kind'], text: string): Promise<Remark> =>
  post(`/customers/${id}/remarks`, { kind, text })

export const removeRemark = (id: number, remark: number): Promise<unknown> => del(`/customers/${id}/remarks/${remark}`)

export const orderOf = (id: number): Promise<OrderItem> => get(`/orders/${id}`)

/** A figure of the card by which the orders beneath it can be narrowed. */
export type OnlyOrders = 'open_parcels' | 'returned'

export function ordersOf(id: number, after: string, only?: OnlyOrders): Promise<Page<OrderItem>> {
  const params = new URLSearchParams({ limit: '20', ...(after && { after }), ...(only && { only }) })
  return get(`/customers/${id}/orders?${params}`)
}
