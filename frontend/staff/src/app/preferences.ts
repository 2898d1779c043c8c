import { reactive, watch } from 'vue'
import { Offline, patch } from '../api/http'
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

/** Changed here and not yet on its way to the account. */
let waiting: Partial<Preferences> = {}
/** On its way just now. */
let underWay: Partial<Preferences> | undefined

/** Change one preference: shown at once, kept here, and told to the server. */
export function setPreference<K extends keyof Preferences>(key: K, value: Preferences[K]): void {
  preferences[key] = value
  waiting[key] = value
  void tell()
}

/** One change's way to the account; it outlives the page that sends it. */
function send(changes: Partial<Preferences>): Promise<unknown> {
  return patch('/me', { preferences: changes }, { keepalive: true })
}

/**
 * Tell the account what has changed and nothing else: another device may have changed the rest. One after another, since
 * two on their way could arrive in any order; what found no line waits for it.
 */
async function tell(): Promise<void> {
  while (!underWay && Object.keys(waiting).length) {
    underWay = waiting
    waiting = {}
    try {
      await send(underWay)
    } catch (error) {
      if (error instanceof Offline) {
        waiting = { ...underWay, ...waiting }
        return
      }
    } finally {
      underWay = undefined
    }
  }
}

/** The page is being left: what waits for its turn goes now or never. */
function tellLast(): void {
  if (!Object.keys(waiting).length) return
  send(waiting).catch(() => undefined)
  waiting = {}
}

/** Take over what the account says (another device may have changed it), save what it has not heard yet from here. */
export function adopt(given: Record<string, unknown>): void {
  const ours = { ...underWay, ...waiting }
  for (const key of Object.keys(STANDARD) as (keyof Preferences)[]) {
    if (typeof given[key] === typeof STANDARD[key] && !(key in ours)) Object.assign(preferences, { [key]: given[key] })
  }
  void tell()
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
  window.addEventListener('pagehide', tellLast)
  window.addEventListener('online', () => void tell())
}
