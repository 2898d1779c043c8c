import type { Language } from '../i18n'

export type Role = 'colleague' | 'agent' | 'lead' | 'admin'
export const ROLES: readonly Role[] = ['agent', 'lead', 'admin', 'colleague']

export interface Skill {
  kind: 'channel' | 'language' | 'topic'
  value: string
  level: number
}

/** Somebody who signs in, as the administration sees him. */
export interface Person {
  id: number
  name: string
  email: string
  role: Role
  language: Language
  signature: string
  active: boolean
  store_ids: number[]
  team_ids: number[]
  skills: Skill[]
  created_at: string
  last_sign_in_at: string | null
}
