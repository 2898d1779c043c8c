/** One field of a channel's settings form, as the adapter's types describe it. */
export interface FormField {
  name: string
  label: string
  kind: 'text' | 'number' | 'flag' | 'choice' | 'map'
  default?: unknown
  secret?: boolean
  choices?: { value: string; label: string }[]
  when_field?: string
  when_value?: string
  minimum?: number | null
  maximum?: number | null
}

export type Values = Record<string, unknown>

/** What stands in the form at first: what is set, else the default; a secret is never shown. */
export function initial(fields: readonly FormField[], set: Values): Values {
  const values: Values = {}
  for (const field of fields)
    values[field.name] = field.secret ? '' : (set[field.name] ?? field.default ?? empty(field))
  return values
}

function empty(field: FormField): unknown {
  if (field.kind === 'flag') return false
  if (field.kind === 'map') return {}
  return ''
}

/** The fields that make sense with the values there are: the field that decides has to be there itself. */
export function visible(fields: readonly FormField[], values: Values): FormField[] {
  const shown = (field: FormField | undefined): boolean =>
    !field?.when_field ||
    (String(values[field.when_field]) === field.when_value &&
      shown(fields.find(({ name }) => name === field.when_field)))
  return fields.filter(shown)
}

/** What is sent: visible fields only, numbers as numbers; a secret that was not typed is left out and so stays. */
export function filled(fields: readonly FormField[], values: Values): Values {
  const out: Values = {}
  for (const field of visible(fields, values)) {
    const value = values[field.name]
    if (field.secret && value === '') continue
    if (field.kind === 'number') {
      if (value !== '' && value !== null) out[field.name] = Number(value)
    } else out[field.name] = value
  }
  return out
}

/** "name = value" lines and back, for fields that are a map. */
export function mapToText(value: unknown): string {
  return Object.entries((value ?? {}) as Record<string, unknown>)
    .map(([key, part]) => `${key} = ${String(part)}`)
    .join('\n')
}

export function textToMap(text: string): Record<string, string> {
  const out: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const at = line.indexOf('=')
    if (at > 0) out[line.slice(0, at).trim()] = line.slice(at + 1).trim()
  }
  return out
}
