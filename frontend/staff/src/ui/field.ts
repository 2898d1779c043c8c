import { computed, inject } from 'vue'
import type { InjectionKey, Ref } from 'vue'

export interface FieldContext {
  id: string
  hint: Ref<string | undefined>
  error: Ref<string | undefined>
}

export const FIELD: InjectionKey<FieldContext> = Symbol('field')

/** The look of everything one types into. */
export const CONTROL =
  'w-full min-w-0 rounded-md border border-line-strong bg-raised px-3 text-base text-ink transition-colors ' +
  'hover:border-control-line focus-visible:border-focus focus-visible:outline-1 focus-visible:outline-offset-0 ' +
  'disabled:opacity-60 aria-invalid:border-bad pointer-coarse:text-lg'

/** Attributes that tie a control to the Field around it. */
export function useField() {
  const field = inject(FIELD, undefined)
  return computed(() => {
    if (!field) return {}
    const described = field.error.value ? `${field.id}-error` : field.hint.value ? `${field.id}-hint` : undefined
    return { id: field.id, 'aria-invalid': field.error.value ? true : undefined, 'aria-describedby': described }
  })
}
