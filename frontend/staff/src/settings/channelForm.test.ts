import { describe, expect, it } from 'vitest'
import { filled, initial, visible, type FormField } from './channelForm'

const fields: FormField[] = [
  { name: 'receive', label: 'Receiving', kind: 'choice', default: 'imap' },
  { name: 'after', label: 'After', kind: 'choice', default: 'move', when_field: 'receive', when_value: 'imap' },
  { name: 'folder', label: 'Folder', kind: 'text', when_field: 'after', when_value: 'move' },
  { name: 'options', label: 'Options', kind: 'map', secret: true },
]

describe('the settings form of a channel', () => {
  it('shows a field only as long as the field that decides is shown', () => {
    const names = (receive: string) => visible(fields, { receive, after: 'move' }).map(({ name }) => name)
    expect(names('imap')).toEqual(['receive', 'after', 'folder', 'options'])
    expect(names('smtp')).toEqual(['receive', 'options'])
  })

  it('leaves a secret that nobody wrote as it is, a map as well', () => {
    const values = initial(fields, { options: true, folder: 'Done' })
    expect(filled(fields, values)).toEqual({ receive: 'imap', after: 'move', folder: 'Done' })
    expect(filled(fields, { ...values, options: { domain: 'example.com' } })).toMatchObject({
      options: { domain: 'example.com' },
    })
  })
})
