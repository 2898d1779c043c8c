import { computed, onScopeDispose, shallowRef, watch, type ComputedRef } from 'vue'
import { useCards } from '../panel/cards'
import { paragraphs } from './plain'

export interface Insertion {
  conversation: number
  html: string
  text: string
}

/** What is to be put into the answer of a conversation, from wherever it was found; the composer takes it from here. */
export const insertion = shallowRef<Insertion | null>(null)

/** The conversation whose answer can be written now. */
const place = shallowRef<number | null>(null)

export const canInsert = () => place.value !== null

/** Put plain text into the answer, where the cursor is. Nothing is sent. */
export function insertText(conversation: number, text: string): void {
  insertion.value = { conversation, html: paragraphs(text), text }
}

/** Put HTML into the answer that can be written now. */
export function insertIntoAnswer(html: string): void {
  if (place.value === null) return
  const text = new DOMParser().parseFromString(html, 'text/html').body.textContent ?? ''
  insertion.value = { conversation: place.value, html, text }
}

/** Take what is to be put into this conversation's answer; returns how a letter to its customer begins, once known. */
export function useInsertion(conversation: number, take: (html: string, text: string) => void): ComputedRef<string> {
  const cards = useCards()
  place.value = conversation
  onScopeDispose(() => {
    if (place.value === conversation) place.value = null
  })
  watch(insertion, (wish) => {
    if (wish?.conversation !== conversation) return
    insertion.value = null
    take(wish.html, wish.text)
  })
  return computed(() => cards.cards.get(conversation)?.card.greeting ?? '')
}
