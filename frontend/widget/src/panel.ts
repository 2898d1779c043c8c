/** What somebody sees who has opened the chat. Made when it is first opened. */
import { Chat } from './chat'
import { h, icon, ICONS, set, style } from './dom'
import { PANEL } from './styles'
import type { Config, Panel, Said, SaidFile, Waiting } from './types'

declare const LANGUAGES_AT: string
type Texts = Record<string, string>

const LINK = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g
const DAY = 86_400_000

/** Show the chat in the loader's shadow root, beneath its button. */
export function begin(config: Config, root: ShadowRoot, button: HTMLButtonElement): Panel {
  style(root, PANEL)
  const shown = new View(config, root, button)
  return {
    toggle: () => shown.toggle(),
    open: (text) => shown.show(true, text),
    looked: () => void shown.chat.tell('here'),
    identify: () => void shown.chat.begin(),
  }
}

class View implements Pick<Panel, 'toggle'> {
  readonly chat: Chat
  private texts: Texts = {}
  private made: ReturnType<View['make']> | undefined
  private picked: File[] = []
  private readonly pictures = new Map<number, string>()
  private readonly title = document.title

  constructor(
    private readonly config: Config,
    private readonly root: ShadowRoot,
    private readonly button: HTMLButtonElement,
  ) {
    this.chat = new Chat(
      config,
      () => this.draw(),
      (fresh) => this.arrived(fresh),
    )
  }

  toggle(): void {
    this.show(!this.chat.watched)
  }

  show(open: boolean, text = ''): void {
    this.chat.watched = open
    try {
      if (open) sessionStorage.setItem(`pult-open-${this.config.inbox}`, '1')
      else sessionStorage.removeItem(`pult-open-${this.config.inbox}`)
    } catch {
      // Nothing is kept in this browser.
    }
    void this.prepared().then((made) => {
      made.panel.hidden = !open
      set(this.button, { 'aria-expanded': String(open), 'aria-label': this.t(open ? 'close' : 'open') })
      if (open) {
        if (text) made.field.value = text
        this.grow()
        made.field.focus()
        made.said.scrollTop = made.said.scrollHeight
        this.chat.see()
        if (this.chat.link === 'closed') void this.chat.begin()
      } else {
        this.button.focus()
      }
      this.draw()
    })
  }

  private preparing: Promise<ReturnType<View['make']>> | undefined
  private prepared(): Promise<ReturnType<View['make']>> {
    this.preparing ??= import(
      /* @vite-ignore */ new URL(`${LANGUAGES_AT}${this.config.language}.js`, import.meta.url).href
    ).then((module: { default: Texts }) => {
      this.texts = module.default
      return (this.made = this.make())
    })
    return this.preparing
  }

  private t(key: string, values: Record<string, string | number> = {}): string {
    return (this.texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
  }

  private make() {
    const title = h('h2', { id: 'title' })
    const status = h('p')
    const close = h('button', {
      class: 'round',
      type: 'button',
      'aria-label': this.t('close'),
      onclick: () => this.show(false),
    })
    close.append(icon(ICONS.close))
    const said = h('div', { class: 'said', role: 'log', 'aria-label': this.t('log'), tabindex: 0 })
    const typing = h('p', { class: 'typing', role: 'status' })
    const bar = h('p', { class: 'bar', role: 'status', hidden: true })
    const box = h('input', { type: 'checkbox', onchange: () => this.chat.kept.set({ watch: box.checked }) })
    box.checked = this.chat.kept.content.watch
    const watch = h('label', { class: 'watch', hidden: true }, box, h('span', {}, this.t('watch')))
    const field = h('textarea', {
      rows: 1,
      'aria-label': this.t('write'),
      placeholder: this.t('write'),
      oninput: () => this.wrote(),
      onkeydown: (event: KeyboardEvent) => this.pressed(event),
      onpaste: (event: ClipboardEvent) => this.pasted(event),
    })
    field.value = this.chat.kept.content.draft
    const files = h('input', {
      type: 'file',
      multiple: true,
      hidden: true,
      accept: 'image/*,.pdf,.txt',
      tabindex: -1,
      'aria-label': this.t('attach'),
    })
    files.addEventListener('change', () => {
      this.pick([...(files.files ?? [])])
      files.value = ''
    })
    const attach = h('button', {
      class: 'round',
      type: 'button',
      'aria-label': this.t('attach'),
      onclick: () => files.click(),
    })
    attach.append(icon(ICONS.clip))
    const send = h('button', { class: 'round send', type: 'submit', 'aria-label': this.t('send') })
    send.append(icon(ICONS.send))
    const picked = h('ul', { class: 'picked', hidden: true })
    const submit = (event: Event): void => {
      event.preventDefault()
      this.send()
    }
    const form = h('form', { onsubmit: submit }, picked, files, attach, field, send)
    const news = h('p', { class: 'quiet', 'aria-live': 'polite' })
    const panel = h(
      'section',
      {
        class: 'panel',
        role: 'dialog',
        'aria-labelledby': 'title',
        lang: this.config.language,
        hidden: true,
        onkeydown: (event: KeyboardEvent) => event.key === 'Escape' && this.show(false),
      },
      h('header', {}, h('div', {}, title, status), close),
      bar,
      said,
      typing,
      watch,
      form,
      news,
    )
    const badge = h('span', { class: 'badge', hidden: true })
    this.button.append(badge)
    this.root.append(panel)
    return { panel, title, status, said, typing, bar, watch, field, send, picked, badge, news }
  }

  private draw(): void {
    const made = this.made
    if (!made) return
    const { begun } = this.chat
    const host = this.root.host as HTMLElement
    if (begun?.colour) host.style.setProperty('--shop', begun.colour)
    made.title.textContent = begun?.store ?? ''
    made.status.textContent = begun?.agent ? this.t('with', { name: begun.agent }) : this.t('hours')
    made.bar.hidden = this.chat.link !== 'lost'
    made.bar.textContent = this.t('lost')
    made.watch.hidden = !begun?.watch.page
    made.typing.replaceChildren(
      ...(this.chat.typing ? [h('span', { class: 'dots' }, this.t('typing', { name: this.chat.typing }))] : []),
    )
    made.send.disabled = !made.field.value.trim() && !this.picked.length
    const unread = this.chat.watched && !document.hidden ? 0 : this.chat.unread
    made.badge.hidden = !unread
    made.badge.textContent = String(unread)
    document.title = unread && document.hidden ? `(${unread}) ${this.title}` : this.title
    this.drawSaid(made.said)
  }

  private drawSaid(log: HTMLElement): void {
    const down = log.scrollHeight - log.scrollTop - log.clientHeight < 80
    const lines: Node[] = [h('p', { class: 'hello' }, this.chat.begun?.greeting || this.t('hello'))]
    if (this.chat.begun?.watch.typing) lines.push(h('p', { class: 'hello' }, this.t('typing_seen')))
    let day = ''
    let author = ''
    for (const one of this.chat.items) {
      const its = new Date(one.at).toDateString()
      if (its !== day) lines.push(h('p', { class: 'day' }, this.day(one.at)))
      if (!one.mine && (one.author !== author || its !== day)) lines.push(h('p', { class: 'by' }, one.author))
      day = its
      author = one.mine ? '' : one.author
      lines.push(this.line(one))
    }
    for (const one of this.chat.waiting) lines.push(this.waits(one))
    log.replaceChildren(...lines)
    if (down) log.scrollTop = log.scrollHeight
  }

  private line(one: Said): HTMLElement {
    const line = h('div', { class: one.mine ? 'one mine' : 'one', 'data-said': one.id })
    if (one.text) line.append(this.bubble(one.text))
    for (const file of one.files) line.append(this.file(file))
    const at = h(
      'time',
      { datetime: one.at },
      new Intl.DateTimeFormat(this.config.language, { timeStyle: 'short' }).format(new Date(one.at)),
    )
    line.append(h('p', { class: 'mark' }, at, one.mine ? ` · ${this.t('delivered')}` : false))
    return line
  }

  private waits(one: Waiting): HTMLElement {
    const line = h('div', { class: 'one mine', 'data-waiting': one.id })
    if (one.text) line.append(this.bubble(one.text))
    for (const file of one.files) line.append(h('span', { class: 'file' }, file.name))
    if (!one.failed) {
      line.append(h('p', { class: 'mark' }, this.t('sending')))
      return line
    }
    line.append(
      h(
        'p',
        { class: 'mark bad' },
        this.t(`refused_${one.failed}`),
        h('button', { type: 'button', onclick: () => this.chat.drop(one.id) }, this.t('remove')),
      ),
    )
    return line
  }

  private bubble(text: string): HTMLElement {
    const bubble = h('p', { class: 'bubble' })
    let from = 0
    for (const match of text.matchAll(LINK)) {
      bubble.append(
        text.slice(from, match.index),
        h('a', { href: match[0], target: '_blank', rel: 'noopener noreferrer nofollow' }, match[0]),
      )
      from = match.index + match[0].length
    }
    bubble.append(text.slice(from))
    return bubble
  }

  private file(file: SaidFile): HTMLElement {
    const button = h('button', { class: 'file', type: 'button', onclick: () => void this.save(file) }, file.name)
    if (/^image\/(png|jpeg|gif|webp)$/.test(file.type)) void this.picture(file, button)
    return button
  }

  private async picture(file: SaidFile, button: HTMLElement): Promise<void> {
    let url = this.pictures.get(file.id)
    if (!url) {
      const blob = await this.chat.line.blob(`files/${file.id}`).catch(() => undefined)
      if (!blob) return
      url = URL.createObjectURL(new Blob([blob], { type: file.type }))
      this.pictures.set(file.id, url)
    }
    const image = h('img', { src: url, alt: file.name })
    // A page whose policy allows no pictures of this kind keeps the file's name.
    image.addEventListener('load', () => {
      set(button, { class: 'file pic' })
      button.replaceChildren(image)
    })
  }

  private async save(file: SaidFile): Promise<void> {
    const blob = await this.chat.line.blob(`files/${file.id}`).catch(() => undefined)
    if (!blob) return
    const url = URL.createObjectURL(blob)
    h('a', { href: url, download: file.name }).click()
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  }

  private day(at: string): string {
    const midnight = (moment: Date): number => new Date(moment).setHours(0, 0, 0, 0)
    const ago = Math.round((midnight(new Date()) - midnight(new Date(at))) / DAY)
    if (ago < 2) return new Intl.RelativeTimeFormat(this.config.language, { numeric: 'auto' }).format(-ago, 'day')
    return new Intl.DateTimeFormat(this.config.language, { dateStyle: 'medium' }).format(new Date(at))
  }

  private wrote(): void {
    this.grow()
    this.chat.type(this.made?.field.value ?? '')
    this.draw()
  }

  private grow(): void {
    const field = this.made?.field
    if (!field) return
    field.style.height = '44px'
    field.style.height = `${Math.min(field.scrollHeight, 140)}px`
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    this.send()
  }

  private pasted(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])]
    if (files.length) event.preventDefault()
    this.pick(files)
  }

  private pick(files: File[]): void {
    const bounds = this.chat.begun?.limits
    this.picked = [...this.picked, ...files].slice(0, bounds?.max_files ?? 5)
    const list = this.made?.picked
    if (!list) return
    list.hidden = !this.picked.length
    list.replaceChildren(
      ...this.picked.map((file) => {
        const gone = h('button', {
          type: 'button',
          'aria-label': `${this.t('remove')}: ${file.name}`,
          onclick: () => {
            this.picked = this.picked.filter((one) => one !== file)
            this.pick([])
            this.made?.field.focus()
          },
        })
        gone.append(icon(ICONS.close))
        return h('li', { class: 'file' }, file.name, gone)
      }),
    )
    this.draw()
  }

  private send(): void {
    const field = this.made?.field
    const text = field?.value.trim() ?? ''
    if (!field || (!text && !this.picked.length)) return
    this.chat.write(text.slice(0, this.chat.begun?.limits.max_text ?? 4_000), this.picked)
    this.picked = []
    this.pick([])
    field.value = ''
    this.grow()
    field.focus()
    this.made?.said.scrollTo(0, this.made.said.scrollHeight)
  }

  private arrived(fresh: Said[]): void {
    const last = fresh.at(-1)
    if (!last || !this.made) return
    this.made.news.textContent = `${last.author}: ${last.text}`
    if (document.hidden || !this.chat.watched) chime()
  }
}

/** Two quiet notes. A browser that plays nothing before it was touched plays nothing. */
function chime(): void {
  try {
    const context = new AudioContext()
    ;[660, 880].forEach((pitch, index) => {
      const tone = context.createOscillator()
      const loud = context.createGain()
      const at = context.currentTime + index * 0.12
      tone.frequency.value = pitch
      loud.gain.setValueAtTime(0.05, at)
      loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.25)
      tone.connect(loud).connect(context.destination)
      tone.start(at)
      tone.stop(at + 0.26)
    })
    setTimeout(() => void context.close(), 1_000)
  } catch {
    // No sound here.
  }
}
