import { expect, it } from 'vitest'
import type { Message } from '../api/types'
import { brought } from './brought'

const box = (address: string) => ({ name: '', address })
let id = 0
const said = (direction: string, from: string, to: string[], cc: string[] = [], kind = 'person') =>
  ({
    id: ++id,
    direction,
    kind,
    author: { address: from },
    to: to.map(box),
    cc: cc.map(box),
    bcc: [],
  }) as unknown as Message

it('tells who was brought in by the customer, once, and not who was there or whom we added', () => {
  id = 0
  const messages = [
    said('in', 'a@c.example', ['desk@shop.example'], ['b@c.example']),
    said('out', 'desk@shop.example', ['A@c.example'], ['x@shop.example']),
    said('in', 'a@c.example', ['Desk@shop.example'], ['B@c.example', 'x@shop.example', 'new@c.example']),
    said('in', 'new@c.example', ['desk@shop.example', 'a@c.example'], ['new@c.example']),
    said('in', 'm@maker.example', ['desk@shop.example'], ['boss@maker.example'], 'aside'),
    said('note', '', []),
  ]
  expect([...brought(messages)]).toEqual([[3, [box('new@c.example')]]])
  expect(brought([]).size).toBe(0)
})
