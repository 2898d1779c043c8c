import { computed, type ComputedRef } from 'vue'
import { useRouter } from 'vue-router'
import type { ConversationItem } from '../api/types'
import { preferences, setPreference } from '../app/preferences'
import { useSession } from '../app/session'
import { opened } from '../acts/opened'
import { useActs } from '../acts/store'
import { useConversationActions } from '../conversation/actions'
import { openPicker } from '../conversation/pickers'
import { PRIORITIES, priorityName, STATUS_ICON, STATUSES } from '../conversation/status'
import { useConversations } from '../conversation/store'
import { BUILTIN_VIEWS, DEFAULT_VIEW } from '../inbox/filters'
import { useSelection } from '../inbox/selection'
import { LANGUAGES, t } from '../i18n'
import type { IconName } from '../ui'
import { VIEW_ICON } from '../views/icons'
import { useViews } from '../views/store'
import { insertText } from '../compose/insertion'
import { useCards } from '../panel/cards'

export type CommandGroup = 'act' | 'go' | 'people' | 'customers' | 'orders' | 'conversations' | 'app'

/** One line of the command bar. */
export interface Command {
  id: string
  group: CommandGroup
  label: string
  hint?: string
  /** Further words by which it is found. */
  words?: string
  icon?: IconName
  avatar?: string
  keys?: string
  run: () => void
}

/** Everything that can be done from here without asking the server what there is. */
export function useCommands(more: { keys: () => void; write: () => void }): ComputedRef<Command[]> {
  const router = useRouter()
  const session = useSession()
  const conversations = useConversations()
  const selection = useSelection()
  const views = useViews()
  const actions = useConversationActions()
  const cards = useCards()
  const acts = useActs()

  const item = computed(() => (selection.id === null ? undefined : conversations.items.get(selection.id)))
  const goTo = (view: string) => void router.push({ path: '/inbox', query: view === DEFAULT_VIEW ? {} : { view } })

  function onConversation(row: ConversationItem): Command[] {
    const { id } = row
    const act = (name: string, label: string, icon: IconName, run: () => void, keys?: string): Command => ({
      id: name,
      group: 'act',
      label,
      icon,
      keys,
      run,
    })
    const closed = row.status === 'closed'
    const closing = [
      act(
        'close',
        t(closed ? 'conversation.reopen' : 'conversation.close'),
        closed ? 'rotate-ccw' : 'check',
        () => void actions.toggleClosed(id),
        'e',
      ),
    ]
    const card = cards.cards.get(id)?.card
    const writing = [
      ...(card?.greeting
        ? [
            act(
              'greet',
              t('command.greet', { greeting: card.greeting }),
              'pencil',
              () => insertText(id, card.greeting),
              'g',
            ),
          ]
        : []),
      ...(card?.about.answer
        ? [act('not-ours', t('about.propose'), 'store', () => insertText(id, card.about.answer), 'o')]
        : []),
    ]
    return [
      ...(row.status === 'spam' ? [] : closing),
      ...writing,
      act('take', t('keys.take'), 'circle-user', () => void actions.take(id), 'i'),
      act('assign', t('assign.title'), 'user-plus', () => openPicker('assign'), 'a'),
      ...(row.status === 'spam'
        ? []
        : [act('snooze', t('snooze.title'), 'alarm-clock', () => openPicker('snooze'), 's')]),
      act(
        'spam',
        t(row.status === 'spam' ? 'spam.not_spam' : 'spam.mark'),
        row.status === 'spam' ? 'mail-check' : 'ban',
        () => void actions.toggleSpam(id),
        '!',
      ),
      ...(acts.shops.some((shop) => shop.store_id === row.store_id)
        ? [act('goods', t('goods.title'), 'package', () => (opened.value = 'goods'), 'p')]
        : []),
      ...(acts.shopsOf(row.store_id, 'draft_order').length
        ? [act('basket', t('basket.title'), 'store', () => (opened.value = 'basket'), 'b')]
        : []),
      act('tags', t('tags.title'), 'tag', () => openPicker('tags'), 't'),
      act('unread', t('conversation.mark_unread'), 'mail', () => void actions.markUnread(id), 'u'),
      ...STATUSES.filter((one) => one !== 'snoozed' && one !== row.status && row.status !== 'spam').map((one) =>
        act(
          `status-${one}`,
          t('command.status', { status: t(`status.${one}`) }),
          STATUS_ICON[one],
          () => void actions.setStatus(id, one),
        ),
      ),
      ...PRIORITIES.filter((one) => one !== row.priority).map((one) =>
        act(
          `priority-${one}`,
          t('command.priority', { priority: t(`priority.${priorityName(one)}`) }),
          'flag',
          () => void actions.setPriority(id, one),
        ),
      ),
      ...session.assignable(row.store_id).map((one): Command => ({
        id: `assign-${one.id}`,
        group: 'people',
        label: t('command.assign', { name: one.name }),
        avatar: one.name,
        run: () => void actions.assign(id, one.id),
      })),
    ]
  }

  return computed<Command[]>(() => [
    ...(item.value ? onConversation(item.value) : []),
    ...BUILTIN_VIEWS.map((view): Command => ({
      id: `view-${view}`,
      group: 'go',
      label: t(`views.${view}`),
      icon: VIEW_ICON[view],
      run: () => goTo(view),
    })),
    ...views.saved.map((view): Command => ({
      id: `view-${view.id}`,
      group: 'go',
      label: view.name,
      icon: view.shared ? 'users' : 'list-filter',
      run: () => goTo(String(view.id)),
    })),
    {
      id: 'settings',
      group: 'go',
      label: t('app.settings'),
      icon: 'settings',
      run: () => void router.push('/settings'),
    },
    { id: 'write', group: 'app', label: t('compose.new'), icon: 'square-pen', keys: 'c', run: more.write },
    { id: 'keys', group: 'app', label: t('keys.sheet'), icon: 'keyboard', keys: '?', run: more.keys },
    {
      id: 'panel',
      group: 'app',
      label: t('keys.panel'),
      icon: 'panel-right',
      keys: '.',
      run: () => setPreference('panelOpen', !preferences.panelOpen),
    },
    ...(['system', 'light', 'dark'] as const)
      .filter((theme) => theme !== preferences.theme)
      .map((theme): Command => ({
        id: `theme-${theme}`,
        group: 'app',
        label: `${t('settings.theme')}: ${t(`app.theme_${theme}`)}`,
        icon: ({ system: 'monitor', light: 'sun', dark: 'moon' } as const)[theme],
        run: () => setPreference('theme', theme),
      })),
    {
      id: 'density',
      group: 'app',
      label: t(preferences.density === 'compact' ? 'app.comfortable' : 'app.compact'),
      icon: 'list',
      run: () => setPreference('density', preferences.density === 'compact' ? 'comfortable' : 'compact'),
    },
    ...LANGUAGES.map((one): Command => ({
      id: `language-${one.id}`,
      group: 'app',
      label: `${t('auth.language')}: ${one.name}`,
      words: one.id,
      icon: 'languages',
      run: () => void session.changeLanguage(one.id).catch(() => undefined),
    })),
    {
      id: 'sign-out',
      group: 'app',
      label: t('app.sign_out'),
      icon: 'log-out',
      run: () => void router.push('/sign-out'),
    },
  ])
}
