"""The doors to conversations: list, search, open, change, write."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field, ValidationError

from pult.accounts import access, access_log
from pult.accounts import queries as accounts
from pult.accounts.access import Actor
from pult.accounts.access_log import Reader
from pult.channels import queries as channels
from pult.channels import registry
from pult.conversations import actions, filters, queries
from pult.conversations.actions import KEEP, Changes, Written
from pult.conversations.errors import ConversationNotFound, Refused
from pult.conversations.filters import Filters
from pult.customers import queries as customers
from pult.flows import inbound
from pult.web.api import schemas
from pult.web.api.answers import answer, conditional, empty, once
from pult.web.api.auth import actor_of, address_of
from pult.web.api.message_schemas import MessageOut
from pult.web.api.reading import given, log_read, own_addresses, shown_card, versions_of, visible, writer

router = Router(tags=["conversations"])


class ListQuery(Schema):
    """What the list is narrowed to; `q` searches everything that was said."""

    q: str = ""
    status: str = ""
    view: str = ""
    assignee: str = ""
    team: int | None = None
    tag: int | None = None
    store: int | None = None
    channel: str = ""
    priority: int | None = None
    customer: int | None = None
    unread: bool = False
    after: str = ""
    limit: int = Field(default=50, ge=1, le=200)


VIEW_WORDS = frozenset(ListQuery.model_fields) - {"q", "view", "after", "limit"}
"""What a saved view may narrow the list by; a search is no view, and a view stands on no other."""


def filters_of(query: ListQuery, actor: Actor) -> Filters:
    """Return the filters a request asks for. Raises Refused."""
    chosen = Filters()
    if query.view:
        found = view_filters(query.view, actor)
        if found is None:
            raise Refused("unknown_view", "view")
        chosen = found
    changes: dict[str, Any] = {}
    if query.status:
        statuses = tuple(s for s in query.status.split(",") if s)
        if any(s not in filters.STATUSES for s in statuses):
            raise Refused("unknown_status", "status")
        changes["statuses"] = statuses
    if query.assignee:
        changes["assignee"] = _assignee(query.assignee, actor)
    for field in ("team", "tag", "store", "priority"):
        value = getattr(query, field)
        if value is not None:
            changes[field] = value
    if query.channel:
        changes["channel"] = query.channel
    if query.customer is not None:
        person = customers.customer(query.customer)
        changes["customer_ids"] = tuple(person.all_ids) if person else (query.customer,)
    if query.unread:
        changes["unread_by"] = actor.staff_id or 0
    # A person's conversations are all of them, as is what a search finds.
    changes["spam"] = query.customer is not None
    return dataclasses.replace(chosen, **changes)


def _assignee(text: str, actor: Actor) -> int:
    if text == "me":
        return actor.staff_id or 0
    if text == "none":
        return 0
    if not text.isdecimal():
        raise Refused("unknown_assignee", "assignee")
    return int(text)


def view_filters(name: str, actor: Actor) -> Filters | None:
    """Return the filters of a view by its name (those every desk has) or the id of a saved one."""
    builtin = filters.builtin_view(name, actor.staff_id)
    if builtin is not None or not name.isdecimal():
        return builtin
    saved = next((v for v in queries.saved_views(actor.staff_id) if v.id == int(name)), None)
    return None if saved is None else saved_filters(saved.filters, actor)


def saved_filters(found: Mapping[str, str], actor: Actor) -> Filters | None:
    """Return the filters that a saved view's words stand for; None if they stand for nothing."""
    known = {field: value for field, value in found.items() if field in VIEW_WORDS}
    try:
        return filters_of(ListQuery.model_validate(known), actor)
    except (ValidationError, Refused):
        return None


@router.get("/conversations", response=schemas.PageOut)
def list_conversations(request: HttpRequest, query: Query[ListQuery]) -> HttpResponse:
    """One page of the inbox, newest first; with `q`, of everything found."""
    actor = actor_of(request)
    access.require(actor, "conversations.read")
    chosen = filters_of(query, actor)
    stores = access.visible_stores(actor)
    reader = Reader(actor.ref, "search" if query.q else "list", address_of(request))
    if not query.q.strip():
        page = queries.conversations(
            chosen,
            store_ids=sorted(stores),
            staff_id=actor.staff_id,
            reader=reader,
            after=query.after or None,
            limit=query.limit,
        )
        return answer(page)
    page = queries.search(
        query.q,
        chosen,
        store_ids=stores,
        staff_id=actor.staff_id,
        all_stores=actor.role == "admin",
        after=query.after or None,
        limit=query.limit,
    )
    access_log.record_for(reader, [item.id for item in page.items])
    return answer(page)


@router.post("/conversations", response={201: schemas.ItemOut})
def create_conversation(request: HttpRequest, given_: schemas.ConversationIn) -> HttpResponse:
    """Begin a conversation: with `from`, a customer's matter; with `to`, a mail of ours."""
    actor = actor_of(request)
    access.require(actor, "conversations.write")
    inbox = _inbox(actor, given_.inbox_id)

    def write() -> Any:
        if given_.sender is not None:
            conversation_id = inbound.create(
                inbox, given_.sender.address, given_.sender.name, given_.subject, given_.text, given_.html
            )
        else:
            conversation_id = inbound.start(
                inbox,
                writer(actor),
                Written(
                    text=given_.text,
                    html=given_.html,
                    subject=given_.subject,
                    to=given(given_.to),
                    cc=given(given_.cc),
                    attachment_ids=given_.attachment_ids,
                ),
                undo_seconds=given_.undo_seconds,
            )
        return queries.items([conversation_id], staff_id=actor.staff_id)[0]

    return once(request, actor, write)


def _inbox(actor: Actor, inbox_id: int | None) -> channels.InboxRecord:
    stores = access.visible_stores(actor)
    allowed = [i for i in channels.kept_inboxes() if i.active and i.store_id in stores]
    found = next((i for i in allowed if inbox_id is None or i.id == inbox_id), None)
    if found is None:
        raise Refused("unknown_inbox", "inbox_id")
    return found


@router.get("/conversations/{int:conversation_id}", response=schemas.DetailOut)
def get_conversation(request: HttpRequest, conversation_id: int, prefetch: bool = False) -> HttpResponse:
    """One conversation with its newest messages, history, drafts and the customer's card."""
    actor = actor_of(request)
    access.require(actor, "conversations.read")
    found = queries.detail(
        conversation_id,
        store_ids=access.visible_stores(actor),
        staff_id=actor.staff_id,
        own_addresses=own_addresses(),
        reader=Reader(actor.ref, "prefetch" if prefetch else "open", address_of(request)),
    )
    if found is None:
        raise ConversationNotFound
    body = {
        **msgspec.structs.asdict(found.item),
        "language": found.language,
        "channel_can": registry.manifest(found.item.channel).capabilities,
        "visitor": found.visitor,
        "messages": found.messages,
        "older": None if found.older is None else str(found.older),
        "history": found.history,
        "draft": next((d for d in found.drafts if d.kind == "reply"), None),
        "drafts": found.drafts,
        "reply_to": found.reply_to,
        "customer_card": shown_card(found.card),
        "present": found.present,
    }
    return conditional(request, body)


@router.get("/conversations/{int:conversation_id}/messages", response=schemas.MessagesOut)
def get_messages(request: HttpRequest, conversation_id: int, before: int | None = None) -> HttpResponse:
    """Messages before `before`, oldest first; `next` is the `before` of the page before that."""
    actor = actor_of(request)
    place = visible(actor, conversation_id)
    found = queries.messages_before(conversation_id, before=before)
    log_read(request, actor, place)
    more = str(found[0].id) if len(found) == queries.MESSAGES_PAGE else None
    return answer({"items": found, "next": more})


@router.patch("/conversations/{int:conversation_id}", response=schemas.ItemOut)
def change_conversation(request: HttpRequest, conversation_id: int, wanted: schemas.ChangesIn) -> HttpResponse:
    """Change status, assignee, team, priority, subject, tags or snooze; If-Match holds it to a version."""
    actor = actor_of(request)
    place = visible(actor, conversation_id, "conversations.write")
    fields = wanted.model_fields_set
    _check(wanted, place.store_id)
    actions.change(
        conversation_id=conversation_id,
        changes=Changes(**{f: getattr(wanted, f) if f in fields else KEEP for f in _FIELDS}),
        actor=actor.ref,
        versions=versions_of(request),
    )
    return answer(queries.items([conversation_id], staff_id=actor.staff_id)[0])


def _check(wanted: schemas.ChangesIn, store_id: int) -> None:
    """Refuse values that no conversation of the store can have. Raises Refused."""
    for field in wanted.model_fields_set & {"status", "priority", "subject", "tags"}:
        if getattr(wanted, field) is None:
            raise Refused("required", field)
    if wanted.assignee_id is not None:
        assignee = access.actor_of_staff(wanted.assignee_id)
        if assignee is None:
            raise Refused("unknown_assignee", "assignee_id")
        if store_id not in access.visible_stores(assignee):
            raise Refused("assignee_without_access", "assignee_id")
    if wanted.team_id is not None:
        team = next((t for t in accounts.teams() if t.id == wanted.team_id), None)
        if team is None or team.store_id not in {None, store_id}:
            raise Refused("unknown_team", "team_id")


_FIELDS = ("status", "assignee_id", "team_id", "priority", "subject", "tags", "snoozed_until")


@router.post("/conversations/{int:conversation_id}/replies", response={201: MessageOut})
def reply(request: HttpRequest, conversation_id: int, wanted: schemas.ReplyIn) -> HttpResponse:
    """Answer the customer. Without `to` it goes to the latest inbound Reply-To or From, with its Cc.

    The text is sent as it is given: the staff app puts the signature below it, and a program that wants one finds it
    in `GET /me` with each store.
    """
    actor = actor_of(request)
    visible(actor, conversation_id, "conversations.write")
    item = queries.items([conversation_id], staff_id=None)[0]
    inbox = channels.inbox(item.inbox_id)

    def write() -> Any:
        message_id = actions.reply(
            conversation_id=conversation_id,
            inbox=inbox.info(),
            writer=writer(actor),
            written=Written(
                text=wanted.text,
                html=wanted.html,
                to=given(wanted.to),
                cc=given(wanted.cc),
                bcc=given(wanted.bcc) or [],
                attachment_ids=wanted.attachment_ids,
            ),
            own_addresses=own_addresses(),
            close=wanted.close,
            undo_seconds=wanted.undo_seconds,
            seen_message_id=wanted.seen_message_id,
        )
        found = queries.message(message_id)
        return None if found is None else found[1]

    return once(request, actor, write)


@router.post("/conversations/{int:conversation_id}/notes", response={201: MessageOut})
def add_note(request: HttpRequest, conversation_id: int, wanted: schemas.NoteIn) -> HttpResponse:
    """Write a note that only the desk sees."""
    actor = actor_of(request)
    visible(actor, conversation_id, "conversations.write")

    def write() -> Any:
        message_id = actions.note(
            conversation_id=conversation_id,
            writer=writer(actor),
            text=wanted.text,
            html=wanted.html,
            attachment_ids=wanted.attachment_ids,
        )
        found = queries.message(message_id)
        return None if found is None else found[1]

    return once(request, actor, write)


@router.post("/conversations/{int:conversation_id}/spam", response=schemas.ItemOut)
def mark_spam(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Put a conversation into Spam and let the filter learn it; If-Match holds it to a version. Nothing is deleted,
    and `not-spam` undoes it."""
    actor = actor_of(request)
    visible(actor, conversation_id, "conversations.write")

    def write() -> Any:
        actions.mark_spam(conversation_id=conversation_id, actor=actor.ref, versions=versions_of(request))
        return queries.items([conversation_id], staff_id=actor.staff_id)[0]

    return once(request, actor, write, 200)


@router.post("/conversations/{int:conversation_id}/not-spam", response=schemas.ItemOut)
def not_spam(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Take a conversation out of Spam and let the filter learn it; If-Match holds it to a version.

    It has the status from before. What came by Spam is told now as what came by itself would have been: by
    `conversation.created` and `message.received`, once.
    """
    actor = actor_of(request)
    visible(actor, conversation_id, "conversations.write")

    def write() -> Any:
        actions.not_spam(conversation_id=conversation_id, actor=actor.ref, versions=versions_of(request))
        return queries.items([conversation_id], staff_id=actor.staff_id)[0]

    return once(request, actor, write, 200)


@router.post("/conversations/{int:conversation_id}/read", response={204: None})
def mark_read(request: HttpRequest, conversation_id: int, wanted: schemas.ReadIn) -> HttpResponse:
    """Say that the conversation was opened and read up to a message."""
    actor = actor_of(request)
    place = visible(actor, conversation_id, "conversations.write")
    if actor.staff_id is not None:
        actions.mark_read(conversation_id=conversation_id, staff_id=actor.staff_id, message_id=wanted.message_id)
    log_read(request, actor, place)
    return empty()


@router.post("/conversations/{int:conversation_id}/unread", response={204: None})
def mark_unread(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Show the conversation as unread again."""
    actor = actor_of(request)
    visible(actor, conversation_id, "conversations.write")
    if actor.staff_id is not None:
        actions.mark_unread(conversation_id=conversation_id, staff_id=actor.staff_id)
    return empty()
