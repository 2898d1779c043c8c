const COLOURED = '[bgcolor],[color],[style*="color" i],[style*="background" i],font[color],table[background]'
const QUOTES = [
  '.gmail_quote',
  '.gmail_quote_container',
  'blockquote[type="cite"]',
  '.moz-cite-prefix',
  '.yahoo_quoted',
  '#appendonsend',
  '#divRplyFwdMsg',
  '[id^="mail-editor-reference"]',
  '.protonmail_quote',
  'blockquote',
].join(',')
const HIDDEN = 'data-pult-folded'

/**
 * Give a mail's document the page's writing. Returns whether it brings colours of its own and so needs a white
 * sheet in the dark. Properties are set one by one: the frame's policy is not asked for them.
 */
export function dress(doc: Document, dark: boolean): boolean {
  // Asked once: afterwards the document also has the colours that were set here.
  const kept = doc.documentElement.dataset
  kept.coloured ??= String(doc.querySelector(COLOURED) !== null)
  const coloured = kept.coloured === 'true'
  const root = doc.documentElement.style
  root.colorScheme = dark && !coloured ? 'dark' : 'light'
  root.background = 'transparent'
  root.overflow = 'hidden'
  const body = doc.body.style
  body.margin = '0'
  body.padding = dark && coloured ? '12px' : '0'
  body.fontFamily = 'system-ui, sans-serif'
  body.fontSize = '14px'
  body.lineHeight = '22px'
  body.overflowWrap = 'anywhere'
  body.overflowX = 'auto'
  body.color = coloured ? '#1a1d23' : dark ? '#eceef2' : '#1f2329'
  body.background = 'transparent'
  for (const link of doc.querySelectorAll<HTMLAnchorElement>('a[href]')) {
    link.target = '_blank'
    link.rel = 'noopener noreferrer nofollow'
    if (!coloured) link.style.color = dark ? '#a9b7ff' : '#3a4fc4'
  }
  for (const picture of doc.querySelectorAll<HTMLElement>('img, table')) picture.style.maxWidth = '100%'
  for (const picture of doc.querySelectorAll<HTMLImageElement>('img')) {
    picture.style.height = 'auto'
    // One that is not loaded shows its words, and without words nothing rather than the sign of a broken file.
    if (!picture.hasAttribute('alt')) picture.alt = ''
  }
  return dark && coloured
}

/** Whether something that is read stands outside of the parts to fold. */
function leavesText(doc: Document, parts: readonly HTMLElement[]): boolean {
  const whole = doc.body.textContent?.trim().length ?? 0
  const inside = parts.reduce((sum, part) => sum + (part.textContent?.trim().length ?? 0), 0)
  return whole - inside > 1
}

/** Hide what the mail repeats from before. Returns whether there was anything. */
export function foldQuotes(doc: Document): boolean {
  const all = [...doc.body.querySelectorAll<HTMLElement>(QUOTES)]
  const outer = all.filter((part) => !all.some((other) => other !== part && other.contains(part)))
  if (outer.length === 0 || !leavesText(doc, outer)) return false
  for (const part of outer) {
    part.setAttribute(HIDDEN, '')
    part.style.display = 'none'
    // Outlook has no element around what it repeats: everything after its line belongs to it.
    if (part.id === 'appendonsend' || part.id === 'divRplyFwdMsg') {
      for (let next = part.nextElementSibling; next instanceof HTMLElement || next; next = next.nextElementSibling) {
        next.setAttribute(HIDDEN, '')
        ;(next as HTMLElement).style.display = 'none'
      }
    }
  }
  return true
}

/** Show it again. */
export function unfoldQuotes(doc: Document): void {
  for (const part of doc.querySelectorAll<HTMLElement>(`[${HIDDEN}]`)) {
    part.removeAttribute(HIDDEN)
    part.style.display = ''
  }
}
