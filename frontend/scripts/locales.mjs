/*
 * Checks the catalogues in frontend/locales: every key in every language, every plural category the language has,
 * the same {placeholders}, keys sorted and one on a line. `--write` sorts them; it never makes up a text.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'locales')
const LANGUAGES = ['en', 'sl', 'hr', 'el', 'pl']
const write = process.argv.includes('--write')

/** The catalogue as text: sorted, one key on a line. */
export function serialise(messages) {
  const lines = Object.keys(messages)
    .sort()
    .map((key) => `  ${JSON.stringify(key)}: ${value(messages[key])}`)
  return `{\n${lines.join(',\n')}\n}\n`
}

function value(message) {
  if (typeof message === 'string') return JSON.stringify(message)
  const forms = Object.entries(message).map(
    ([category, text]) => `${JSON.stringify(category)}: ${JSON.stringify(text)}`,
  )
  return `{ ${forms.join(', ')} }`
}

function placeholders(message) {
  const texts = typeof message === 'string' ? [message] : Object.values(message)
  return new Set(texts.flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1])))
}

/** Every fault of one catalogue against the English one, as sentences. */
export function faults(language, messages, english) {
  const found = []
  const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories
  for (const key of Object.keys(english)) {
    const message = messages[key]
    if (message === undefined) {
      found.push(`${language}: ${key} is missing`)
      continue
    }
    const plural = typeof english[key] !== 'string'
    if (plural !== (typeof message !== 'string')) {
      found.push(`${language}: ${key} must ${plural ? '' : 'not '}have plural forms`)
      continue
    }
    if (plural) {
      for (const category of categories) {
        if (!message[category]) found.push(`${language}: ${key} lacks the plural '${category}'`)
      }
      for (const category of Object.keys(message)) {
        if (!categories.includes(category)) found.push(`${language}: ${key} has a needless plural '${category}'`)
      }
    } else if (message === '') {
      found.push(`${language}: ${key} is empty`)
    }
    const wanted = placeholders(english[key])
    const given = placeholders(message)
    for (const name of wanted) {
      if (!given.has(name) && !(plural && name === 'n')) found.push(`${language}: ${key} lost {${name}}`)
    }
    for (const name of given) {
      if (!wanted.has(name) && !(plural && name === 'n')) found.push(`${language}: ${key} has an unknown {${name}}`)
    }
  }
  for (const key of Object.keys(messages)) {
    if (!(key in english)) found.push(`${language}: ${key} is not in en.json`)
  }
  return found
}

function sources(directory) {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(vue|ts)$/.test(entry.name) && !entry.name.endsWith('.test.ts'))
    .map((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name), 'utf8'))
    .join('\n')
}

/** Keys that no source names, neither whole nor by a prefix before a ${...}. */
function unused(english) {
  const code = sources(join(root, 'staff', 'src'))
  const prefixes = [...code.matchAll(/`([\w.-]+[._-])\$\{/g)].map((match) => match[1])
  return Object.keys(english).filter(
    (key) =>
      !code.includes(`"${key}"`) && !code.includes(`'${key}'`) && !prefixes.some((prefix) => key.startsWith(prefix)),
  )
}

function main() {
  const texts = Object.fromEntries(LANGUAGES.map((id) => [id, readFileSync(join(folder, `${id}.json`), 'utf8')]))
  const catalogues = Object.fromEntries(LANGUAGES.map((id) => [id, JSON.parse(texts[id])]))
  const found = []
  for (const id of LANGUAGES) {
    if (write) {
      writeFileSync(join(folder, `${id}.json`), serialise(catalogues[id]))
    } else if (texts[id] !== serialise(catalogues[id])) {
      found.push(`${id}: not sorted, or not one key a line (node scripts/locales.mjs --write)`)
    }
    found.push(...faults(id, catalogues[id], catalogues.en))
  }
  for (const key of unused(catalogues.en)) found.push(`en: ${key} is used nowhere`)
  if (found.length) {
    console.error(found.join('\n'))
    process.exit(1)
  }
  console.log(`${Object.keys(catalogues.en).length} texts in ${LANGUAGES.length} languages`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
