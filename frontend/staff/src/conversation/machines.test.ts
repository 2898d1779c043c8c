import { describe, expect, it } from 'vitest'

import { machine } from './machines'

describe('what machines send', () => {
  it('is named, and what people write is not', () => {
    expect(machine('auto_reply')).toEqual({ icon: 'zap', words: 'kind.auto_reply' })
    expect(machine('person')).toBeNull()
    expect(machine('toString')).toBeNull()
  })
})
