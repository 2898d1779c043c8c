import { describe, expect, it } from 'vitest'
import { webAddress } from './orders'

describe('an address that a shop gave', () => {
  it.each(['https://shop.example/orders/1', 'HTTP://parcels.example/?n=1'])('leads to a page: %s', (url) => {
    expect(webAddress(url)).toBe(url)
  })
  it.each(['', 'javascript:alert(1)', ' javascript:alert(1)//https://x', 'data:text/html,x', '//shop.example', '/c/1'])(
    'leads nowhere: %s',
    (url) => {
      expect(webAddress(url)).toBeUndefined()
    },
  )
})
