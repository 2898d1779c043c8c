import { computed, nextTick, onBeforeUnmount, onMounted, ref, watch } from 'vue'
import { del } from '../api/http'
import type { Conversation, Draft, Message } from '../api/types'
import { isForged, newestIn, provenAddresses } from '../conversation/sender'
import { newKey } from '../live/queue'
import { DraftSaver } from './drafts'
import { holds, joined } from './joined'
import { parked, send, watched } from './outgoing'
import type { Parked, Written } from './outgoing'
import { personalData } from './personal'
import { DraftPlace, readDrafts } from './place'
import { paragraphs } from './plain'
import { equal, everybody, proposed } from './recipients'
import type { Recipients } from './recipients'
import { useMessage } from './useMessage'
import type { Obstacle } from './useMessage'

export type Mode = 'reply' | 'note'
export type Trouble = 'newer' | 'failed' | Obstacle | null

export interface ComposerOptions {
  conversation: () => Conversation
  /** What stands below this person's answers in this store. */
  signature: () => string
  sent: (message: Message) => void
  closed: () => void
  typing: () => void
  /** What was taken back stands in the composer again. */
  returned: () => void
  /** Other text stands where one writes: the cursor goes to its end. */
  replaced: () => void
}

const TYPING_EVERY = 2000

function newestInbound(conversation: Conversation): number {
  const theirs = conversation.messages.filter((one) => one.direction === 'in' && one.kind !== 'aside')
  return theirs.reduce((id, message) => Math.max(id, message.id), 0)
}

/** What is being written in one conversation: the answer and the note, each with its text, files and draft. */
export function useComposer(options: ComposerOptions) {
  const id = options.conversation().id
  const mode = ref<Mode>('reply')
  const messages = {
    reply: useMessage('reply', { changed: () => changed('reply') }),
    note: useMessage('note', { changed: () => changed('note') }),
  }
  const { recipients } = messages.reply
  recipients.value = proposed(options.conversation())
  const touched = ref(false)
  const trouble = ref<Trouble>(null)
  const failure = ref<Parked | null>(null)
  const waitingForFiles = computed(() => messages[mode.value].waitingForFiles.value)
  const seen = ref(newestInbound(options.conversation()))
  let typedAt = 0
  let retryKey = ''

  /** What was written in another tab or on another device stands here too, and nobody has said yet that it was seen. */
  const met = ref(false)
  /** Somebody can choose to whom it goes, and signs it. */
  const addressed = () => options.conversation().channel_can.includes('recipients')
  let gone = false
  const places = { reply: new DraftPlace(id, 'reply'), note: new DraftPlace(id, 'note') }
  const savers = { reply: saver('reply'), note: saver('note') }

  function saver(kind: Mode) {
    return new DraftSaver<Written>({
      save: async (value) => {
        const empty = !value.text.trim() && !value.files.length && !touched.value
        const place = places[kind]
        if (await (empty ? place.remove() : place.save(value, { join: gone }))) return
        const other = await place.read()
        if (other) meet(kind, other)
        else if (!messages[kind].empty.value) changed(kind)
      },
    })
  }

  /** Another draft stands on the server than the one that is known here: both texts are kept. */
  function meet(kind: Mode, draft: Draft): void {
    places[kind].know(draft)
    const here = messages[kind].written()
    const there = asWritten(draft)
    if (!holds(here, there, options.signature())) {
      if (holds(there, here, options.signature())) return take(draft)
      const both = joined(there, here, options.signature())
      messages[kind].put(both.html, both.text, both.files)
      met.value = true
      options.replaced()
    }
    changed(kind)
  }

  function take(draft: Draft): void {
    adopt(draft)
    options.replaced()
  }

  function changed(kind: Mode): void {
    savers[kind].change(messages[kind].written())
    if (!messages[kind].empty.value && Date.now() - typedAt > TYPING_EVERY) {
      typedAt = Date.now()
      options.typing()
    }
  }

  /** The editor says what stands in it now. */
  function typed(text: string): void {
    const { content } = messages[mode.value]
    if (text === content.text) return
    content.text = text
    if (trouble.value === 'failed') trouble.value = null
    changed(mode.value)
  }

  function setRecipients(next: Recipients): void {
    recipients.value = next
    touched.value = !equal(next, proposed(options.conversation()))
    if (trouble.value === 'no-recipient' || trouble.value === 'bad-recipient') trouble.value = null
    changed('reply')
  }

  function asWritten(draft: Draft): Written {
    const { kind, text, to, cc, bcc } = draft
    const html = draft.html || (text ? paragraphs(text) : '')
    return { kind, html, text, recipients: { to, cc, bcc }, files: draft.attachments ?? [] }
  }

  function adopt(draft: Draft): void {
    const { kind, html, text, files, recipients: people } = asWritten(draft)
    places[kind].know(draft)
    messages[kind].put(html, text, files)
    if (kind === 'reply' && people.to.length) {
      recipients.value = people
      touched.value = !equal(recipients.value, proposed(options.conversation()))
    }
  }

  function clear(kind: Mode): void {
    messages[kind].clear()
    if (kind === 'reply') {
      recipients.value = proposed(options.conversation())
      touched.value = false
    }
  }

  /** Put back what was undone or could not be sent. */
  function restore(back: Parked): void {
    const { kind } = back.written
    parked.delete(id)
    mode.value = kind
    const both = joined(back.written, messages[kind].written(), options.signature())
    const alone = both === back.written
    messages[kind].put(both.html, both.text, both.files)
    if (kind === 'reply' && (alone || !touched.value)) {
      recipients.value = back.written.recipients
      touched.value = !equal(recipients.value, proposed(options.conversation()))
    }
    failure.value = back.error ? back : null
    // With something else beside it, it is not the same message any more.
    retryKey = back.error && alone ? back.key : ''
    const newer = back.error && 'problem' in back.error && back.error.problem.type.endsWith('newer-message')
    trouble.value = newer ? 'newer' : back.error ? 'failed' : null
    if (newer) seen.value = Math.min(seen.value, newestInbound(options.conversation()))
    if (back.draft) meet(kind, back.draft)
    else changed(kind)
  }

  async function ready(kind: Mode, force: boolean): Promise<boolean> {
    const crossed = kind === 'reply' && !force && seen.value < newestInbound(options.conversation())
    trouble.value = (addressed() ? messages[kind].addressing() : null) ?? (crossed ? 'newer' : null)
    if (!trouble.value) trouble.value = await messages[kind].settled()
    return trouble.value === null
  }

  /** Send what is written; `close` closes the conversation, `force` although the customer has written again. */
  async function submit(how: { close?: boolean; force?: boolean } = {}): Promise<boolean> {
    const kind = mode.value
    const close = kind === 'reply' && (how.close ?? false)
    if (waitingForFiles.value || messages[kind].empty.value || !(await ready(kind, how.force ?? false))) return false
    const content = messages[kind].written()
    const names = content.recipients.to.map((one) => one.name || one.address)
    const sending = send({
      key: retryKey || newKey(),
      conversationId: id,
      name: names[0] ?? options.conversation().customer.name,
      written: content,
      close,
      seenMessageId: how.force ? null : seen.value || null,
      signature: addressed() ? options.signature() : '',
      addressed: addressed(),
    })
    retryKey = ''
    failure.value = null
    // First the word 'sending' on the screen, then the work of clearing up.
    await nextTick()
    void savers[kind].drop()
    places[kind].stands = false
    met.value = false
    clear(kind)
    if (close) options.closed()
    void sending.then((message) => message && options.sent(message))
    return true
  }

  /** Throw away what is written. */
  async function discard(): Promise<void> {
    const kind = mode.value
    const files = messages[kind].files.ids.value
    await savers[kind].drop()
    clear(kind)
    trouble.value = null
    met.value = false
    const [removed] = await Promise.allSettled([
      places[kind].remove(),
      ...files.map((file) => del(`/attachments/${file}`)),
    ])
    // What another tab has saved meanwhile was not seen, and is not thrown away.
    if (removed.status === 'fulfilled' && !removed.value) await refresh()
  }

  /** The page goes away: what is not saved is sent by a request that outlives it. */
  function leaving(): void {
    if (document.visibilityState === 'visible' && !leavingForGood) return
    for (const kind of ['reply', 'note'] as const) {
      const value = savers[kind].unsaved
      if (value) places[kind].saveLeaving(value)
    }
  }
  let leavingForGood = false
  const pagehide = () => {
    leavingForGood = true
    leaving()
    leavingForGood = false
  }

  const drafts = () =>
    options.conversation().drafts ?? (options.conversation().draft ? [options.conversation().draft!] : [])
  for (const draft of drafts()) adopt(draft)
  const newest = [...drafts()].sort((a, b) => (a.updated_at ?? '').localeCompare(b.updated_at ?? '')).pop()
  if (newest) mode.value = newest.kind
  const waiting = parked.get(id)
  if (waiting) restore(waiting)

  watch(
    () => parked.get(id),
    (back) => {
      if (!back) return
      restore(back)
      if (!back.error) options.returned()
    },
  )

  /** Whether what is written here has been said, from another tab or device. */
  function said(kind: Mode): boolean {
    const text = messages[kind].content.text.trim()
    return options.conversation().messages.some((one) => one.direction !== 'in' && one.text.trim().startsWith(text))
  }

  /** The draft is no longer on the server: it was sent from elsewhere, or something else was sent in its place. */
  function vanished(kind: Mode): void {
    places[kind].stands = false
    if (messages[kind].empty.value) return
    if (said(kind)) clear(kind)
    else changed(kind)
  }

  /** Take what is newer on the server, unless something is being written here that is not saved yet. */
  function follow(found: readonly Draft[]): void {
    for (const kind of ['reply', 'note'] as const) {
      if (savers[kind].state.value !== 'saved') continue
      const draft = found.find((one) => one.kind === kind)
      if (draft && places[kind].isNews(draft)) take(draft)
      else if (!draft && places[kind].stands) vanished(kind)
    }
  }

  async function refresh(): Promise<void> {
    // What is on its way is not news when it has arrived.
    await Promise.all([savers.reply.settled(), savers.note.settled()])
    const found = await readDrafts(id).catch(() => null)
    if (found && !gone) follow(found)
  }

  // Another device saved a draft, or sent it. While somebody writes here, the text changes only when he comes back
  // to it; and the conversation may change while it still holds the draft that has just been sent.
  watch(
    () => drafts().map((draft) => `${draft.kind} ${draft.version}`),
    (after, before) => {
      const writing = document.hasFocus() && document.activeElement?.closest('[data-composer]')
      const fresh = after.some((one) => !before.includes(one))
      if (!writing && (fresh || after.length < before.length)) void refresh()
    },
  )

  // A newer message: follow its recipients unless they were changed by hand; warn only if something is written.
  watch(
    () => [newestInbound(options.conversation()), options.conversation().reply_to] as const,
    ([newestId]) => {
      const next = proposed(options.conversation())
      // After the first message was taken back nobody is proposed: it still goes to whom it was written.
      if (!touched.value && next.to.length) recipients.value = next
      if (newestId <= seen.value) return
      if (messages.reply.empty.value) seen.value = newestId
      else trouble.value = 'newer'
    },
  )

  function readFirst(): void {
    seen.value = newestInbound(options.conversation())
    trouble.value = null
  }

  onMounted(() => {
    watched.add(id)
    document.addEventListener('visibilitychange', leaving)
    window.addEventListener('pagehide', pagehide)
    window.addEventListener('focus', refresh)
  })
  onBeforeUnmount(() => {
    watched.delete(id)
    document.removeEventListener('visibilitychange', leaving)
    window.removeEventListener('pagehide', pagehide)
    window.removeEventListener('focus', refresh)
    gone = true
    void savers.reply.close()
    void savers.note.close()
  })

  /** The customer's latest message is not from whom it names. */
  const forged = computed(() => {
    const newest = newestIn(options.conversation())
    return newest !== undefined && isForged(newest)
  })

  /** Addresses that nobody has checked: all but the customer's verified ones and the one that wrote with proof. */
  const unverified = computed(() => {
    const conversation = options.conversation()
    const verified = new Set([
      ...conversation.customer_card.identities.filter((i) => i.verified).map((i) => i.value.toLowerCase()),
      ...provenAddresses(conversation),
    ])
    return everybody(recipients.value)
      .map((one) => one.address.toLowerCase())
      .filter((address) => !verified.has(address))
  })

  const personal = computed(() =>
    mode.value === 'reply' && unverified.value.length
      ? personalData(
          messages.reply.content.text,
          everybody(recipients.value).map((one) => one.address),
        )
      : [],
  )

  return {
    mode,
    message: computed(() => messages[mode.value]),
    recipients,
    touched,
    saveState: computed(() => savers[mode.value].state.value),
    empty: computed(() => messages[mode.value].empty.value),
    otherWritten: computed(() => !messages[mode.value === 'reply' ? 'note' : 'reply'].empty.value),
    trouble,
    failure,
    waitingForFiles,
    forged,
    unverified,
    personal,
    typed,
    setRecipients,
    submit,
    discard,
    readFirst,
    refresh,
    met,
  }
}
