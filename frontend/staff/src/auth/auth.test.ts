import { describe, expect, it } from 'vitest'

import { needsReauthentication, pendingFlow, safeNext } from './allauth'
import type { Answer } from './allauth'

const answer = (parts: Partial<Answer>): Answer => ({
  status: 200,
  data: {},
  meta: {},
  errors: [],
  flows: [],
  ...parts,
})

describe('safeNext', () => {
  it.each([
    ['/c/12?q=a#m', '/c/12?q=a#m'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example/', '/'],
    ['javascript:alert(1)', '/'],
    ['/sign-in', '/'],
    [undefined, '/'],
    [['/a', '/b'], '/'],
  ])('turns %j into %s', (value, path) => {
    expect(safeNext(value)).toBe(path)
  })
})

describe('an answer of the sign-in interface', () => {
  it('names the step that waits', () => {
    const waiting = answer({ status: 401, flows: [{ id: 'login' }, { id: 'mfa_authenticate', is_pending: true }] })
    expect(pendingFlow(waiting)?.id).toBe('mfa_authenticate')
    expect(pendingFlow(answer({ flows: [{ id: 'login' }] }))).toBeUndefined()
  })

  it('asks for the password again only of somebody who is signed in', () => {
    expect(needsReauthentication(answer({ status: 401, meta: { is_authenticated: true } }))).toBe(true)
    expect(needsReauthentication(answer({ status: 401, meta: { is_authenticated: false } }))).toBe(false)
  })
})
