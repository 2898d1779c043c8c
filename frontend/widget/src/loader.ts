/**
 * The one script on a shop's page: it shows a button, and loads the chat when somebody touches it. Until then nothing is
 * asked of anybody and nothing is kept in the browser.
 *
 * <script src="https://pult.shop.com/static/widget/loader.js" data-inbox="7" data-language="sl" async></script>
 */
import { h, icon, ICONS, style } from './dom'
import { BUTTON } from './styles'
import type { Config, Panel, ShopCall } from './types'

declare const PANEL: string
declare global {
  interface Window {
    pult?: ((...call: ShopCall) => void) & { calls?: ShopCall[] }
  }
}

const OPEN: Record<string, string> = {
  sl: 'Odpri klepet',
  hr: 'Otvori chat',
  el: 'Άνοιγμα συνομιλίας',
  pl: 'Otwórz czat',
  en: 'Open the chat',
}

function start(script: HTMLScriptElement): void {
  const base = new URL('.', script.src)
  const wished = (script.dataset.language ?? document.documentElement.lang ?? 'en').slice(0, 2).toLowerCase()
  const config: Config = {
    pult: new URL('/', script.src).origin,
    inbox: Number(script.dataset.inbox),
    language: wished in OPEN ? wished : 'en',
    identity: script.dataset.identity ?? '',
    page: {},
  }
  const host = h('div', { id: 'pult-chat', 'data-language': config.language })
  const root = host.attachShadow({ mode: 'open' })
  style(root, BUTTON)
  if (script.dataset.colour) host.style.setProperty('--shop', script.dataset.colour)
  const label = OPEN[config.language] ?? ''
  const button = h('button', { class: 'open', type: 'button', 'aria-label': label, 'aria-expanded': 'false' })
  button.append(icon(ICONS.chat))
  root.append(button)

  let panel: Promise<Panel> | undefined
  const load = (): Promise<Panel> => {
    panel ??= import(/* @vite-ignore */ new URL(PANEL, base).href).then(
      (module: { begin: (config: Config, root: ShadowRoot, button: HTMLButtonElement) => Panel }) =>
        module.begin(config, root, button),
    )
    panel.catch(() => (panel = undefined))
    return panel
  }
  const open = (): void =>
    void load().then(
      (made) => made.toggle(),
      () => undefined,
    )
  button.addEventListener('click', open)

  const call = (...given: ShopCall): void => {
    if (given[0] === 'open') void load().then((made) => made.open(given[1]))
    else if (given[0] === 'page') {
      config.page = given[1] ?? {}
      void panel?.then((made) => made.looked())
    } else if (given[0] === 'identity') {
      config.identity = given[1] ?? ''
      void panel?.then((made) => made.identify())
    }
  }
  const early = window.pult?.calls ?? []
  window.pult = call
  early.forEach((one) => call(...one))
  // Somebody who chats goes on with it on the next page: only what his own chat has kept tells so.
  if (kept(config)) open()
  ;(document.body ?? document.documentElement).append(host)
}

function kept(config: Config): boolean {
  try {
    return sessionStorage.getItem(`pult-open-${config.inbox}`) === '1'
  } catch {
    return false
  }
}

const script = document.currentScript
if (script instanceof HTMLScriptElement && Number(script.dataset.inbox) > 0) {
  if (document.body) start(script)
  else document.addEventListener('DOMContentLoaded', () => start(script), { once: true })
}
