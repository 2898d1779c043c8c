import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

import { fold, matches } from './fold'
import { hueOf, initials } from './hue'
import { ICONS } from './icons'

describe('the sprite', () => {
  it('holds exactly the icons that are named', () => {
    const sprite = readFileSync(`${__dirname}/icons.svg`, 'utf8')
    const drawn = [...sprite.matchAll(/<symbol id="([\w-]+)"/g)].map((match) => match[1])
    expect(drawn).toEqual([...ICONS].sort())
  })
})

describe('fold', () => {
  it('makes the letters of the five languages plain', () => {
    expect(fold('Šćepan ŽIŽEK Łódź Đorđe Παράδοσης')).toBe('scepan zizek lodz dorde παραδοσησ')
  })

  it('matches words in any order, without accents', () => {
    expect(matches('Łukasz Wójcik', 'wojc luk')).toBe(true)
    expect(matches('Ana Novak', 'marko')).toBe(false)
  })
})

describe('initials', () => {
  it.each([
    ['Ana Novak', 'AN'],
    ['info@trgovina.si', 'I'],
    ['Γιώργος Παπαδόπουλος', 'ΓΠ'],
    ['', '?'],
    ['Marija de la Cruz', 'MC'],
  ])('of %s are %s', (name, letters) => {
    expect(initials(name)).toBe(letters)
  })

  it('keep one hue a name', () => {
    expect(hueOf('Ana Novak')).toBe(hueOf('Ana Novak'))
    expect(hueOf('Ana Novak')).toBeLessThan(360)
  })
})
