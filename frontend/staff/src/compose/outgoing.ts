import { reactive, ref, shallowReactive } from 'vue'
import { ApiError, Offline, call, get } from '../api/http'
import type { Conversation, ConversationItem, Draft, Message } from '../api/types'
import { preferences } from '../app/preferences'
import { t } from '../i18n'
import { toast } from '../ui'
import { paragraphs } from './plain'
import type { Recipients } from './recipients'
import type { UploadedFile } from './upload'

/** Everything somebody has written for one message. */
export interface Written {
  kind: 'reply' | 'note'
  html: string
  text: string
  recipients: Recipients
  files: UploadedFile[]
}

export interface Sending {
  /** The Idempotency-Key: a second try never makes a second message. */
  key: string
  conversationId: number
  name: string
  written: Written
  close: boolean
  seenMessageId: number | null
  signature: string
  /** Its channel has recipients to choose; in a chat it goes to whom one chats with. */
  addressed: boolean
}

/** A message between the key press and its leaving. */
export interface Outgoing extends Sending {
  state: 'sending' | 'held' | 'undoing'
  messageId: number | null
  /** When it leaves, in milliseconds since 1970 by this machine's clock. */
  leavesAt: number
}

/** A text that came back: it was undone, or it could not be sent. */
export interface Parked {
  written: Written
  error: ApiError | Offline | null
  close: boolean
  /** Sent again, it is the same message: the server knows it by this. */
  key: string
  /** The draft that the server made of it. */
  draft?: Draft | null
}

/** Who waits for a message to be taken back that the server has not named yet, by its key. */
const wishes = new Map<string, (done: boolean) => void>()

export const outgoing = reactive<Outgoing[]>([])
export const parked = shallowReactive(new Map<number, Parked>())
/** Conversations whose composer is on the screen and shows its own messages. */
export const watched = reactive(new Set<number>())
export const now = ref(Date.now())

let clock: ReturnType<typeof setInterval> | undefined

function tick() {
  now.value = Date.now()
  for (let index = outgoing.length - 1; index >= 0; index -= 1) {
    const entry = outgoing[index]
    if (entry?.state === 'held' && entry.leavesAt <= now.value) outgoing.splice(index, 1)
  }
  if (!outgoing.length) {
    clearInterval(clock)
    clock = undefined
  }
}

function drop(key: string) {
  const at = outgoing.findIndex((entry) => entry.key === key)
  if (at >= 0) outgoing.splice(at, 1)
}

function entry(key: string): Outgoing | undefined {
  return outgoing.find((one) => one.key === key)
}

let openConversation: (id: number) => void = () => undefined

/** Say how a conversation is opened; the floating bar does. */
export function onOpen(open: (id: number) => void): void {
  openConversation = open
}

/** The reader has gone on to another conversation: the failure has to be said where he is. */
function tellElsewhere(sending: Sending): void {
  toast({
    tone: 'bad',
    duration: 60_000,
    text: t('compose.failed_elsewhere', { name: sending.name }),
    action: { label: t('compose.open'), run: () => openConversation(sending.conversationId) },
  })
}

/** The text and HTML as they leave, with the signature unless it is there already. */
export function signed(written: Written, signature: string): { text: string; html: string } {
  const { kind, html, text } = written
  const sign = signature
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .join('\n')
    .trim()
  const there = `\n${text.trimEnd()}`.endsWith(`\n${sign}`)
  if (!sign || kind === 'note' || there) return { html, text }
  return { text: `${text}\n\n${sign}`.trim(), html: html + paragraphs(sign) }
}

function post(sending: Sending): Promise<Message> {
  const { written, conversationId, key } = sending
  const body = {
    ...signed(written, sending.signature),
    attachment_ids: written.files.map((file) => file.id),
    ...(written.kind === 'reply' && {
      ...(sending.addressed && written.recipients),
      close: sending.close,
      undo_seconds: preferences.undoSeconds,
      seen_message_id: sending.seenMessageId,
    }),
  }
  const place = written.kind === 'reply' ? 'replies' : 'notes'
  return call<Message>('POST', `/conversations/${conversationId}/${place}`, {
    body,
    headers: { 'Idempotency-Key': key },
  })
}

function show(sending: Sending): void {
  outgoing.push({ ...sending, state: 'sending', messageId: null, leavesAt: 0 })
  clock ??= setInterval(tick, 200)
}

/**
 * Send it. It stands in `outgoing` before this returns control, so that the screen says 'sending' at once; it resolves
 * to the message, or to undefined when it failed and its text was put into `parked`.
 */
export async function send(sending: Sending): Promise<Message | undefined> {
  show(sending)
  try {
    const message = await post(sending)
    hold(sending.key, message)
    return message
  } catch (error) {
    drop(sending.key)
    grant(sending.key, false)
    if (!(error instanceof ApiError || error instanceof Offline)) throw error
    parked.set(sending.conversationId, { written: sending.written, error, close: sending.close, key: sending.key })
    if (!watched.has(sending.conversationId)) tellElsewhere(sending)
    return undefined
  }
}

/** The server has the message: until it leaves it can be taken back. */
function hold(key: string, message: Message): void {
  const found = entry(key)
  if (found && message.send_after) {
    Object.assign(found, {
      state: 'held',
      messageId: message.id,
      leavesAt: Date.now() + preferences.undoSeconds * 1000,
    })
    if (wishes.has(key)) void undo(key).then((done) => grant(key, done))
  } else {
    drop(key)
    if (grant(key, false)) toast({ tone: 'bad', text: t('compose.undo_late') })
  }
}

/** Tell who wished to take it back whether it was; returns whether somebody did. */
function grant(key: string, done: boolean): boolean {
  const wish = wishes.get(key)
  wishes.delete(key)
  wish?.(done)
  return wish !== undefined
}

/** The first message of a conversation that we begin. */
export interface Beginning {
  key: string
  inboxId: number
  subject: string
  written: Written
  signature: string
}

/** Begin a conversation by writing; it can be taken back as an answer can. Throws ApiError, Offline. */
export async function begin({ key, inboxId, subject, written, signature }: Beginning): Promise<ConversationItem> {
  const { to, cc } = written.recipients
  const made = await call<ConversationItem>('POST', '/conversations', {
    headers: { 'Idempotency-Key': key },
    body: {
      inbox_id: inboxId,
      to,
      cc,
      subject,
      ...signed(written, signature),
      attachment_ids: written.files.map((file) => file.id),
      undo_seconds: preferences.undoSeconds,
    },
  })
  const first = (await get<Conversation>(`/conversations/${made.id}`)).messages.find((one) => one.direction === 'out')
  if (!first) return made
  const name = to[0]?.name || to[0]?.address || ''
  show({ key, conversationId: made.id, name, written, close: false, seenMessageId: null, signature, addressed: true })
  hold(key, first)
  return made
}

/**
 * Take a message back; its text comes back into the composer. One that the server has not answered for yet is taken
 * back as soon as it has. Returns whether it was in time.
 */
export async function undo(key: string): Promise<boolean> {
  const found = entry(key)
  if (found && canWish(found)) {
    found.state = 'undoing'
    return new Promise((resolve) => wishes.set(key, resolve))
  }
  if (!found || found.state !== 'held' || found.messageId === null) return false
  found.state = 'undoing'
  try {
    const { draft } = await call<{ draft: Draft | null }>('POST', `/messages/${found.messageId}/undo`)
    parked.set(found.conversationId, { written: found.written, error: null, close: found.close, key: '', draft })
    drop(key)
    return true
  } catch (error) {
    if (error instanceof Offline) found.state = 'held'
    else drop(key)
    toast({ tone: 'bad', text: error instanceof Offline ? t('auth.error.offline') : t('compose.undo_late') })
    return false
  }
}

/**
 * Somebody else took a message back before it left. Sent from here, its text comes back into this composer; elsewhere
 * the writer finds it as a draft.
 */
export function takenBack(messageId: number): void {
  const found = outgoing.find((one) => one.messageId === messageId && one.state === 'held')
  if (!found) return
  parked.set(found.conversationId, { written: found.written, error: null, close: found.close, key: '' })
  drop(found.key)
  toast({
    tone: 'plain',
    duration: 60_000,
    text: t('compose.taken_back', { name: found.name }),
    action: { label: t('compose.open'), run: () => openConversation(found.conversationId) },
  })
}

/** It is on its way to the server, and will be held there; a note is not. */
const canWish = (one: Outgoing) => one.state === 'sending' && one.written.kind === 'reply'

/** The newest message that can still be taken back. */
export function lastHeld(): Outgoing | undefined {
  return [...outgoing].reverse().find((one) => one.state === 'held' || canWish(one))
}
