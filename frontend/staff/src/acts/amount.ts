/** How many digits of a currency stand after the point, as Intl knows them. */
export function digits(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
}

/** An amount as one types it ("24,95", "1 200.5") in minor units; undefined where it is none. */
export function toMinor(text: string, currency: string): number | undefined {
  const bare = text.replace(/[\s\u00a0\u202f']/g, '')
  const found = /^(\d{1,12})(?:[.,](\d+))?$/.exec(bare)
  if (!found) return undefined
  const size = digits(currency)
  const rest = found[2] ?? ''
  if (rest.length > size) return undefined
  return Number(found[1]) * 10 ** size + Number(rest.padEnd(size, '0') || 0)
}

/** An amount as it stands in a field: 24.95, in the writing of the language. */
export function toText(amount: number, currency: string, tag: string): string {
  const size = digits(currency)
  const format = new Intl.NumberFormat(tag, {
    minimumFractionDigits: size,
    maximumFractionDigits: size,
    useGrouping: false,
  })
  return format.format(amount / 10 ** size)
}
