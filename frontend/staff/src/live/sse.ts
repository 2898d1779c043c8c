/** One server-sent event. */
export interface StreamEvent {
  id: string
  event: string
  data: string
}

/**
 * Reads server-sent events from pieces of text as they come.
 *
 * Own, because EventSource hides the heartbeat comments by which a dead line is noticed, and cannot send
 * Last-Event-ID on its first request. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class StreamParser {
  private rest = ''
  private id = ''
  private event = ''
  private data: string[] = []

  constructor(private readonly emit: (event: StreamEvent) => void) {}

  push(text: string): void {
    this.rest += text
    for (;;) {
      const end = /\r\n|\n|\r(?=.)/s.exec(this.rest)
      if (!end) return
      const line = this.rest.slice(0, end.index)
      this.rest = this.rest.slice(end.index + end[0].length)
      this.line(line)
    }
  }

  private line(line: string): void {
    if (line === '') {
      if (this.data.length) {
        this.emit({ id: this.id, event: this.event || 'message', data: this.data.join('\n') })
      }
      this.event = ''
      this.data = []
      return
    }
    if (line.startsWith(':')) return
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') this.data.push(value)
    else if (field === 'event') this.event = value
    else if (field === 'id') this.id = value
  }
}
