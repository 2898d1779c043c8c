/** A node of the editor's document, as its JSON gives it. */
export interface DocNode {
  type?: string
  text?: string
  attrs?: Record<string, unknown>
  marks?: { type: string; attrs?: Record<string, unknown> }[]
  content?: DocNode[]
}

/** The document as plain text for mail programs that show no HTML: lists, quotes and links are kept readable. */
export function plainText(doc: DocNode): string {
  return blocks(doc.content ?? [])
    .join('\n\n')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

function blocks(nodes: readonly DocNode[]): string[] {
  return nodes.map(block)
}

function block(node: DocNode): string {
  switch (node.type) {
    case 'bulletList':
      return (node.content ?? []).map((item) => indent(item, '- ')).join('\n')
    case 'orderedList': {
      const first = Number(node.attrs?.start ?? 1)
      return (node.content ?? []).map((item, index) => indent(item, `${first + index}. `)).join('\n')
    }
    case 'blockquote':
      return blocks(node.content ?? [])
        .join('\n\n')
        .split('\n')
        .map((line) => `> ${line}`.trimEnd())
        .join('\n')
    case 'card':
      return String(node.attrs?.text ?? '')
    default:
      return inline(node.content ?? [])
  }
}

function indent(item: DocNode, sign: string): string {
  const [first = '', ...rest] = blocks(item.content ?? [])
    .join('\n')
    .split('\n')
  const space = ' '.repeat(sign.length)
  return [sign + first, ...rest.map((line) => space + line)].join('\n')
}

function inline(nodes: readonly DocNode[]): string {
  return nodes
    .map((node) => {
      if (node.type === 'hardBreak') return '\n'
      const text = node.text ?? ''
      const href = node.marks?.find((mark) => mark.type === 'link')?.attrs?.href
      if (typeof href !== 'string' || href === text || href === `mailto:${text}`) return text
      return `${text} (${href.replace(/^mailto:/, '')})`
    })
    .join('')
}

/** Plain text as HTML paragraphs, for what came without HTML. */
export function paragraphs(text: string): string {
  const escape = (line: string) => line.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
  return text
    .split(/\n{2,}/)
    .map((paragraph) => `<p>${paragraph.split('\n').map(escape).join('<br>')}</p>`)
    .join('')
}
