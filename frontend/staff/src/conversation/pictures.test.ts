import { describe, expect, it } from 'vitest'

import type { Attachment } from '../api/types'
import { apart } from './pictures'

const file = (content_id: string, type = 'image/png', inline = true): Attachment => ({
  id: 1,
  name: 'file',
  size: 1,
  type,
  inline,
  content_id,
  url: '',
})

describe('the files below a mail', () => {
  it('are all but the pictures that stand in it', () => {
    const html = '<img src="cid:a%20b@x"><img src="cid:ONE@x"><img src="cid:doc@x">'
    const shown = apart([file('a b@x'), file('one@X', 'image/png', false), file('doc@x', 'application/pdf')], html)
    expect(shown.map((one) => one.content_id)).toEqual(['doc@x'])
  })

  it('are also those that a mail calls inline and shows nowhere', () => {
    expect(apart([file('lost@x'), file('')], '<p>Picture</p>')).toHaveLength(2)
    expect(apart([file('100%')], '<img src="cid:100%">')).toHaveLength(0)
  })
})
