import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath, URL } from 'node:url'
import { defineConfig } from 'vite'
import type { Plugin } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const LANGUAGES = ['sl', 'hr', 'el', 'pl', 'en']

/** What the widget is made of, as one word: its parts are asked for under it, so that browsers may keep them. */
function version(): string {
  const hash = createHash('sha256')
  for (const folder of ['widget/src/', 'widget/locales/']) {
    for (const name of readdirSync(here(folder)).sort()) hash.update(readFileSync(here(folder + name)))
  }
  return hash.digest('hex').slice(0, 10)
}

/** A module of texts for each language: a page loads the one that it speaks. */
function languages(): Plugin {
  return {
    name: 'languages',
    generateBundle() {
      for (const id of LANGUAGES) {
        const texts: unknown = JSON.parse(readFileSync(here(`widget/locales/${id}.json`), 'utf8'))
        this.emitFile({ type: 'asset', fileName: `${id}.js`, source: `export default ${JSON.stringify(texts)}\n` })
      }
    },
  }
}

const part = process.env.PART === 'loader' ? 'loader' : 'panel'
const built = version()

export default defineConfig({
  root: here('./widget'),
  publicDir: false,
  plugins: part === 'panel' ? [languages()] : [],
  define: { PANEL: JSON.stringify(`panel.js?${built}`), LANGUAGES_AT: JSON.stringify('./') },
  build: {
    outDir: here('../pult/web/static/widget'),
    emptyOutDir: part === 'panel',
    target: 'es2022',
    modulePreload: false,
    lib: {
      entry: here(`./widget/src/${part}.ts`),
      name: 'PultChat',
      formats: [part === 'loader' ? 'iife' : 'es'],
      fileName: () => `${part}.js`,
    },
  },
})
