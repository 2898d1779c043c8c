"""What is done in a shop, and that it stands in the conversation: calls in visible order."""

from __future__ import annotations

from typing import cast

from django.db import transaction

from pult.accounts.access import Actor
from pult.commerce import act_queries, acts
from pult.commerce.trail import Step
from pult.conversations import actions as conversations
from pult.platform import queue

ATTEMPTS = 16
_WAITS = (2, 5, 15, 60, 120, 300, 600, 1800, 3600)
_UNTOLD = frozenset({"doing", "undoing", "planned"})
"""States that pass by themselves."""


def _wait(attempt: int) -> float:
    return float(_WAITS[min(attempt, len(_WAITS)) - 1])


def ask(act_id: int, *, actor: Actor, amount: int) -> None:
    """Ask for what was shown. Raises what acts.ask raises."""
    with transaction.atomic():
        step = acts.ask(act_id, actor=actor, amount=amount)
        if step.state == "waiting":
            _tell(step)


def approve(act_id: int, *, actor: Actor) -> None:
    """Let it be done. Raises what acts.approve raises."""
    with transaction.atomic():
        _tell(acts.approve(act_id, actor=actor))


def decline(act_id: int, *, actor: Actor, reason: str) -> None:
    """Say no. Raises what acts.decline raises."""
    with transaction.atomic():
        _tell(acts.decline(act_id, actor=actor, reason=reason))


def withdraw(act_id: int, *, actor: Actor) -> None:
    """Take back what was asked for. Raises what acts.withdraw raises."""
    with transaction.atomic():
        _tell(acts.withdraw(act_id, actor=actor))


@queue.task(acts.PERFORM_TASK, max_attempts=ATTEMPTS, backoff=_wait, timeout=150)
def perform(act_id: int) -> None:
    """Do in the shop what was asked for."""
    acts.perform(act_id, told=_tell)


@queue.task(acts.UNDO_TASK, max_attempts=ATTEMPTS, backoff=_wait, timeout=150)
def take_back(act_id: int) -> None:
    """Take it back in the shop."""
    acts.take_back(act_id, told=_tell)


@queue.task("flows.act_paid")
def paid(entity_id: int) -> None:
    """Say in the conversation that a basket was paid, or could not be."""
    step = act_queries.payment_step(entity_id)
    if step is None:
        return
    with transaction.atomic():
        _tell(step)
        if step.state == "unpaid" and step.conversation_id:
            conversations.attend(step.conversation_id)


@queue.periodic("flows.settle_acts", every=300)
def settle() -> None:
    """End what was tried for too long or waited for too long."""
    acts.sweep(told=_tell)
    for task in (acts.PERFORM_TASK, acts.UNDO_TASK):
        for job in queue.dead(task=task):
            with transaction.atomic():
                acts.give_up(cast(int, job.args["act_id"]), told=_tell)
                queue.discard(job.id)


def _tell(step: Step) -> None:
    """Write a line into the conversation's history: codes and amounts, never whom it is about."""
    if step.conversation_id is None or step.state in _UNTOLD:
        return
    conversations.note_act(
        step.conversation_id,
        actor=step.actor,
        what=f"{step.verb} {step.order}".strip(),
        became=f"{step.state} {step.amount} {step.currency or '-'} {step.act_id}",
    )
