/** A key as the sheet shows it: what is pressed, what it does, among which others it stands. */
interface Listed {
  keys: string
  label: string
  group: 'move' | 'act' | 'write' | 'app'
}

/** Every key there is, in the order of the sheet: whoever asks for the keys wants them all, not those of the moment. */
export const KEYS = {
  next: { keys: 'j', label: 'keys.next', group: 'move' },
  previous: { keys: 'k', label: 'keys.previous', group: 'move' },
  open: { keys: 'Enter', label: 'keys.open', group: 'move' },
  back: { keys: 'Escape', label: 'keys.back', group: 'move' },
  search: { keys: '/', label: 'keys.search', group: 'move' },
  close: { keys: 'e', label: 'keys.close', group: 'act' },
  take: { keys: 'i', label: 'keys.take', group: 'act' },
  assign: { keys: 'a', label: 'keys.assign', group: 'act' },
  snooze: { keys: 's', label: 'keys.snooze', group: 'act' },
  tags: { keys: 't', label: 'keys.tags', group: 'act' },
  unread: { keys: 'u', label: 'keys.unread', group: 'act' },
  spam: { keys: '!', label: 'keys.spam', group: 'act' },
  undo: { keys: 'z', label: 'keys.undo', group: 'act' },
  reply: { keys: 'r', label: 'compose.reply', group: 'write' },
  greet: { keys: 'g', label: 'compose.greet', group: 'write' },
  notOurs: { keys: 'o', label: 'about.propose', group: 'write' },
  note: { keys: 'n', label: 'compose.note', group: 'write' },
  goods: { keys: 'p', label: 'goods.title', group: 'write' },
  basket: { keys: 'b', label: 'basket.title', group: 'write' },
  send: { keys: 'mod+enter', label: 'compose.send', group: 'write' },
  sendClose: { keys: 'mod+shift+enter', label: 'compose.send_close', group: 'write' },
  undoSend: { keys: 'z', label: 'compose.undo_send', group: 'write' },
  compose: { keys: 'c', label: 'compose.new', group: 'write' },
  command: { keys: 'mod+k', label: 'keys.command', group: 'app' },
  panel: { keys: '.', label: 'keys.panel', group: 'app' },
  sheet: { keys: '?', label: 'keys.sheet', group: 'app' },
} as const satisfies Record<string, Listed>
