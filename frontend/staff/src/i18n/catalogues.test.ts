// @vitest-environment node
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

import { faults } from '../../../scripts/locales.mjs'

const read = (id: string) => JSON.parse(readFileSync(`${__dirname}/../../../locales/${id}.json`, 'utf8'))
const english = read('en')

describe('the catalogues', () => {
  it.each(['en', 'sl', 'hr', 'el', 'pl'])('%s has every key and every plural category', (id) => {
    expect(faults(id, read(id), english)).toEqual([])
  })

  it('are found faulty when a key, a plural category or a placeholder is missing', () => {
    const wanted = { 'a.b': 'Hello {name}', 'a.n': { one: '{n} file', other: '{n} files' } }
    expect(faults('sl', {}, wanted)).toHaveLength(2)
    const broken = { 'a.b': 'Zdravo', 'a.n': { one: '{n} d', few: '{n} d', other: '{n} d' }, 'a.c': '?' }
    expect(faults('sl', broken, wanted)).toEqual([
      'sl: a.b lost {name}',
      "sl: a.n lacks the plural 'two'",
      'sl: a.c is not in en.json',
    ])
  })
})
