import { del, get, post } from '../api/http'

export const PURPOSES = ['email', 'sms', 'phone', 'post', 'profiling'] as const
export type Purpose = (typeof PURPOSES)[number]
/** How somebody may have said yes or no, where a person writes it down. */
export const SOURCES = ['message', 'call', 'counter', 'form', 'order'] as const
export type Source = (typeof SOURCES)[number]

export interface Said {
  id: number
  granted: boolean
  at: string
  source: Source | 'link'
  source_id: number | null
  wording_version: number
  actor: string
  name: string
  proof: string
}

export interface ConsentState {
  store_id: number
  purpose: Purpose
  granted: boolean | null
  asked: boolean
  withdraw_url: string
  history: Said[]
}

export interface ConsentWish {
  store_id: number
  purpose: Purpose
  granted: boolean
  source: Source
  source_id?: number | null
  proof: string
}

export interface DataCopy {
  id: number
  state: 'waiting' | 'ready' | 'failed'
  size: number
  fetched: number
  created_at: string
  expires_at: string
  link: string
}

export interface ErasurePreview {
  counts: Record<string, number>
  kept: { currency: string; orders: number; paid: number; refunded: number }[]
  confirm: string
}

export const consentsOf = async (id: number): Promise<ConsentState[]> =>
  (await get<{ items: ConsentState[] }>(`/customers/${id}/consents`)).items

export const sayConsent = async (id: number, wish: ConsentWish): Promise<ConsentState[]> =>
  (await post<{ items: ConsentState[] }>(`/customers/${id}/consents`, wish)).items

export const copiesOf = async (id: number): Promise<DataCopy[]> =>
  (await get<{ items: DataCopy[] }>(`/customers/${id}/copies`)).items

export const makeCopy = (id: number, language: string): Promise<DataCopy> =>
  post(`/customers/${id}/copies`, { language })

export const dropCopy = (copyId: number): Promise<unknown> => del(`/copies/${copyId}`)

export const previewErasure = (id: number): Promise<ErasurePreview> => get(`/customers/${id}/erasure`)

export const eraseCustomer = (id: number, confirm: string): Promise<unknown> =>
  del(`/customers/${id}?confirm=${encodeURIComponent(confirm)}`)
