import { beforeEach, describe, expect, it } from 'vitest'
import { toasts, dismissAll } from '../ui/toast'
import { useAttempt } from './attempt'

describe('what a button asks the server', () => {
  beforeEach(dismissAll)

  it('keeps the button busy until it is done', async () => {
    const { busy, attempt } = useAttempt()
    const seen: boolean[] = []
    const done = attempt(async () => {
      seen.push(busy.value)
      await Promise.resolve()
    })
    await done
    expect([...seen, busy.value]).toEqual([true, false])
    expect(toasts.value).toEqual([])
  })

  it('says so when it fails, and lets the button go', async () => {
    const { busy, attempt } = useAttempt()
    await attempt(() => Promise.reject(new Error('no line')))
    expect(busy.value).toBe(false)
    expect(toasts.value.map((one) => one.tone)).toEqual(['bad'])
  })
})
