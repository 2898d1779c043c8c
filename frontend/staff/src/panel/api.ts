import { get, patch, post } from '../api/http'
import type { CustomerCard, Identity, OrderItem } from '../api/types'

export interface CustomerHit {
  id: number
  name: string
  language?: string
  company?: string
  identities?: Identity[]
  conversation_count?: number
  last_contact_at?: string | null
}

export interface Merge {
  id: number
  at: string
  kept_id: number
  absorbed_id: number
  absorbed_name: string
  by: string
  undone_at: string | null
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

export const mergesOf = async (id: number): Promise<Merge[]> =>
  items(await get<Merge[] | { items: Merge[] }>(`/customers/${id}/merges`))
