import { shallowRef } from 'vue'

type Insert = (html: string) => void

/** Where the answer is written that is open now; nothing where none is. */
const place = shallowRef<Insert>()

/** Say where things are inserted; returns how to take that back. */
export function offerInsertion(insert: Insert): () => void {
  place.value = insert
  return () => {
    if (place.value === insert) place.value = undefined
  }
}

export const canInsert = () => place.value !== undefined

/** Put HTML into the answer, where the cursor is. */
export function insertIntoAnswer(html: string): void {
  place.value?.(html)
}
