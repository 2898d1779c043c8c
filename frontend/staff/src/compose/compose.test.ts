import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { deadAmong, refusal } from './dead'
import { DraftSaver } from './drafts'
import { useFiles } from './files'
import { joined } from './joined'
import type { Written } from './outgoing'
import { personalData } from './personal'
import { plainText } from './plain'
import { add, broken, complete, equal, parseMailboxes, proposed, remove } from './recipients'
import type { UploadedFile } from './upload'

const ana = { name: 'Ana Novak', address: 'ana@example.si' }
const marko = { name: '', address: 'marko@example.hr' }
const eleni = { name: 'Ελένη', address: 'eleni@example.gr' }

describe('dead addresses', () => {
  const identity = { id: 1, kind: 'email', value: ana.address, verified: false, proven: false } as const
  const hard = { ...identity, undeliverable: '550', undeliverable_kind: 'hard', undeliverable_reason: 'moved' } as const
  const alive = { ...hard, id: 2, value: marko.address, undeliverable_kind: '' } as const

  it('are named while they are among the recipients', () => {
    expect(deadAmong([{ name: '', address: 'ANA@example.si' }, marko], [hard, alive])).toEqual([hard])
    expect(deadAmong([marko, eleni], [hard, alive])).toEqual([])
  })

  it('have a sentence for every reason', () => {
    expect([refusal('mailbox_full'), refusal('reverse_dns'), refusal('undefined'), refusal('')]).toEqual([
      'refusal.mailbox_full',
      'refusal.blocked',
      'refusal.other',
      'refusal.other',
    ])
  })
})

describe('recipients', () => {
  it('are read from what people paste', () => {
    expect(parseMailboxes('"Novak, Ana" <ana@example.si>; marko@example.hr,\n Ελένη <eleni@example.gr>')).toEqual([
      { name: 'Novak, Ana', address: 'ana@example.si' },
      marko,
      eleni,
    ])
    expect(parseMailboxes('a@b.si c@d.hr')).toHaveLength(2)
    expect(parseMailboxes('mailto:a@b.si')).toEqual([{ name: '', address: 'a@b.si' }])
    expect(parseMailboxes('not an address')).toEqual([{ name: '', address: 'not an address' }])
  })

  it('keep everybody whom the server proposes, Cc too', () => {
    const found = proposed({ reply_to: { to: [ana, marko], cc: [eleni] } })
    expect(found).toEqual({ to: [ana, marko], cc: [eleni], bcc: [] })
  })

  it('hold an address once and put it where it was put last', () => {
    const start = { to: [ana], cc: [marko], bcc: [] }
    expect(add(start, 'to', [{ name: 'Marko', address: 'MARKO@example.hr' }])).toEqual({
      to: [ana, { name: 'Marko', address: 'MARKO@example.hr' }],
      cc: [],
      bcc: [],
    })
    expect(add(start, 'to', [{ name: '', address: 'ana@example.si' }]).to).toEqual([ana])
  })

  it('lose only whom one takes away', () => {
    expect(remove({ to: [ana, marko], cc: [eleni], bcc: [] }, 'to', marko)).toEqual({ to: [ana], cc: [eleni], bcc: [] })
  })

  it('tell half-typed ones from whole ones', () => {
    const half = { to: [ana, { name: '', address: 'mar' }], cc: [], bcc: [] }
    expect(broken(half)).toEqual([{ name: '', address: 'mar' }])
    expect(complete(half).to).toEqual([ana])
    expect(equal(half, half)).toBe(true)
    expect(equal(half, complete(half))).toBe(false)
  })
})

describe('plainText', () => {
  const paragraph = (text: string) => ({ type: 'paragraph', content: [{ type: 'text', text }] })

  it('keeps paragraphs, lists, quotes and links readable', () => {
    const doc = {
      type: 'doc',
      content: [
        paragraph('Pozdravljeni,'),
        {
          type: 'bulletList',
          content: [
            {
              type: 'listItem',
              content: [
                paragraph('ena'),
                { type: 'orderedList', content: [{ type: 'listItem', content: [paragraph('a')] }] },
              ],
            },
            { type: 'listItem', content: [paragraph('dve')] },
          ],
        },
        { type: 'blockquote', content: [paragraph('kdaj?'), paragraph('jutri')] },
        {
          type: 'paragraph',
          content: [
            { type: 'text', text: 'tukaj', marks: [{ type: 'link', attrs: { href: 'https://example.si/x' } }] },
            { type: 'hardBreak' },
            { type: 'text', text: 'a@b.si', marks: [{ type: 'link', attrs: { href: 'mailto:a@b.si' } }] },
          ],
        },
      ],
    }
    expect(plainText(doc)).toBe(
      'Pozdravljeni,\n\n- ena\n  1. a\n- dve\n\n> kdaj?\n>\n> jutri\n\ntukaj (https://example.si/x)\na@b.si',
    )
  })
})

describe('personalData', () => {
  it.each([
    ['SI56 1910 0000 0123 438', ['iban']],
    ['kartica 4111 1111 1111 1111', ['card']],
    ['pokličite +386 41 123 456', ['phone']],
    ['pišite na drugi@example.si.', ['address']],
    ['pišite na ana@example.si.', []],
    ['naročilo 4000123 z dne 21. 11. 2026', []],
    ['paket RR123456785SI', []],
  ])('in "%s" is %j', (text, kinds) => {
    expect(personalData(text, ['Ana@example.si'])).toEqual(kinds)
  })
})

describe('DraftSaver', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('saves once after the typing rests', async () => {
    const save = vi.fn(async () => {})
    const saver = new DraftSaver<string>({ save })
    saver.change('a')
    await vi.advanceTimersByTimeAsync(100)
    saver.change('ab')
    await vi.advanceTimersByTimeAsync(399)
    expect(save).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(save.mock.calls).toEqual([['ab']])
    expect(saver.state.value).toBe('saved')
  })

  it('saves within a second also while the typing goes on', async () => {
    const save = vi.fn(async () => {})
    const saver = new DraftSaver<number>({ save })
    for (let stroke = 0; stroke < 20; stroke += 1) {
      saver.change(stroke)
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(save.mock.calls.length).toBeGreaterThanOrEqual(2)
  })

  it('lets the newest value win over a slow save', async () => {
    const kept: string[] = []
    const save = (value: string) => new Promise<void>((done) => setTimeout(() => (kept.push(value), done()), 2000))
    const saver = new DraftSaver<string>({ save })
    saver.change('old')
    await vi.advanceTimersByTimeAsync(500)
    saver.change('new')
    await vi.advanceTimersByTimeAsync(5000)
    expect(kept).toEqual(['old', 'new'])
  })

  it('tries again when nothing answered, and says so meanwhile', async () => {
    let online = false
    const save = vi.fn(async () => {
      if (!online) throw new Error('offline')
    })
    const saver = new DraftSaver<string>({ save })
    saver.change('text')
    await vi.advanceTimersByTimeAsync(500)
    expect(saver.state.value).toBe('offline')
    expect(saver.unsaved).toBe('text')
    online = true
    await vi.advanceTimersByTimeAsync(3000)
    expect(saver.state.value).toBe('saved')
  })

  it('does not bring back what was sent', async () => {
    const save = vi.fn(async () => {})
    const saver = new DraftSaver<string>({ save })
    saver.change('sent')
    await saver.drop()
    await vi.advanceTimersByTimeAsync(5000)
    expect(save).not.toHaveBeenCalled()
  })

  it('saves the rest when it is closed', async () => {
    const save = vi.fn(async () => {})
    const saver = new DraftSaver<string>({ save })
    saver.change('last')
    await saver.close()
    expect(save.mock.calls).toEqual([['last']])
  })
})

describe('files', () => {
  const file = (name: string) => new File(['abc'], name, { type: 'text/plain' })

  it('are counted when they are there, and may be cancelled before', async () => {
    const waiting: { done: (file: UploadedFile) => void; signal: AbortSignal }[] = []
    const discard = vi.fn(async () => {})
    const files = useFiles({
      send: (sent, progress, signal) =>
        new Promise((resolve, reject) => {
          progress(0.5)
          signal.addEventListener('abort', () => reject(new DOMException('', 'AbortError')))
          waiting.push({ done: resolve, signal })
          void sent
        }),
      discard,
    })
    files.add([file('a.txt'), file('b.txt')])
    expect(files.files.map((one) => one.progress)).toEqual([0.5, 0.5])
    expect(files.busy.value).toBe(true)
    files.remove(files.files[1]!.key)
    expect(waiting[1]!.signal.aborted).toBe(true)
    waiting[0]!.done({ id: 7, name: 'a.txt', size: 3, type: 'text/plain' })
    await files.settled()
    expect(files.ids.value).toEqual([7])
    files.remove(files.files[0]!.key)
    expect(discard).toHaveBeenCalledWith(7)
  })

  it('that failed can be sent again', async () => {
    let works = false
    const files = useFiles({
      send: async () => {
        if (!works) throw Object.assign(new Error('no'), { status: 500 })
        return { id: 1, name: 'a.txt', size: 3, type: 'text/plain' }
      },
    })
    files.add([file('a.txt')])
    await files.settled()
    expect(files.failed.value).toBe(true)
    works = true
    files.again(files.files[0]!.key)
    await files.settled()
    expect(files.ids.value).toEqual([1])
  })
})

describe('what comes back', () => {
  const recipients = { to: [ana], cc: [], bcc: [] }
  const written = (text: string, files: number[] = []): Written => ({
    kind: 'reply',
    text,
    html: text && `<p>${text}</p>`,
    recipients,
    files: files.map((id) => ({ id, name: `${id}.pdf`, size: 1, type: 'application/pdf' })),
  })

  it('stands alone where nothing else was begun', () => {
    const back = written('Prehitro')
    expect(joined(back, written(''), 'Ana')).toBe(back)
    expect(joined(back, written('Prehitro\n\nAna'), 'Ana')).toBe(back)
  })

  it('stands above what was begun since, with the files of both', () => {
    const both = joined(written('Prehitro', [1]), written('Novo', [2]), 'Ana')
    expect(both.text).toBe('Prehitro\n\nNovo')
    expect(both.html).toBe('<p>Prehitro</p><p>Novo</p>')
    expect(both.files.map((file) => file.id)).toEqual([1, 2])
  })

  it('is not put there twice', () => {
    expect(joined(written('Prehitro'), written('Prehitro\n\nAna\n\nNovo'), 'Ana').text).toBe('Prehitro\n\nAna\n\nNovo')
  })
})
