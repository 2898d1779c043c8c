import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { neighbours, Prefetcher } from './prefetch'

describe('what is likely next', () => {
  it('is three below and one above', () => {
    expect(neighbours([1, 2, 3, 4, 5, 6], 2)).toEqual([3, 4, 5, 1])
  })

  it('ends with the list', () => {
    expect(neighbours([1, 2, 3], 3)).toEqual([2])
    expect(neighbours([1, 2, 3, 4], 99)).toEqual([1, 2, 3])
  })
})

describe('prefetching', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  function fixture(cached: number[] = []) {
    const asked: number[] = []
    const prefetcher = new Prefetcher({
      load: (id) => {
        asked.push(id)
        return new Promise((resolve) => setTimeout(resolve, 50))
      },
      has: (id) => cached.includes(id),
    })
    return { asked, prefetcher }
  }

  it('fetches the neighbours, two at a time, and skips what is there', async () => {
    const { asked, prefetcher } = fixture([3])
    prefetcher.around([1, 2, 3, 4, 5], 2)
    await vi.advanceTimersByTimeAsync(31)
    expect(asked).toEqual([4, 5])
    await vi.advanceTimersByTimeAsync(100)
    expect(asked).toEqual([4, 5, 1])
  })

  it('fetches a row only after the pointer has rested on it for 30 ms', async () => {
    const { asked, prefetcher } = fixture()
    prefetcher.hover(7)
    await vi.advanceTimersByTimeAsync(20)
    prefetcher.hover(8)
    await vi.advanceTimersByTimeAsync(20)
    prefetcher.leave()
    prefetcher.hover(9)
    await vi.advanceTimersByTimeAsync(31)
    expect(asked).toEqual([9])
  })

  it('drops the wishes of a place that was left', async () => {
    const { asked, prefetcher } = fixture()
    const ids = Array.from({ length: 30 }, (_, index) => index)
    for (const id of [3, 4, 5, 20]) prefetcher.around(ids, id)
    await vi.advanceTimersByTimeAsync(500)
    expect(asked).toEqual([21, 22, 23, 19])
  })
})
