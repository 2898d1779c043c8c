import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

type Told = Record<string, unknown>

/** A PATCH of the account that waits for its answer. */
interface Asked {
  told: Told
  keepalive: boolean | undefined
  answer: (status?: number) => Promise<void>
  fail: () => Promise<void>
}

let asked: Asked[] = []
const settle = async () => void (await vi.advanceTimersByTimeAsync(0))

/** The module as a page that has just been opened has it. */
async function opened() {
  vi.resetModules()
  const module = await import('./preferences')
  module.applyPreferences()
  return module
}

function next(): Asked {
  const first = asked.shift()
  if (!first) throw new Error('nothing was sent')
  return first
}

beforeEach(() => {
  vi.useFakeTimers()
  window.localStorage.clear()
  asked = []
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    expect([url, init.method]).toEqual(['/api/v1/me', 'PATCH'])
    return new Promise<Response>((resolve, reject) => {
      asked.push({
        told: (JSON.parse(init.body as string) as { preferences: Told }).preferences,
        keepalive: init.keepalive,
        answer: (status = 200) => (resolve(new Response('{}', { status })), settle()),
        fail: () => (reject(new TypeError('no line')), settle()),
      })
    })
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('how a person likes it', () => {
  it('is told to the account at once, and only what has changed', async () => {
    const { setPreference } = await opened()
    setPreference('density', 'compact')
    expect(asked.map((one) => [one.told, one.keepalive])).toEqual([[{ density: 'compact' }, true]])
  })

  it('is told one after another, and the last word stands', async () => {
    const { setPreference } = await opened()
    setPreference('singleKeys', false)
    const first = next()
    setPreference('singleKeys', true)
    setPreference('theme', 'dark')
    setPreference('theme', 'light')
    await settle()
    expect(asked).toEqual([])
    await first.answer()
    expect(next().told).toEqual({ singleKeys: true, theme: 'light' })
    expect(asked).toEqual([])
  })

  it('is not kept back by a change that was refused', async () => {
    const { setPreference } = await opened()
    setPreference('density', 'compact')
    setPreference('theme', 'dark')
    await next().answer(422)
    expect(next().told).toEqual({ theme: 'dark' })
  })

  it('goes when the page is left, though another change is still on its way', async () => {
    const { setPreference } = await opened()
    setPreference('density', 'compact')
    setPreference('theme', 'dark')
    const first = next()
    window.dispatchEvent(new Event('pagehide'))
    expect([asked[0]?.told, asked[0]?.keepalive]).toEqual([{ theme: 'dark' }, true])
    next()
    await first.answer()
    expect(asked).toEqual([])
  })

  it('waits for the line where there was none', async () => {
    const { setPreference } = await opened()
    setPreference('density', 'compact')
    const first = next()
    setPreference('theme', 'dark')
    await first.fail()
    expect(asked).toEqual([])
    window.dispatchEvent(new Event('online'))
    expect(next().told).toEqual({ density: 'compact', theme: 'dark' })
  })

  it('follows the account, save where the account has not heard yet', async () => {
    const { adopt, preferences, setPreference } = await opened()
    setPreference('density', 'compact')
    const first = next()
    setPreference('theme', 'dark')
    adopt({ density: 'comfortable', theme: 'light', undoSeconds: 20, singleKeys: 'yes' })
    expect([preferences.density, preferences.theme]).toEqual(['compact', 'dark'])
    expect([preferences.undoSeconds, preferences.singleKeys]).toEqual([20, true])
    await first.answer()
    await next().answer()
    adopt({ density: 'comfortable' })
    expect(preferences.density).toBe('comfortable')
  })
})
