import { fileURLToPath, URL } from 'node:url'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const out = here('../pult/web/static/staff')
const DAY = 24 * 60 * 60 * 1000

interface Built {
  file: string
  css?: string[]
  assets?: string[]
}

/** The files that the last build is made of, from its manifest. */
function builtFiles(): Set<string> {
  const manifest = `${out}/manifest.json`
  if (!existsSync(manifest)) return new Set()
  const chunks = Object.values(JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, Built>)
  return new Set(chunks.flatMap((chunk) => [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]))
}

/** The build before stays for a day: a running Pult goes on handing it out, and open pages load their parts from it. */
function keepTheBuildBefore(): Plugin {
  return {
    name: 'keep-the-build-before',
    apply: 'build',
    buildStart() {
      const now = new Date()
      for (const file of builtFiles()) if (existsSync(`${out}/${file}`)) utimesSync(`${out}/${file}`, now, now)
    },
    closeBundle() {
      const current = builtFiles()
      for (const name of readdirSync(`${out}/assets`)) {
        const path = `${out}/assets/${name}`
        if (!current.has(`assets/${name}`) && Date.now() - statSync(path).mtimeMs > DAY) rmSync(path)
      }
    },
  }
}

const backend = process.env.PULT_URL ?? 'http://127.0.0.1:8000'

export default defineConfig({
  root: here('./staff'),
  base: '/static/staff/',
  plugins: [vue(), tailwindcss(), keepTheBuildBefore()],
  resolve: { alias: { '@': here('./staff/src') } },
  build: {
    outDir: out,
    emptyOutDir: false,
    manifest: 'manifest.json',
    target: 'es2022',
    // The policy of the page allows no data: scripts and no inline styles; small files stay files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: here('./staff/src/main.ts') },
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/_allauth', '/accounts'].map((path) => [path, { target: backend, changeOrigin: false }]),
    ),
  },
  test: {
    root: here('./staff'),
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
  },
})
