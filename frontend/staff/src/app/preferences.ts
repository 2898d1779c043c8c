import { reactive, watch } from 'vue'
import { patch } from '../api/http'
import { singleKeys } from '../keys/keys'

export interface Preferences {
  theme: 'system' | 'light' | 'dark'
  density: 'comfortable' | 'compact'
  singleKeys: boolean
  panelOpen: boolean
  undoSeconds: number
}

export interface Panes {
  list: number
  panel: number
}

const KEY = 'pult.preferences'
const PANES_KEY = 'pult.panes'

export const STANDARD: Readonly<Preferences> = {
  theme: 'system',
  density: 'comfortable',
  singleKeys: true,
  panelOpen: true,
  undoSeconds: 10,
}
export const STANDARD_PANES: Readonly<Panes> = { list: 280, panel: 240 }

function kept<T extends object>(key: string, standard: T): T {
  try {
    return { ...standard, ...(JSON.parse(window.localStorage.getItem(key) ?? '{}') as Partial<T>) }
  } catch {
    return { ...standard }
  }
}

function keep(key: string, value: object): void {
  try {
    window.localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // Storage is switched off in this browser: it lasts until the page is left.
  }
}

/** How this person likes it; follows them to other devices through their account. */
export const preferences: Preferences = reactive(kept(KEY, { ...STANDARD }))

/** Widths of the panes in px; they belong to the screen, not to the person. */
export const panes: Panes = reactive(kept(PANES_KEY, { ...STANDARD_PANES }))

let save: ReturnType<typeof setTimeout> | undefined

/** Change one preference: shown at once, kept here, and told to the server. */
export function setPreference<K extends keyof Preferences>(key: K, value: Preferences[K]): void {
  preferences[key] = value
  clearTimeout(save)
  save = setTimeout(() => {
    patch('/me', { preferences: { ...preferences } }).catch(() => undefined)
  }, 400)
}

/** Take over what the account says (another device may have changed it). */
export function adopt(given: Record<string, unknown>): void {
  for (const key of Object.keys(STANDARD) as (keyof Preferences)[]) {
    if (typeof given[key] === typeof STANDARD[key]) Object.assign(preferences, { [key]: given[key] })
  }
}

/** Put theme and density on the page, and keep doing so. Called once. */
export function applyPreferences(): void {
  const root = document.documentElement
  watch(
    preferences,
    (now) => {
      if (now.theme === 'system') delete root.dataset.theme
      else root.dataset.theme = now.theme
      root.dataset.density = now.density
      singleKeys.value = now.singleKeys
      keep(KEY, now)
    },
    { immediate: true, flush: 'sync' },
  )
  watch(panes, (now) => keep(PANES_KEY, now))
}
