import { computed, ref, shallowRef } from 'vue'
import { ApiError, Offline } from '../api/http'
import { t } from '../i18n'

/** A sentence for whatever went wrong with a call. */
export function problemText(error: unknown): string {
  if (error instanceof Offline) return t('auth.error.offline')
  if (error instanceof ApiError) return error.problem.detail || error.problem.title || t('auth.error.unexpected')
  return t('auth.error.unexpected')
}

interface FieldProblem {
  field: string
  reason: string
}

/** One form being saved: whether it is on its way, what the server said, field by field. */
export function useSave() {
  const busy = ref(false)
  const failure = shallowRef<unknown>(null)

  const fields = computed<FieldProblem[]>(() =>
    failure.value instanceof ApiError ? ((failure.value.problem.errors as FieldProblem[] | undefined) ?? []) : [],
  )

  /** Do it; returns whether it went well. What is not an answer of the server is thrown on. */
  async function run(work: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    failure.value = null
    try {
      await work()
      return true
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof Offline)) throw error
      failure.value = error
      return false
    } finally {
      busy.value = false
    }
  }

  return {
    busy,
    run,
    /** What to say above the form; empty when all is well or a field says it. */
    trouble: computed(() => (failure.value && !fields.value.length ? problemText(failure.value) : '')),
    /** What to say below a field, by the last part of its name. */
    fieldError: (name: string) => fields.value.find((one) => one.field.split('.').pop() === name)?.reason,
    /** Fields whose names are not among those shown. */
    others: (shown: readonly string[]) =>
      fields.value
        .filter((one) => !shown.includes(one.field.split('.').pop() ?? ''))
        .map((one) => one.reason)
        .join(' '),
    reset: () => {
      failure.value = null
    },
  }
}
