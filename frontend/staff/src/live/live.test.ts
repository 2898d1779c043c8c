import { describe, expect, it } from 'vitest'
import { ApiError, Offline } from '../api/http'
import { ActionQueue, type Action } from './queue'
import { StreamParser, type StreamEvent } from './sse'

function parse(...pieces: string[]): StreamEvent[] {
  const events: StreamEvent[] = []
  const parser = new StreamParser((event) => events.push(event))
  for (const piece of pieces) parser.push(piece)
  return events
}

describe('the stream', () => {
  it('reads events that come in pieces', () => {
    expect(parse('id: 7\nevent: message.rec', 'eived\nda', 'ta: {"a":1}\n', '\n')).toEqual([
      { id: '7', event: 'message.received', data: '{"a":1}' },
    ])
  })

  it('takes heartbeats for silence and joins lines of data', () => {
    expect(parse(': still here\n\n', 'data: a\r\ndata: b\r\n\r\n')).toEqual([
      { id: '', event: 'message', data: 'a\nb' },
    ])
  })

  it('does not end a line twice when CR and LF come apart', () => {
    expect(parse('data: a\r', '\n\r', '\ndata: b\n\n')).toEqual([
      { id: '', event: 'message', data: 'a' },
      { id: '', event: 'message', data: 'b' },
    ])
  })

  it('keeps the id for events that bring none', () => {
    expect(parse('id: 3\ndata: a\n\n', 'data: b\n\n').map((event) => event.id)).toEqual(['3', '3'])
  })
})

function memory() {
  const kept = new Map<string, string>()
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  }
}

describe('actions without a line', () => {
  const wish = (n: number) => ({ method: 'PATCH' as const, path: `/conversations/${n}`, body: { n }, conversation: n })

  function fixture() {
    const sent: Action[] = []
    const line = { up: true, refuse: 0 }
    const store = memory()
    const options = {
      store,
      exclusively: (work: () => Promise<void>) => work(),
      send: async (action: Action) => {
        if (!line.up) throw new Offline('down')
        if (action.conversation === line.refuse) {
          throw new ApiError({ type: 'about:blank', title: 'no', status: 409 })
        }
        sent.push(action)
        return { ok: action.conversation }
      },
    }
    return { sent, line, options, queue: new ActionQueue(options) }
  }

  it('are answered at once while the line is up', async () => {
    const { queue } = fixture()
    expect(await queue.perform(wish(1))).toEqual({ queued: false, answer: { ok: 1 } })
    expect(queue.length.value).toBe(0)
  })

  it('wait in order, survive a reload and are sent once with one key', async () => {
    const { queue, line, sent, options } = fixture()
    line.up = false
    expect(await queue.perform(wish(1))).toEqual({ queued: true })
    await queue.perform(wish(2))
    const reloaded = new ActionQueue(options)
    expect(reloaded.length.value).toBe(2)
    line.up = true
    await reloaded.perform(wish(3))
    await reloaded.flush()
    await reloaded.flush()
    expect(sent.map((action) => action.conversation)).toEqual([1, 2, 3])
    expect(new Set(sent.map((action) => action.key)).size).toBe(3)
    expect(reloaded.length.value).toBe(0)
  })

  it('report what the server refuses and go on with the rest', async () => {
    const { queue, line, sent } = fixture()
    line.up = false
    await queue.perform(wish(1))
    await queue.perform(wish(2))
    const refused: number[] = []
    queue.refused = (action) => refused.push(action.conversation)
    line.up = true
    line.refuse = 1
    await queue.flush()
    expect(refused).toEqual([1])
    expect(sent.map((action) => action.conversation)).toEqual([2])
  })

  it('stay when the line breaks again in the middle', async () => {
    const { queue, line } = fixture()
    line.up = false
    await queue.perform(wish(1))
    await queue.flush()
    expect(queue.length.value).toBe(1)
  })

  it('throw when the server refuses at once', async () => {
    const { queue, line } = fixture()
    line.refuse = 5
    await expect(queue.perform(wish(5))).rejects.toBeInstanceOf(ApiError)
  })
})
