import { describe, expect, it } from 'vitest'
import type { Message } from '../api/types'
import { findings, isForged, newestIn, provenAddresses } from './sender'

const auth = { verdict: 'pass', by: 'mx', spf: 'pass', dkim: '', dmarc: 'pass', arc: '', policy: '', unusual: false }
const said = (direction: string, more: object = {}) =>
  ({ direction, warnings: [], auth: null, author: { address: 'Ana@x.example' }, ...more }) as unknown as Message

describe('who sent it', () => {
  it('asks the customer’s latest message alone', () => {
    const messages = [said('in', { auth }), said('in', { warnings: ['forged_sender'] }), said('out')]
    expect(newestIn({ messages })).toBe(messages[1])
    expect(provenAddresses({ messages })).toEqual([])
    expect(provenAddresses({ messages: [said('in'), said('in', { auth }), said('note')] })).toEqual(['ana@x.example'])
    expect(provenAddresses({ messages: [] })).toEqual([])
  })

  it('tells a forged sender from a mail that could not be read', () => {
    expect(isForged(said('in', { warnings: ['structure', 'forged_sender'] }))).toBe(true)
    expect(isForged(said('in', { warnings: ['structure'] }))).toBe(false)
  })

  it('says what was found, and nothing where nothing was', () => {
    expect(findings(said('in', { auth }))).toEqual(['SPF pass', 'DMARC pass'])
    expect(findings(said('in'))).toEqual([])
  })
})
