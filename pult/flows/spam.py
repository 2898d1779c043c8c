"""What people say of spam is learned here, and told to the filters that inboxes name; old spam goes where the shop
wants it gone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from pult.channels import actions as channels
from pult.channels import queries as channels_queries
from pult.channels import registry
from pult.channels.base import Opinion, PermanentFailure, Screening, TemporaryFailure
from pult.channels.queries import NoSuchInbox
from pult.conversations import actions as conversations
from pult.conversations import queries
from pult.conversations.actions import LEARN_TASK
from pult.conversations.errors import ConversationNotFound
from pult.platform import queue
from pult.spam import actions as spam
from pult.spam import queries as spam_queries

TEACH_TASK = "flows.teach_filter"
HEALTHY_AGAIN = 60.0
"""Seconds after which a trouble that is still there is written down again."""
_noted: dict[tuple[int, str], tuple[float, str]] = {}


@queue.task(LEARN_TASK)
def learn(conversation_id: int) -> None:
    """Learn what people last said of a conversation; where they said nothing, an answered one is no spam. Where
    nothing is said any more, what was learned of it is unlearned."""
    with transaction.atomic():
        try:
            said = conversations.spam_verdict(conversation_id)
        except ConversationNotFound:
            return
        found = queries.arrived(conversation_id)
        if said is None and found and queries.is_answered(conversation_id):
            if spam_queries.wants_answered():
                spam.learn(message_id=found[0].id, message=found[0].message, spam=False)
            return
        for one in found:
            changed = spam.learn(message_id=one.id, message=one.message, spam=said)
            if changed and said is not None and one.payload_id is not None:
                queue.enqueue(TEACH_TASK, {"conversation_id": conversation_id, "message_id": one.id})


@queue.task(TEACH_TASK, max_attempts=5)
def teach(conversation_id: int, message_id: int) -> None:
    """Tell the filter that an inbox names what people last said of a message."""
    with transaction.atomic():
        try:
            said = conversations.spam_verdict(conversation_id)
        except ConversationNotFound:
            return
        one = next((one for one in queries.arrived(conversation_id) if one.id == message_id), None)
    if said is None or one is None or one.payload_id is None:
        return
    try:
        inbox = channels_queries.inbox(one.inbox_id)
    except NoSuchInbox:
        return
    adapter = registry.adapter(inbox.channel)
    payload = channels_queries.payload(one.payload_id) if isinstance(adapter, Screening) else None
    if payload is None or not isinstance(adapter, Screening):
        return
    try:
        name = adapter.teach(inbox.info(), payload.raw(), spam=said)
    except TemporaryFailure as failure:
        note_health([(inbox.id, Opinion(failure.code, trouble=failure.reason))])
        raise queue.Retry(failure.reason, after=failure.retry_after) from failure
    except PermanentFailure as failure:
        note_health([(inbox.id, Opinion(failure.code, trouble=failure.reason))])
        raise queue.GiveUp(failure.reason) from failure
    if name:
        note_health([(inbox.id, Opinion(name))])


def note_health(found: Sequence[tuple[int, Opinion]]) -> None:
    """Show on an inbox whether the filter that it names could be asked, written when that changes and now and then."""
    now = time.monotonic()
    for inbox_id, opinion in found:
        at, before = _noted.get((inbox_id, opinion.by), (0.0, "?"))
        if opinion.trouble != before or now - at > HEALTHY_AGAIN:
            _noted[(inbox_id, opinion.by)] = (now, opinion.trouble)
            channels.note_listener(inbox_id, opinion.by, error=opinion.trouble)


def forget_health() -> None:
    """Drop what this process remembers of filters."""
    _noted.clear()


@queue.periodic("flows.clean_spam", every=86_400.0, timeout=3_600.0)
def clean() -> None:
    """Delete what has lain in Spam for SPAM_DAYS, where the shop has set them; otherwise everything is kept."""
    if settings.SPAM_DAYS <= 0:
        return
    before = timezone.now() - timedelta(days=settings.SPAM_DAYS)
    while True:
        with transaction.atomic():
            gone = conversations.delete_spam(before)
            channels.erase(gone.payload_ids)
            spam.forget_messages(gone.message_ids)
        if not gone.conversation_ids:
            return
        time.sleep(0.02)
