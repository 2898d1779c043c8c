"""Every write on conversations: verbs that the API, the flows and the jobs share."""

from __future__ import annotations

from pult.conversations.actions.changes import KEEP, Changes, attend, change, note_act, wake
from pult.conversations.actions.desk import (
    be_present,
    delete_view,
    discard_draft,
    discard_upload,
    mark_read,
    mark_unread,
    save_draft,
    save_view,
    sweep,
    upload,
)
from pult.conversations.actions.forwarding import forward
from pult.conversations.actions.importing import OldConversation, OldMessage, import_conversations
from pult.conversations.actions.inbound import Arrival, Taken, take_in_many
from pult.conversations.actions.outbound import SEND_TASK, Writer, Written, note, reply, retry, start
from pult.conversations.actions.outside import customer_is, seen_by_customer
from pult.conversations.actions.privacy import (
    erase,
    export,
    forget_files_of,
    forget_words_of,
    old_files,
    old_spam,
    old_words,
    talking,
)
from pult.conversations.actions.record import InboxRef, NewMessage
from pult.conversations.actions.sending import (
    Departure,
    give_up,
    hand_over,
    mark_failed,
    mark_sent,
    mark_unknown,
    mark_waiting,
    prepare,
    record_delivery,
    stuck,
)
from pult.conversations.actions.spam import LEARN_TASK, delete_spam, mark_spam, not_spam
from pult.conversations.actions.spam import verdict as spam_verdict
from pult.conversations.actions.tags import change_tag, create_tag, remove_tag, retag
from pult.conversations.actions.undoing import undo

__all__ = [
    "KEEP",
    "LEARN_TASK",
    "SEND_TASK",
    "Arrival",
    "Changes",
    "Departure",
    "InboxRef",
    "NewMessage",
    "OldConversation",
    "OldMessage",
    "Taken",
    "Writer",
    "Written",
    "attend",
    "be_present",
    "change",
    "change_tag",
    "create_tag",
    "customer_is",
    "delete_spam",
    "delete_view",
    "discard_draft",
    "discard_upload",
    "erase",
    "export",
    "forget_files_of",
    "forget_words_of",
    "forward",
    "give_up",
    "hand_over",
    "import_conversations",
    "mark_failed",
    "mark_read",
    "mark_sent",
    "mark_spam",
    "mark_unknown",
    "mark_unread",
    "mark_waiting",
    "not_spam",
    "note",
    "note_act",
    "old_files",
    "old_spam",
    "old_words",
    "prepare",
    "record_delivery",
    "remove_tag",
    "reply",
    "retag",
    "retry",
    "save_draft",
    "save_view",
    "seen_by_customer",
    "spam_verdict",
    "start",
    "stuck",
    "sweep",
    "take_in_many",
    "talking",
    "undo",
    "upload",
    "wake",
]
