"""event -> steps: what else happens when something has happened. Each step is a job of its own, retried alone."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from pult.conversations import actions as conversations
from pult.conversations import queries
from pult.platform import events, followers, queue
from pult.platform.events import EventRow

READER = events.reader("reactions")
STEPS: Mapping[str, Sequence[str]] = {
    # What did not leave needs a person: the conversation comes back to the desk.
    "message.failed": ["flows.attend"],
    "message.unknown": ["flows.attend"],
    # A basket that was put together for a customer: the conversation says what became of it.
    "act.paid": ["flows.act_paid"],
    "act.unpaid": ["flows.act_paid"],
}
"""Event kind -> the tasks it starts. A task gets the id of the event's entity and must be idempotent."""


def react(stop: threading.Event) -> None:
    """Start the steps of every event until `stop` is set; steps and cursor commit together."""
    followers.follow(stop, READER, start_steps, kinds=list(STEPS))


def start_steps(rows: list[EventRow]) -> None:
    """Write a job for each step of these events."""
    for row in rows:
        for task in STEPS.get(row.kind, ()):
            queue.enqueue(task, {"entity_id": row.entity_id}, key=f"{task}:{row.id}")


@queue.task("flows.attend")
def attend(entity_id: int) -> None:
    """Bring a conversation back to the desk."""
    conversations.attend(entity_id)


@queue.task("conversations.retag", timeout=900)
def retag(tag_id: int, into_id: int | None, name: str, actor: str) -> None:
    """Take a tag that was removed or merged off its conversations."""
    conversations.retag(tag_id=tag_id, into_id=into_id, name=name, actor=actor)


@queue.periodic("conversations.wake", every=15)
def wake_due() -> None:
    """Bring back the conversations whose snooze is over."""
    for conversation_id in queries.due_snoozes():
        conversations.wake(conversation_id)


@queue.periodic("conversations.sweep", every=600)
def sweep() -> None:
    """Forget presence that is over and uploads that nobody sent."""
    conversations.sweep()
