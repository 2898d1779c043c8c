import { shallowRef } from 'vue'
import { needsReauthentication } from '../auth/allauth'
import type { Answer, Flow } from '../auth/allauth'

interface Pending {
  flows: Flow[]
  answer: (done: boolean) => void
}

export const reauthentication = shallowRef<Pending | null>(null)

/**
 * Do something that the server lets only somebody do who has just signed in: where it asks, the person is asked, and
 * it is done again. Resolves to the last answer.
 */
export async function sensitively<T>(work: () => Promise<Answer<T>>): Promise<Answer<T>> {
  const first = await work()
  if (!needsReauthentication(first)) return first
  const done = await new Promise<boolean>((resolve) => {
    reauthentication.value?.answer(false)
    reauthentication.value = {
      flows: first.flows,
      answer: (yes) => {
        reauthentication.value = null
        resolve(yes)
      },
    }
  })
  return done ? work() : first
}
