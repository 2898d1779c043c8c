import type { IconName } from './icons'

/** Something to choose. */
export interface Option<T extends string | number> {
  value: T
  label: string
  hint?: string
  icon?: IconName
  disabled?: boolean
}
