import { ApiError } from '../api/http'
import type { ConversationItem, SettableStatus } from '../api/types'
import { useSession } from '../app/session'
import { matches } from '../inbox/filters'
import { useList } from '../inbox/list'
import { useSelection } from '../inbox/selection'
import { t } from '../i18n'
import { toast } from '../ui'
import { useViews } from '../views/store'
import { useConversations, type Patch } from './store'

/** What can be done with a conversation from a button, a key or the command bar; each says what it did. */
export function useConversationActions() {
  const conversations = useConversations()
  const session = useSession()
  const list = useList()
  const views = useViews()
  const selection = useSelection()

  /** Whether the row would leave the list on the screen. */
  function leaves(row: ConversationItem): boolean {
    return session.me !== null && matches(row, list.filters, session.me, views.saved) === false
  }

  async function change(id: number, patch: Patch, said?: string): Promise<void> {
    const before = conversations.items.get(id)
    if (!before) return
    if (before.status === 'spam' && (patch.status ?? patch.snoozed_until)) {
      toast({
        text: t('spam.first'),
        action: { label: t('spam.not_spam'), keys: '!', run: () => void sayWhether(id, false) },
      })
      return
    }
    const after: ConversationItem = {
      ...before,
      status: patch.status ?? (patch.snoozed_until ? 'snoozed' : before.status),
      assignee: patch.assignee_id === undefined ? before.assignee : session.staffRef(patch.assignee_id),
    }
    if (list.rows.includes(id) && leaves(after)) selection.leave(id)
    const back: Patch = {}
    if (patch.status !== undefined || patch.snoozed_until !== undefined) {
      back.status = before.status === 'spam' ? 'open' : before.status
      back.snoozed_until = before.snoozed_until
    }
    if (patch.assignee_id !== undefined) back.assignee_id = before.assignee?.id ?? null
    let unsay = () => {}
    try {
      const done = conversations.change(id, patch)
      if (said) {
        unsay = toast({
          text: said,
          action: {
            label: t('app.undo'),
            keys: 'z',
            run: () => void conversations.change(id, back).catch(failed),
          },
        })
      }
      await done
      views.recount()
    } catch (error) {
      unsay()
      failed(error)
    }
  }

  /** Say that it is spam, or that it is not; it goes where it then belongs, and can come back. */
  async function sayWhether(id: number, spam: boolean): Promise<void> {
    const before = conversations.items.get(id)
    if (!before || (before.status === 'spam') === spam) return
    if (list.rows.includes(id) && leaves({ ...before, status: spam ? 'spam' : 'open' })) selection.leave(id)
    let unsay = () => {}
    try {
      const done = conversations.sayWhether(id, spam)
      unsay = toast({
        text: t(spam ? 'done.spam' : 'done.not_spam'),
        action: {
          label: t('app.undo'),
          keys: 'z',
          run: () => void conversations.sayWhether(id, !spam).then(() => views.recount(), failed),
        },
      })
      await done
      views.recount()
    } catch (error) {
      unsay()
      failed(error)
    }
  }

  const toggleSpam = (id: number) => sayWhether(id, conversations.items.get(id)?.status !== 'spam')

  function failed(error: unknown): void {
    if (!(error instanceof ApiError)) throw error
    // Gone, or not this person's to see any more: then so may be others.
    if (error.status === 404) void list.reload()
    toast({ text: error.message, tone: 'bad' })
  }

  const setStatus = (id: number, status: SettableStatus) =>
    change(id, { status }, status === 'closed' ? t('done.closed') : status === 'open' ? t('done.opened') : undefined)

  /** Close what is open, open what is closed. */
  const toggleClosed = (id: number) =>
    setStatus(id, conversations.items.get(id)?.status === 'closed' ? 'open' : 'closed')

  const assign = (id: number, staffId: number | null) => {
    const name = session.staffRef(staffId)?.name
    return change(id, { assignee_id: staffId }, name ? t('done.assigned', { name }) : t('done.unassigned'))
  }

  const take = (id: number) => (session.me ? assign(id, session.me.id) : Promise.resolve())

  const snooze = (id: number, until: Date, said: string) =>
    change(id, { status: 'snoozed', snoozed_until: until.toISOString().replace(/\.\d+Z$/, 'Z') }, said)

  const setPriority = (id: number, priority: number) => change(id, { priority })

  const setTeam = (id: number, teamId: number | null) => change(id, { team_id: teamId })

  const toggleTag = (id: number, tag: number) => {
    const tags = conversations.items.get(id)?.tags ?? []
    return change(id, { tags: tags.includes(tag) ? tags.filter((one) => one !== tag) : [...tags, tag] })
  }

  const rename = (id: number, subject: string) => change(id, { subject })

  async function markUnread(id: number): Promise<void> {
    try {
      await conversations.unread(id)
      selection.close()
      views.recount()
    } catch (error) {
      failed(error)
    }
  }

  return {
    setStatus,
    toggleClosed,
    toggleSpam,
    assign,
    take,
    snooze,
    setPriority,
    setTeam,
    toggleTag,
    rename,
    markUnread,
  }
}
