import { ref, shallowRef } from 'vue'
import type { Ref } from 'vue'
import { del, patch, post } from '../api/http'
import { useSession } from '../app/session'
import { t } from '../i18n'
import { confirm, toast } from '../ui'
import { useRows } from './useRows'
import { problemText, useSave } from './useSave'

export interface EditableOptions<T> {
  /** Where the rows are listed and new ones are made; one row is at `path/id`. */
  path: string
  /** Fill the form from a row, or for a new one. */
  fill: (row: T | undefined) => void
  /** What the form sends. */
  body: (isNew: boolean) => object
}

/** Rows that are listed, made and changed in a dialog, and removed: stores, teams, inboxes. */
export function useEditable<T extends { id: number; name: string }>({ path, fill, body }: EditableOptions<T>) {
  const session = useSession()
  const { rows, state, trouble, reload, take, drop } = useRows<T>(() => path)
  const saving = useSave()
  const open = ref(false)
  /** The row in the dialog; null while a new one is made. */
  const row: Ref<T | null> = shallowRef(null)

  function edit(chosen: T | null): void {
    saving.reset()
    row.value = chosen
    fill(chosen ?? undefined)
    open.value = true
  }

  async function finish(): Promise<void> {
    open.value = false
    await session.refreshDirectory()
  }

  async function save(): Promise<void> {
    const at = row.value
    const done = await saving.run(async () => {
      const saved = at ? await patch<T>(`${path}/${at.id}`, body(false)) : await post<T>(path, body(true))
      take(saved, (other) => other.id === saved.id)
    })
    if (done) await finish()
  }

  /** Ask, then remove the row in the dialog. */
  async function remove(title: string, text: string): Promise<void> {
    const gone = row.value
    if (!gone || !(await confirm({ title, text, action: t('settings.remove'), danger: true }))) return
    try {
      await del(`${path}/${gone.id}`)
      drop((other) => other.id === gone.id)
      await finish()
    } catch (error) {
      toast({ tone: 'bad', text: problemText(error) })
    }
  }

  return { rows, state, trouble, reload, saving, open, row, edit, save, remove }
}

export type Editable<T extends { id: number; name: string }> = ReturnType<typeof useEditable<T>>
