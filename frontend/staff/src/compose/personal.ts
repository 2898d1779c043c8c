/** What kind of personal data a text seems to hold; the reader is warned, never stopped. */
export type PersonalKind = 'card' | 'iban' | 'phone' | 'address'

const IBAN = /\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?\b/g
const PHONE = /(?<![\w/-]|\d )(?:\+|00)\d[\d ()/-]{6,}\d(?!\w)/
const MAIL = /[^\s@<>,;:()"]+@[^\s@<>,;:()"]+\.[a-z]{2,}/gi

/** The Luhn check of ISO/IEC 7812. */
function luhn(digits: string): boolean {
  let sum = 0
  for (let index = 0; index < digits.length; index += 1) {
    let digit = Number(digits[digits.length - 1 - index])
    if (index % 2 === 1) {
      digit *= 2
      if (digit > 9) digit -= 9
    }
    sum += digit
  }
  return sum % 10 === 0
}

function hasCard(text: string): boolean {
  const runs = text.match(/\b\d(?:[ -]?\d){12,18}\b/g) ?? []
  return runs.some((run) => luhn(run.replace(/\D/g, '')))
}

/** The check of ISO 13616: letters as numbers, the first four signs last, modulo 97 is 1. */
function isIban(text: string): boolean {
  const plain = text.replace(/[ -]/g, '')
  let rest = 0
  for (const sign of plain.slice(4) + plain.slice(0, 4)) {
    for (const digit of String(parseInt(sign, 36))) rest = (rest * 10 + Number(digit)) % 97
  }
  return rest === 1
}

/** Find personal data in an answer; mail addresses count unless the answer goes to them anyway. */
export function personalData(text: string, recipients: readonly string[]): PersonalKind[] {
  const found: PersonalKind[] = []
  if (hasCard(text)) found.push('card')
  if ((text.match(IBAN) ?? []).some(isIban)) found.push('iban')
  if (PHONE.test(text)) found.push('phone')
  const known = new Set(recipients.map((address) => address.toLowerCase()))
  const mails = text.match(MAIL) ?? []
  if (mails.some((mail) => !known.has(mail.toLowerCase().replace(/[.!?]+$/, '')))) found.push('address')
  return found
}
