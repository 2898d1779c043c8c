/** What the shop's page tells of what is looked at. */
export interface Page {
  url?: string
  title?: string
}

export interface Config {
  pult: string
  inbox: number
  language: string
  identity: string
  page: Page
}

export type ShopCall = ['open', string?] | ['page', Page?] | ['identity', string?]

export interface Panel {
  toggle(): void
  open(text?: string): void
  looked(): void
  identify(): void
}

export interface SaidFile {
  id: number
  name: string
  type: string
  size: number
}

export interface Said {
  id: number
  mine: boolean
  text: string
  author: string
  at: string
  state: string
  name: string
  files: SaidFile[]
}

/** A message of one's own that Pult has not confirmed yet. */
export interface Waiting {
  id: string
  text: string
  at: string
  files: File[]
  failed?: string
}

export interface Begun {
  token: string
  store: string
  colour: string
  greeting: string
  agent: string
  name: string
  watch: { page: boolean; typing: boolean }
  limits: { max_text: number; max_file_bytes: number; max_files: number }
  items: Said[]
}
