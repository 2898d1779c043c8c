import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { ApiError, get, patch } from '../api/http'
import type { Directory, Me, Ref, StaffEntry, Tag } from '../api/types'
import { setLanguage } from '../i18n'
import type { Language, Locale } from '../i18n'
import { adopt } from './preferences'

const EMPTY: Directory = { staff: [], teams: [], tags: [], stores: [], inboxes: [], channels: [] }

/** A colleague without a seat is signed in, and sees none of the names. */
function withoutSeat(error: unknown): Directory {
  if (error instanceof ApiError && error.status === 403) return EMPTY
  throw error
}

/** Who is signed in, and the names of everybody and everything that ids point at. */
export const useSession = defineStore('session', () => {
  const me = shallowRef<Me | null>(null)
  const directory = shallowRef<Directory>(EMPTY)

  const staffById = computed(() => new Map(directory.value.staff.map((one) => [one.id, one])))
  const tagById = computed(() => new Map(directory.value.tags.map((one) => [one.id, one])))
  const teamById = computed(() => new Map(directory.value.teams.map((one) => [one.id, one])))
  const storeById = computed(() => new Map(directory.value.stores.map((one) => [one.id, one])))
  const inboxById = computed(() => new Map(directory.value.inboxes.map((one) => [one.id, one])))

  /** Ask who is signed in; false when nobody is. Throws Offline when nothing answers. */
  async function load(): Promise<boolean> {
    try {
      const [who, names] = await Promise.all([get<Me>('/me'), get<Directory>('/directory').catch(withoutSeat)])
      me.value = who
      directory.value = names
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
        me.value = null
        return false
      }
      throw error
    }
    adopt(me.value.preferences)
    const asked = new URLSearchParams(window.location.search).get('lang')
    if (!asked) await setLanguage(me.value.language as Locale)
    return true
  }

  /** Names have changed (a new tag, a new colleague). */
  async function refreshDirectory(): Promise<void> {
    directory.value = await get<Directory>('/directory')
  }

  let wanted: Language | undefined
  let telling = false

  /**
   * Show another language at once and keep it with the account. One change at a time is told: two on their way could
   * arrive in any order, and the older one would stay. Throws ApiError and Offline.
   */
  async function changeLanguage(language: Language): Promise<void> {
    wanted = language
    await setLanguage(language)
    if (telling) return
    telling = true
    try {
      for (let told: Language | undefined; told !== wanted;) {
        told = wanted
        me.value = await patch<Me>('/me', { language: told })
      }
    } finally {
      telling = false
    }
  }

  let asked = 0

  /** What one may do has perhaps changed: ask, at most every few seconds. */
  async function refreshPermissions(): Promise<void> {
    if (!me.value || Date.now() - asked < 5_000) return
    asked = Date.now()
    me.value = await get<Me>('/me')
  }

  function clear(): void {
    me.value = null
    directory.value = EMPTY
  }

  /** Active colleagues who may be given a conversation of this store, by name. */
  function assignable(storeId?: number): StaffEntry[] {
    return directory.value.staff.filter(
      (one) =>
        one.active &&
        one.role !== 'colleague' &&
        (storeId === undefined || one.role === 'admin' || one.store_ids.includes(storeId)),
    )
  }

  const staffRef = (id: number | null): Ref | null => {
    const found = id === null ? undefined : staffById.value.get(id)
    return found ? { id: found.id, name: found.name } : null
  }

  const tagsOf = (ids: readonly number[]): Tag[] =>
    ids.map((id) => tagById.value.get(id)).filter((tag) => tag !== undefined)

  /** The time zone of a store, such as Europe/Athens; nothing while it is not known. */
  const zoneOf = (storeId: number) => me.value?.stores.find((store) => store.id === storeId)?.time_zone

  const can = (permission: string) => me.value?.permissions.includes(permission) ?? false

  return {
    me,
    directory,
    staffById,
    tagById,
    teamById,
    storeById,
    inboxById,
    load,
    refreshDirectory,
    changeLanguage,
    refreshPermissions,
    clear,
    assignable,
    staffRef,
    tagsOf,
    zoneOf,
    can,
  }
})
