import { shallowRef } from 'vue'
import { paragraphs } from './plain'

export interface Insertion {
  conversation: number
  html: string
  text: string
}

/** What is to be put into the answer of a conversation, from wherever it was found; the composer takes it from here. */
export const insertion = shallowRef<Insertion | null>(null)

/** Put plain text into the answer, where the cursor is. Nothing is sent. */
export function insertText(conversation: number, text: string): void {
  insertion.value = { conversation, html: paragraphs(text), text }
}
