import type { IconName } from './icons'

export interface MenuAction {
  kind?: 'action'
  label: string
  run: () => void
  hint?: string
  icon?: IconName
  keys?: string
  checked?: boolean
  danger?: boolean
  disabled?: boolean
}

/** One line of a Menu. */
export type MenuEntry = MenuAction | { kind: 'line' } | { kind: 'heading'; label: string }
