import { computed, reactive } from 'vue'
import { del } from '../api/http'
import { uploadFile } from './upload'
import type { Upload, UploadedFile } from './upload'

type Send = typeof uploadFile

const MAX_BYTES = 25_000_000
let last = 0

/** The files of one message being written: added, watched going up, taken away. */
export function useFiles(
  options: { send?: Send; discard?: (id: number) => Promise<unknown>; changed?: () => void } = {},
) {
  const send = options.send ?? uploadFile
  const discard = options.discard ?? ((id: number) => del(`/attachments/${id}`))
  const files = reactive<Upload[]>([])
  const controllers = new Map<number, AbortController>()
  const originals = new Map<number, File>()
  const going = new Map<number, Promise<void>>()

  function entry(key: number): Upload | undefined {
    return files.find((file) => file.key === key)
  }

  async function start(key: number, file: File): Promise<void> {
    const controller = new AbortController()
    controllers.set(key, controller)
    try {
      const done = await send(file, (part) => Object.assign(entry(key) ?? {}, { progress: part }), controller.signal)
      const found = entry(key)
      if (found) Object.assign(found, { id: done.id, name: done.name, size: done.size, progress: 1, state: 'done' })
      else await discard(done.id).catch(() => undefined)
      originals.delete(key)
      options.changed?.()
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return
      const status = (error as { status?: number }).status ?? 0
      Object.assign(entry(key) ?? {}, { state: 'failed', reason: status === 413 ? 'large' : 'broken' })
    } finally {
      controllers.delete(key)
      going.delete(key)
    }
  }

  function add(chosen: Iterable<File>): void {
    for (const file of chosen) {
      last += 1
      const key = last
      const tooLarge = file.size > MAX_BYTES
      const name = file.name || `image.${file.type.split('/')[1] ?? 'png'}`
      files.push({
        key,
        name,
        size: file.size,
        type: file.type,
        progress: 0,
        state: tooLarge ? 'failed' : 'going',
        id: null,
        reason: tooLarge ? 'large' : '',
      })
      if (tooLarge) continue
      const named = file.name ? file : new File([file], name, { type: file.type })
      originals.set(key, named)
      going.set(key, start(key, named))
    }
  }

  /** Cancel it while it goes, or take it away when it is there. */
  function remove(key: number): void {
    const at = files.findIndex((file) => file.key === key)
    const found = files[at]
    if (!found) return
    files.splice(at, 1)
    originals.delete(key)
    controllers.get(key)?.abort()
    if (found.id !== null) void discard(found.id).catch(() => undefined)
    options.changed?.()
  }

  function again(key: number): void {
    const file = originals.get(key)
    const found = entry(key)
    if (!file || !found) return
    Object.assign(found, { state: 'going', progress: 0, reason: '' })
    going.set(key, start(key, file))
  }

  /** Show files that are on the server already (of a draft). */
  function restore(uploaded: readonly UploadedFile[]): void {
    files.splice(0, files.length)
    for (const file of uploaded) {
      last += 1
      files.push({
        key: last,
        name: file.name,
        size: file.size,
        type: file.type,
        progress: 1,
        state: 'done',
        id: file.id,
        reason: '',
      })
    }
  }

  /** Forget them all without touching the server: the message took them over. */
  function clear(): void {
    for (const controller of controllers.values()) controller.abort()
    files.splice(0, files.length)
    originals.clear()
  }

  return {
    files,
    add,
    remove,
    again,
    restore,
    clear,
    ids: computed(() => files.flatMap((file) => (file.id === null ? [] : [file.id]))),
    busy: computed(() => files.some((file) => file.state === 'going')),
    failed: computed(() => files.some((file) => file.state === 'failed')),
    /** Resolves when nothing is on its way any more. */
    settled: () => Promise.all(going.values()).then(() => undefined),
  }
}

export type Files = ReturnType<typeof useFiles>
