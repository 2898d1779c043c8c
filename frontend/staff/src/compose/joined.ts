import type { Written } from './outgoing'
import { paragraphs } from './plain'

const html = (written: Pick<Written, 'html' | 'text'>) => written.html || paragraphs(written.text)

/**
 * What came back (taken back, or not sent) together with what has been begun since in the same place, so that neither
 * is lost: `back` itself where nothing else stands here, `here` where it holds `back` already, else both.
 */
export function joined(back: Written, here: Written, signature: string): Written {
  const mine = back.text.trim()
  const held = here.text.trim()
  const rest = held.startsWith(mine) ? held.slice(mine.length).trim() : held
  const files = [...back.files, ...here.files.filter((file) => !back.files.some((one) => one.id === file.id))]
  // The server's draft of what was taken back ends with the signature, which is added anew when it is sent.
  if ((!rest || rest === signature.trim()) && files.length === back.files.length) return back
  if (held.startsWith(mine)) return { ...here, files }
  return { ...here, text: `${back.text.trimEnd()}\n\n${here.text}`, html: html(back) + html(here), files }
}

/** Whether all of `part` stands in `whole`: its words, wherever the signature is, and its files. */
export function holds(whole: Written, part: Written, signature: string): boolean {
  const words = (text: string) => text.split(/\s+/).filter(Boolean).join(' ')
  const sign = words(signature)
  const bare = (text: string) => words(sign ? words(text).split(sign).join(' ') : text)
  const files = new Set(whole.files.map((file) => file.id))
  return bare(whole.text).includes(bare(part.text)) && part.files.every((file) => files.has(file.id))
}
