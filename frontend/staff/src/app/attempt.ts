import { ref, type Ref } from 'vue'
import { ApiError } from '../api/http'
import { t } from '../i18n'
import { toast } from '../ui/toast'

/** Say why a request did not work, in the server's words where it gave any. */
function toastFailure(error: unknown): void {
  toast({ text: error instanceof ApiError ? error.message : t('app.failed'), tone: 'bad' })
}

/** What a button does that asks the server: `busy` while it is under way, a toast where it fails. */
export function useAttempt(): { busy: Ref<boolean>; attempt: (work: () => Promise<unknown>) => Promise<void> } {
  const busy = ref(false)

  async function attempt(work: () => Promise<unknown>): Promise<void> {
    busy.value = true
    try {
      await work()
    } catch (error) {
      toastFailure(error)
    } finally {
      busy.value = false
    }
  }

  return { busy, attempt }
}
