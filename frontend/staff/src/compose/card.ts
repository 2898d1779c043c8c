import { mergeAttributes, Node } from '@tiptap/core'

/** The words of a table, each line of it on its own, its address at the end: what a mail without HTML says. */
export function wordsOf(element: HTMLElement): string {
  const copy = element.cloneNode(true) as HTMLElement
  for (const line of copy.querySelectorAll('br')) line.replaceWith('\n')
  const href = copy.querySelector('a')?.getAttribute('href') ?? ''
  const lines = (copy.textContent ?? '').split('\n').map((line) => line.trim())
  return [...lines, href].filter(Boolean).join('\n')
}

/**
 * A product or an order as a card in an answer. It is a table, because Outlook for Windows knows nothing else that has
 * two sides, and stays as it was made: the only tables that an answer has are cards.
 */
export const Card = Node.create({
  name: 'card',
  group: 'block',
  atom: true,
  selectable: true,
  draggable: true,

  addAttributes() {
    return {
      inside: { default: '', parseHTML: (element: HTMLElement) => element.innerHTML, rendered: false },
      text: { default: '', parseHTML: (element: HTMLElement) => wordsOf(element), rendered: false },
    }
  },

  parseHTML() {
    return [{ tag: 'table' }]
  },

  renderHTML({ node, HTMLAttributes }) {
    const table = document.createElement('table')
    const looks = { border: '0', cellpadding: '0', cellspacing: '0', width: '100%', style: 'border:1px solid #8888' }
    for (const [name, value] of Object.entries(mergeAttributes(looks, HTMLAttributes)))
      table.setAttribute(name, String(value))
    table.append(...safe(String(node.attrs.inside)))
    return { dom: table }
  },
})

const KEPT: Readonly<Record<string, readonly string[]>> = {
  TBODY: [],
  TR: [],
  TD: ['width', 'valign', 'style'],
  A: ['href'],
  IMG: ['src', 'alt', 'width', 'border'],
  STRONG: [],
  BR: [],
}

/** What a card may be made of; all else loses its tag, so that a pasted table can bring nothing along. */
function safe(html: string): globalThis.Node[] {
  const page = new DOMParser().parseFromString(`<table>${html}</table>`, 'text/html')
  const clean = (from: globalThis.Node): globalThis.Node[] => {
    if (from.nodeType === globalThis.Node.TEXT_NODE) return [document.createTextNode(from.textContent ?? '')]
    if (!(from instanceof HTMLElement)) return []
    const inside = [...from.childNodes].flatMap(clean)
    const kept = KEPT[from.tagName]
    if (!kept) return ['SCRIPT', 'STYLE'].includes(from.tagName) ? [] : inside
    const made = document.createElement(from.tagName)
    for (const name of kept) {
      const value = from.getAttribute(name)
      const address = name === 'href' || name === 'src'
      if (value !== null && (!address || /^https?:\/\//i.test(value))) made.setAttribute(name, value)
    }
    made.append(...inside)
    return [made]
  }
  return [...(page.querySelector('table')?.childNodes ?? [])].flatMap(clean)
}
