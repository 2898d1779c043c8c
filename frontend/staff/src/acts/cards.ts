import { webAddress } from '../panel/orders'

export interface Card {
  title: string
  url: string
  picture: string
  lines: readonly string[]
}

export const escapeHtml = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')

/**
 * A card for a mail: a table with sizes in attributes, which Outlook for Windows knows as well, and colours that are
 * nobody's, so that it can be read in the dark.
 */
export function cardHtml(card: Card): string {
  const url = webAddress(card.url)
  const picture = webAddress(card.picture)
  const linked = (inner: string) => (url ? `<a href="${escapeHtml(url)}">${inner}</a>` : inner)
  const seen = picture
    ? `<td width="96" valign="top" style="padding:8px">${linked(
        `<img src="${escapeHtml(picture)}" alt="" width="80" border="0">`,
      )}</td>`
    : ''
  const lines = card.lines.map((line) => `<br>${escapeHtml(line)}`).join('')
  return (
    '<table border="0" cellpadding="0" cellspacing="0" width="100%" style="border:1px solid #8888">' +
    `<tbody><tr>${seen}<td valign="top" style="padding:8px"><strong>${linked(escapeHtml(card.title))}</strong>${lines}</td></tr></tbody></table>`
  )
}

/** The same in words, each line a paragraph's line. */
export function cardText(card: Card): string {
  const lines = [card.title, ...card.lines].map(escapeHtml).join('<br>')
  const url = webAddress(card.url)
  return `<p>${lines}${url ? `<br><a href="${escapeHtml(url)}">${escapeHtml(url)}</a>` : ''}</p>`
}
