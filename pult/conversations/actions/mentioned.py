"""The address of somebody who is forgotten, in what others said: found by the search, and taken out of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from django.db.models import Q

from pult.conversations import content
from pult.conversations.actions import record
from pult.conversations.actions.record import NewMessage, texts
from pult.conversations.index import INDEX
from pult.conversations.models import Conversation, Draft, Message
from pult.platform import words
from pult.platform.forgetting import remover
from pult.platform.fulltext import Hit, entry_key

_PAGE = 500
_KEPT = (
    *("direction", "text", "html", "reply", "subject", "language", "author_name", "author_address"),
    "recipients",
)
_TEXTS = ("subject", "text", "html", "reply", "author_address", "state_reason")


def forget(addresses: Collection[str]) -> tuple[int, list[int]]:
    """Take addresses out of every message, draft and line of the inbox that holds one; return how many did, and the
    payloads that the messages were read from, in which the addresses stand as well."""
    wanted = sorted({address.casefold() for address in addresses if address})
    if not wanted:
        return 0, []
    without, seen = remover(wanted), 0
    payload_ids: list[int] = []
    for address in wanted:
        for hits in _pages(address):
            for message in Message.objects.filter(pk__in=[hit.id for hit in hits]).order_by("id"):
                if _clean(message, wanted, without):
                    seen += 1
                    payload_ids += [found] if isinstance(found := message.headers.get("payload_id"), int) else []
    named = Q()
    for address in wanted:
        named |= Q(html__icontains=address) | Q(text__icontains=address) | Q(recipients__icontains=address)
    for draft in Draft.objects.filter(named):
        draft.html, draft.text = without(draft.html), without(draft.text)
        draft.recipients = _without(draft.recipients, wanted)
        draft.save(update_fields=["html", "text", "recipients"])
        seen += 1
    return seen, payload_ids


def _pages(address: str) -> Iterator[list[Hit]]:
    before: int | None = None
    while True:
        hits = INDEX.find(words.query_terms(address, ()), before=before, limit=_PAGE)
        if hits:
            yield hits
        if len(hits) < _PAGE:
            return
        before = hits[-1].key


def _without(
    recipients: dict[str, list[dict[str, str]]], addresses: Collection[str]
) -> dict[str, list[dict[str, str]]]:
    return {
        group: [one for one in people if one.get("address", "").casefold() not in addresses]
        for group, people in recipients.items()
    }


def _words(message: Message) -> set[str]:
    known_by = {field: getattr(message, field) for field in _KEPT}
    return set(content.found_by(texts(NewMessage(**known_by)), message.language))


def _clean(message: Message, addresses: Collection[str], without: Callable[[str], str]) -> bool:
    before = _words(message)
    changed: dict[str, Any] = {
        field: now for field in _TEXTS if (now := without(was := getattr(message, field))) != was
    }
    recipients = _without(message.recipients, addresses)
    if recipients != message.recipients:
        changed["recipients"] = recipients
    if "author_address" in changed:
        changed["author_address"] = ""
    for field, value in changed.items():
        setattr(message, field, value)
    if changed:
        message.save(update_fields=list(changed))
    INDEX.drop_words(entry_key(message.created_at, message.id), sorted(before - _words(message)))
    _line(message, without)
    return bool(changed)


def _line(message: Message, without: Callable[[str], str]) -> None:
    """Bring the inbox line of the conversation in order, where it shows what went."""
    row = Conversation.objects.select_for_update().get(pk=message.conversation_id)
    fields = ("subject", "snippet", "last_author", "customer_name")
    changed = {field: now for field in fields if (now := without(was := getattr(row, field))) != was}
    if not changed:
        return
    for field, value in changed.items():
        setattr(row, field, value)
    row.version += 1
    row.save(update_fields=[*changed, "version"])
    record.tell("conversation.changed", row.store_id, row.id, "system", fields=["erased"])
