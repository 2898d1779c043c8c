import { shallowRef } from 'vue'

export interface Question {
  title: string
  text?: string
  /** What the button does, as a verb: "Delete token". */
  action: string
  danger?: boolean
}

interface Pending extends Question {
  answer: (yes: boolean) => void
}

export const pending = shallowRef<Pending | null>(null)

/** Ask before something that cannot be undone. Resolves to whether the person agreed. */
export function confirm(question: Question): Promise<boolean> {
  pending.value?.answer(false)
  return new Promise((resolve) => {
    pending.value = {
      ...question,
      answer: (yes) => {
        pending.value = null
        resolve(yes)
      },
    }
  })
}
