import { describe, expect, it } from 'vitest'
import type { Conversation } from '../api/types'
import { clue, why } from './spam'

const of = (history: unknown[], messages: unknown[] = []) =>
  why({ history, messages } as unknown as Pick<Conversation, 'history' | 'messages'>)
const machine = { kind: 'spam', after: 'filter', actor: null }
const person = { kind: 'spam', after: 'staff', actor: { id: 3, name: 'Ana' } }

describe('why a conversation lies in Spam', () => {
  it('is the last word that was said of it', () => {
    expect(of([machine, { kind: 'not_spam', after: 'open', actor: person.actor }, person])).toEqual({
      kind: 'person',
      name: 'Ana',
    })
    expect(of([{ ...person, actor: null }])).toEqual({ kind: 'person', name: '' })
  })

  it('names what told the filter most, each once and without its own words for things', () => {
    const clues = ['link casino.example', 'subject casino', 'casino', 'link *.example', 'language en', 'brezplač']
    const messages = [{ spam: { by: 'filter', score: 1, limit: 0.95, action: '', clues } }, { spam: null }]
    expect(of([machine], messages)).toEqual({ kind: 'filter', clues: ['casino.example', 'casino', 'brezplač…'] })
  })

  it('is a server with its score', () => {
    const spam = { by: 'rspamd', score: 12.3, limit: 6, action: 'add header', clues: [] }
    expect(of([machine], [{ spam }])).toEqual({ kind: 'server', name: 'rspamd', score: 12.3, limit: 6 })
  })

  it('may be known no more', () => {
    expect(of([], [])).toEqual({ kind: 'unknown' })
  })
})

describe('a sign of the filter', () => {
  it('is shown as somebody reads it', () => {
    expect(clue('bonus')).toBe('bonus')
    expect(clue('subject bonus')).toBe('bonus')
    expect(clue('from spam.example')).toBe('spam.example')
    expect(clue('sender none')).toBe('')
  })
})
