"""What several doors of the API need: who may see this conversation, its card, its inbox."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from django.http import HttpRequest

from pult.accounts import access, access_log
from pult.accounts.access import Actor
from pult.channels import queries as channels
from pult.channels.base import Address
from pult.conversations import queries as conversations
from pult.conversations.actions import InboxRef, Writer
from pult.conversations.errors import ConversationNotFound, MessageNotFound, Refused
from pult.conversations.views import Card
from pult.web.api.auth import address_of
from pult.web.api.schemas import AddressIn

_VERSION = re.compile(r'(?:W/)?"([0-9]{1,18})"|([0-9]{1,18})')


def versions_of(request: HttpRequest) -> frozenset[int] | None:
    """Return the versions that If-Match allows, None for any (RFC 9110, 13.1.1). Raises Refused."""
    wanted = request.META.get("HTTP_IF_MATCH", "").strip()
    if wanted in {"", "*"}:
        return None
    found = [_VERSION.fullmatch(tag.strip()) for tag in wanted.split(",")]
    if not all(found):
        raise Refused("not_a_version", "If-Match")
    return frozenset(int(tag[1] or tag[2]) for tag in found if tag)


def visible(actor: Actor, conversation_id: int, permission: str = "conversations.read") -> conversations.Place:
    """Return where a conversation belongs if the actor may see it. Raises ConversationNotFound, PermissionDenied."""
    access.require(actor, permission)
    place = conversations.place(conversation_id)
    if place is None or place.store_id not in access.visible_stores(actor):
        raise ConversationNotFound
    return place


def visible_message(actor: Actor, message_id: int, permission: str = "conversations.read") -> conversations.Place:
    """Return where a message belongs if the actor may see it. Raises MessageNotFound, PermissionDenied."""
    access.require(actor, permission)
    place = conversations.place_of_message(message_id)
    if place is None or place.store_id not in access.visible_stores(actor):
        raise MessageNotFound
    return place


def log_read(request: HttpRequest, actor: Actor, place: conversations.Place) -> None:
    """Leave the line of one who opened something of a conversation."""
    access_log.record(
        actor.ref,
        "open",
        subject_ids=[place.conversation_id],
        customer_id=place.customer_id,
        address=address_of(request),
    )


def own_addresses() -> frozenset[str]:
    """Return every address of ours, so that none of them is answered."""
    return channels.own_addresses()


def writer(actor: Actor) -> Writer:
    """Return the actor as the one who writes. A token writes in the name of its person."""
    return Writer(actor=actor.ref, staff_id=actor.staff_id, name=actor.name)


def inbox_ref(inbox: channels.InboxRecord) -> InboxRef:
    """Return an inbox as conversations take it."""
    return InboxRef(inbox.id, inbox.store_id, inbox.team_id, inbox.channel, inbox.address)


def given(found: Iterable[AddressIn] | None) -> list[Address] | None:
    """Return addresses of a request."""
    return None if found is None else [Address(a.address, a.name) for a in found]


def card(actor: Actor, customer_row_id: int) -> dict[str, Any]:
    """Return what the panel shows of a customer. Raises ConversationNotFound."""
    stores = access.visible_stores(actor)
    found = conversations.card(customer_row_id, store_ids=stores, staff_id=actor.staff_id)
    if found is None:
        raise ConversationNotFound
    return shown_card(found)


def shown_card(card: Card) -> dict[str, Any]:
    """Return a card as the API has it: identities and the newest conversations."""
    shown = msgspec.structs.asdict(card.customer)
    del shown["all_ids"]
    return {**shown, "conversation_count": card.conversation_count, "recent": card.recent}
