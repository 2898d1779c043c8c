import { computed, reactive, ref } from 'vue'
import { useFiles } from './files'
import type { Written } from './outgoing'
import { broken, complete } from './recipients'
import type { Recipients } from './recipients'
import type { UploadedFile } from './upload'

export type Obstacle = 'no-recipient' | 'bad-recipient' | 'files'

export const nobody = (): Recipients => ({ to: [], cc: [], bcc: [] })

/** One message being written, in a conversation or as its first: text, recipients, files, and what keeps it here. */
export function useMessage(kind: Written['kind'], options: { changed?: () => void } = {}) {
  const content = reactive({ html: '', text: '' })
  const recipients = ref<Recipients>(nobody())
  const files = useFiles({ changed: options.changed })
  const waitingForFiles = ref(false)

  const empty = computed(() => !content.text.trim() && !files.files.length)

  /** Everything as it stands now; half-typed addresses and files on their way are left out. */
  function written(): Written {
    const done = files.files.flatMap((f) =>
      f.id === null ? [] : [{ id: f.id, name: f.name, size: f.size, type: f.type }],
    )
    return { kind, ...content, recipients: kind === 'reply' ? complete(recipients.value) : nobody(), files: done }
  }

  /** Put this text and these files into the place of what stands there. */
  function put(html: string, text: string, uploaded: readonly UploadedFile[]): void {
    Object.assign(content, { html, text })
    files.restore(uploaded)
  }

  function clear(): void {
    Object.assign(content, { html: '', text: '' })
    files.clear()
  }

  /** Who it goes to: what is wrong with them, if anything. */
  function addressing(): Obstacle | null {
    if (kind === 'note') return null
    if (broken(recipients.value).length) return 'bad-recipient'
    return recipients.value.to.length ? null : 'no-recipient'
  }

  /** Wait for files on their way. Returns what keeps the message here, if anything. */
  async function settled(): Promise<Obstacle | null> {
    if (files.busy.value) {
      waitingForFiles.value = true
      await files.settled()
      waitingForFiles.value = false
    }
    return files.failed.value ? 'files' : null
  }

  return { content, recipients, files, waitingForFiles, empty, written, put, clear, addressing, settled }
}

export type MessageBeingWritten = ReturnType<typeof useMessage>
