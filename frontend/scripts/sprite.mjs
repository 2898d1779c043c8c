/* Makes staff/src/ui/icons.svg of the Lucide icons named in staff/src/ui/icons.ts. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const ui = join(root, 'staff', 'src', 'ui')
const names = [...readFileSync(join(ui, 'icons.ts'), 'utf8').matchAll(/^ {2}["']([\w-]+)["'],$/gm)].map(
  (match) => match[1],
)

const symbols = [...new Set(names)].sort().map((name) => {
  const file = join(root, 'node_modules', 'lucide-static', 'icons', `${name}.svg`)
  if (!existsSync(file)) throw new Error(`Lucide has no icon ${name}`)
  const inner = readFileSync(file, 'utf8')
    .replace(/<!--.*?-->/gs, '')
    .replace(/^[\s\S]*?<svg[^>]*>/, '')
    .replace(/<\/svg>\s*$/, '')
    .replace(/\s*\n\s*/g, '')
  return (
    `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" ` +
    `stroke-linecap="round" stroke-linejoin="round">${inner}</symbol>`
  )
})
writeFileSync(join(ui, 'icons.svg'), `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join('\n')}\n</svg>\n`)
console.log(`${symbols.length} icons`)
