import type { Attachment } from '../api/types'

const PICTURES = new Set(['image/png', 'image/jpeg', 'image/jpg', 'image/pjpeg', 'image/gif', 'image/webp'])
const NAMED = /cid:([^"'\s>)]+)/gi

function contentId(written: string): string {
  let plain = written.replaceAll('&amp;', '&')
  try {
    plain = decodeURIComponent(plain)
  } catch {
    // A sign of per cent that escapes nothing.
  }
  return plain.replace(/^[<\s]+|[>\s]+$/g, '').toLowerCase()
}

/** The files that are not shown in a mail's page and so have to stand below it: only pictures it names stand in it. */
export function apart(attachments: readonly Attachment[], html: string): Attachment[] {
  const named = new Set([...html.matchAll(NAMED)].map((found) => contentId(found[1] ?? '')))
  return attachments.filter(
    (one) => !(PICTURES.has(one.type) && one.content_id && named.has(contentId(one.content_id))),
  )
}
