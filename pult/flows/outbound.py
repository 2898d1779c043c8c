"""What leaves: one message, one path, one record of its fate."""

from __future__ import annotations

import functools
import logging
from typing import cast

from django.db import transaction

from pult.channels import queries as channels
from pult.channels import registry
from pult.channels.base import OutcomeUnknown, PermanentFailure, TemporaryFailure
from pult.conversations import actions as conversations
from pult.conversations.actions import LEARN_TASK, SEND_TASK
from pult.conversations.errors import TooLate
from pult.customers import actions as customers
from pult.platform import queue
from pult.spam.queries import wants_answered

log = logging.getLogger(__name__)
ATTEMPTS = 14
_WAITS = (30, 60, 120, 300, 600, 1800, 3600)


def _wait(attempt: int) -> float:
    """Return seconds until the next try: RFC 5321 4.5.4.1 asks for 30 minutes at least after the first ones."""
    return float(_WAITS[min(attempt, len(_WAITS)) - 1])


@queue.task(SEND_TASK, max_attempts=ATTEMPTS, backoff=_wait, timeout=120)
def send(message_id: int) -> None:
    """Hand a message to its channel and write what became of it.

    Once `before_handover` has been called, an end that nobody can explain leaves the message 'unknown': it is
    never sent again by itself.
    """
    departure = conversations.prepare(message_id)
    if departure is None:
        return
    inbox = channels.inbox(departure.inbox_id)
    try:
        result = registry.adapter(departure.channel).send(
            inbox.info(),
            departure.message,
            before_handover=functools.partial(conversations.hand_over, message_id),
        )
    except TooLate:
        log.info("message %s is being sent elsewhere", message_id)
    except TemporaryFailure as failure:
        conversations.mark_waiting(message_id, failure.reason)
        raise queue.Retry(failure.reason, after=failure.retry_after) from failure
    except PermanentFailure as failure:
        conversations.mark_failed(message_id, failure.reason, category=failure.category)
        if failure.recipient_dead:
            for address in departure.message.to:
                customers.mark_undeliverable(
                    address=address.address, kind="hard", reason=failure.category, words=failure.reason
                )
    except OutcomeUnknown as failure:
        conversations.mark_unknown(message_id, failure.reason)
    else:
        conversations.mark_sent(message_id, provider_id=result.provider_id)
        if not departure.message.automatic and wants_answered():
            queue.enqueue(LEARN_TASK, {"conversation_id": departure.message.conversation_id}, priority=-1)


@queue.periodic("flows.settle_interrupted", every=60)
def settle_interrupted() -> None:
    """Give a fate to messages whose sending ended with its process, or that were tried often enough.

    What somebody is sending just now, maybe for the fifth time, is left to him.
    """
    if stuck := conversations.stuck():
        held = {args["message_id"] for args in queue.running(SEND_TASK)}
        for message_id in stuck:
            if message_id not in held:
                conversations.mark_unknown(message_id, "interrupted")
    for job in queue.dead(task=SEND_TASK):
        with transaction.atomic():
            conversations.give_up(cast(int, job.args["message_id"]), job.error)
            queue.discard(job.id)
