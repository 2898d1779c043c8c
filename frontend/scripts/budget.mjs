// The entry's weight (gzip): everything that the first page has to load, by the manifest's static imports.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const out = new URL('../../pult/web/static/staff/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('manifest.json', out), 'utf8'))
const limits = { js: 180_000, css: 20_000 }

const seen = new Set()
const files = { js: new Set(), css: new Set() }
const walk = (key) => {
  if (seen.has(key)) return
  seen.add(key)
  const chunk = manifest[key]
  files.js.add(chunk.file)
  for (const css of chunk.css ?? []) files.css.add(css)
  for (const next of chunk.imports ?? []) walk(next)
}
walk('src/main.ts')

let failed = false
for (const [kind, limit] of Object.entries(limits)) {
  let total = 0
  for (const file of files[kind]) total += gzipSync(readFileSync(new URL(file, out)), { level: 9 }).length
  console.log(`entry ${kind}: ${(total / 1000).toFixed(1)} kB of ${limit / 1000} kB`)
  if (total > limit) failed = true
}

// The widget: what a shop's page loads at once, and what is loaded when the chat is opened, with one language.
const widget = new URL('../../pult/web/static/widget/', import.meta.url)
const weight = (...names) =>
  names.reduce((sum, name) => sum + gzipSync(readFileSync(new URL(name, widget)), { level: 9 }).length, 0)
for (const [name, size, limit] of [
  ['widget loader', weight('loader.js'), 3_000],
  ['widget opened', weight('loader.js', 'panel.js', 'el.js'), 12_000],
]) {
  console.log(`${name}: ${(size / 1000).toFixed(1)} kB of ${limit / 1000} kB`)
  if (size > limit) failed = true
}
process.exit(failed ? 1 : 0)
