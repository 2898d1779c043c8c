"""One conversation with what was said in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection
from django.utils import timezone

from pult.accounts import access_log
from pult.accounts.access_log import Reader
from pult.channels.base import FORGED
from pult.conversations import answering
from pult.conversations.models import Attachment, Draft
from pult.conversations.queries.card import card_of, card_parts
from pult.conversations.queries.listing import line, line_of
from pult.conversations.views import (
    AddressView,
    AttachmentView,
    Author,
    AuthView,
    ChangeView,
    CustomerPresenceView,
    Detail,
    DraftView,
    InvitationView,
    MessageView,
    PresentView,
    Ref,
    ReplyTo,
    SpamView,
)
from pult.customers import queries as customers
from pult.platform.db import Part, SqlValue, among, gather, hot, json_out, must_time, time_in, time_out

PAGE = 50
_REMOTE_PICTURE = re.compile(r"<img[^>]+src=[\"']?https?:|url\(\s*(?:&quot;|[\"'])?https?:", re.I)
_COLUMNS = """m.id, m.direction, m.kind, m.subject, m.author_name, m.author_address, m.customer_id, m.staff_id,
    m.recipients, m.created_at, m.sent_at, m.state, m.state_reason, m.send_after, m.masked, m.headers -> 'warnings',
    m.headers -> 'auth', m.headers ->> 'refusal', m.headers -> 'payload_id' IS NOT NULL, m.headers -> 'invitation',
    m.headers -> 'spam'"""
_TEXTS = ("m.text", "m.html", "m.reply")


def addresses(raw: Iterable[Mapping[str, str]] | None) -> list[AddressView]:
    """Return stored recipients as views."""
    return [AddressView(r.get("name", ""), r.get("address", "")) for r in raw or ()]


def attachment_view(row: Attachment) -> AttachmentView:
    """Return a file as the API shows it."""
    return AttachmentView(
        row.id,
        row.name,
        row.size,
        row.content_type,
        row.inline,
        row.content_id,
        f"/api/v1/attachments/{row.id}/content",
    )


def _message(row: Sequence[SqlValue], files: list[AttachmentView]) -> MessageView:
    (
        message_id, direction, kind, subject, name, address, customer_id, staff_id, recipients, created_at, sent_at,
        state, reason, send_after, masked, warnings, auth, refusal, original, invitation, spam, text, html, reply,
    ) = row  # fmt: skip
    people = json_out(recipients)
    author = "customer" if direction == "in" else "staff" if staff_id else "system"
    return MessageView(
        id=message_id,
        direction=direction,
        kind=kind,
        subject=subject,
        text=text,
        html=html,
        reply=reply,
        author=Author(author, customer_id if author == "customer" else staff_id, name, address),
        to=addresses(people.get("to")),
        cc=addresses(people.get("cc")),
        bcc=addresses(people.get("bcc")),
        created_at=must_time(created_at),
        sent_at=time_out(sent_at),
        state=state,
        state_reason=reason,
        state_category=refusal or "",
        send_after=time_out(send_after),
        masked=bool(masked),
        warnings=json_out(warnings) if warnings else [],
        auth=AuthView(**json_out(auth)) if auth else None,
        has_remote_images=_has_remote_pictures(html),
        has_original=bool(original),
        invitation=msgspec.convert(json_out(invitation), InvitationView) if invitation else None,
        spam=msgspec.convert(json_out(spam), SpamView) if spam else None,
        attachments=files,
    )


def _has_remote_pictures(html: str) -> bool:
    """Whether cleaned HTML asks for pictures elsewhere. Its tags are in small letters: a plain look comes first."""
    may = "<img" in html or "url(" in html
    return may and _REMOTE_PICTURE.search(html) is not None


def _messages(where: str, limit: int) -> str:
    return f"FROM (SELECT * FROM conversations_message m WHERE {where} ORDER BY m.id DESC LIMIT {limit}) m"


def _rows(where: str, values: list[SqlValue], limit: int) -> list[Sequence[SqlValue]]:
    return hot(f"SELECT {', '.join([_COLUMNS, *_TEXTS])} {_messages(where, limit)}", values)[::-1]


def _shown(rows: Sequence[Sequence[SqlValue]], *, files: bool = True) -> list[MessageView]:
    held: dict[int, list[AttachmentView]] = {}
    if files and rows:
        for row in Attachment.objects.filter(message__in=[row[0] for row in rows]).order_by("id"):
            held.setdefault(row.message_id or 0, []).append(attachment_view(row))
    return [_message(row, held.get(row[0], [])) for row in rows]


def message(message_id: int) -> tuple[int, MessageView] | None:
    """Return a message with the id of its conversation."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT conversation_id FROM conversations_message WHERE id = %s", [message_id])
        row = cursor.fetchone()
    if row is None:
        return None
    return row[0], _shown(_rows("m.id = %s", [message_id], 1))[0]


def messages_before(conversation_id: int, *, before: int | None, limit: int = PAGE) -> list[MessageView]:
    """Return messages older than `before`, oldest first."""
    if before is None:
        return _shown(_rows("m.conversation_id = %s", [conversation_id], limit))
    return _shown(_rows("m.conversation_id = %s AND m.id < %s", [conversation_id, before], limit))


def _around(conversation_id: int, staff_id: int | None) -> list[Part]:
    """Return what has to be read of the history, whether this person has drafts here, who else is here, and what
    the customer does."""
    me, now = staff_id or 0, time_in(timezone.now())
    return [
        Part(
            "change",
            "h.id, h.at, h.kind, h.before, h.after, s.id, s.name",
            "FROM (SELECT * FROM conversations_change WHERE conversation_id = %s ORDER BY id DESC LIMIT 200) h"
            " LEFT JOIN accounts_staff s ON h.actor = 'staff:' || s.id",
            [conversation_id],
        ),
        Part(
            "draft",
            "d.id",
            "FROM conversations_draft d WHERE d.conversation_id = %s AND d.staff_id = %s",
            [conversation_id, me],
        ),
        Part(
            "present",
            "s.id, s.name, p.state",
            "FROM conversations_presence p JOIN accounts_staff s ON s.id = p.staff_id"
            " WHERE p.conversation_id = %s AND p.until > %s AND p.staff_id <> %s",
            [conversation_id, now, me],
        ),
        Part(
            "visitor",
            "v.conversation_id, v.state, v.text, v.page_url, v.page_title, v.until",
            "FROM conversations_customerpresence v WHERE v.conversation_id = %s AND v.until > %s",
            [conversation_id, now],
        ),
    ]


def _visitor(rows: Sequence[Sequence[SqlValue]]) -> CustomerPresenceView | None:
    return next((CustomerPresenceView(v[0], v[1], v[2], v[3], v[4], must_time(v[5])) for v in rows), None)


def _history(rows: Sequence[Sequence[SqlValue]]) -> list[ChangeView]:
    return [
        ChangeView(c[0], must_time(c[1]), Ref(c[5], c[6]) if c[5] else None, *c[2:5])
        for c in sorted(rows, key=lambda row: row[0])
    ]


def drafts(conversation_id: int, staff_id: int | None) -> list[DraftView]:
    """Return what this person has written here and not sent."""
    if staff_id is None:
        return []
    result = []
    for row in Draft.objects.filter(conversation=conversation_id, staff=staff_id):
        files = Attachment.objects.filter(pk__in=row.attachment_ids, message=None, uploaded_by=staff_id)
        result.append(
            DraftView(
                row.kind,
                row.text,
                row.html,
                addresses(row.recipients.get("to")),
                addresses(row.recipients.get("cc")),
                addresses(row.recipients.get("bcc")),
                [attachment_view(file) for file in files],
                row.updated_at,
                row.version,
            )
        )
    return result


def answered(recipients: Mapping[str, Any], warnings: SqlValue) -> Mapping[str, Any]:
    """Return a message's recipients as an answer may go to them: none of those that a forger named beside the
    address that he took."""
    return {} if warnings and FORGED in json_out(warnings) else recipients


def reply_recipients(
    messages: Iterable[tuple[str, str, str, Mapping[str, Any]]], own_addresses: frozenset[str]
) -> ReplyTo:
    """Return where an answer goes: the latest inbound message's Reply-To or From, with its Cc and other To.

    `messages` holds the message an answer goes by, as (direction, author name, author address, recipients), or nothing.
    Our own addresses are left out, also with a tag ("help+tag@"), a Reply-To that names nobody else gives way to From,
    nobody is named twice, and nobody is added who was not on that message. A message of ours goes where it went.
    """
    for direction, name, address, recipients in messages:
        if direction == "out":
            return ReplyTo(addresses(recipients.get("to")), addresses(recipients.get("cc")))
        ours = {a.casefold() for a in own_addresses}
        wanted, sender = addresses(recipients.get("reply_to")), AddressView(name, address)
        to = [a for a in wanted if _foreign(a, ours)] or [a for a in [sender] if _foreign(a, ours)]
        seen = {a.address.casefold() for a in to}
        cc = []
        for other in [*addresses(recipients.get("to")), *addresses(recipients.get("cc"))]:
            if _foreign(other, ours) and other.address.casefold() not in seen:
                seen.add(other.address.casefold())
                cc.append(other)
        return ReplyTo(to or [a for a in wanted or [sender] if a.address], cc)
    return ReplyTo([], [])


def _foreign(one: AddressView, ours: Collection[str]) -> bool:
    """Say whether this is somebody's address, and not one of our own, with a tag or without."""
    address = one.address.casefold()
    local, _, domain = address.rpartition("@")
    return bool(address) and not {address, f"{local.partition('+')[0]}@{domain}"} & set(ours)


def detail(
    conversation_id: int,
    *,
    store_ids: Collection[int],
    staff_id: int | None,
    own_addresses: frozenset[str],
    reader: Reader | None,
) -> Detail | None:
    """Return a conversation of these stores with its newest messages, history, the reader's drafts and its customer,
    and leave the reader's line in the access log; no `reader` where nobody gets to see it.

    All but files and drafts is one statement.
    """
    owner = customers.family("(SELECT customer_id FROM conversations_conversation WHERE id = %s)", [conversation_id])
    condition, values = among("o.store_id", sorted(store_ids))
    note = reader and access_log.note(
        reader,
        ids="jsonb_build_array(o.id)",
        customer="(SELECT id FROM kept)",
        source=f"conversations_conversation o WHERE o.id = %s AND {condition}",
        values=[conversation_id, *values],
    )
    found = gather(
        [
            Part("message", _COLUMNS, _messages("m.conversation_id = %s", PAGE + 1), [conversation_id], _TEXTS),
            line(conversation_id, staff_id=staff_id),
            *_around(conversation_id, staff_id),
            *card_parts(store_ids=store_ids, staff_id=staff_id),
        ],
        [*owner, *([note] if note else [])],
    )
    if not found["line"]:
        return None
    item, language = line_of(found["line"][0])
    card = card_of(found)
    if item.store_id not in store_ids or card is None:
        return None
    if reader and not note:
        access_log.record_for(reader, [conversation_id], customer_id=item.customer.id)
    rows = sorted(found["message"], key=lambda row: row[0])
    return Detail(
        item=item,
        language=language,
        messages=_shown(rows[-PAGE:], files=item.has_attachments),
        older=rows[1][0] if len(rows) > PAGE else None,
        history=_history(found["change"]),
        drafts=drafts(conversation_id, staff_id) if found["draft"] else [],
        present=[PresentView(Ref(p[0], p[1]), p[2]) for p in found["present"]],
        visitor=_visitor(found["visitor"]),
        reply_to=reply_recipients(_to_answer(conversation_id, rows), own_addresses),
        card=card,
    )


def _to_answer(
    conversation_id: int, rows: Sequence[Sequence[SqlValue]]
) -> list[tuple[str, str, str, Mapping[str, Any]]]:
    """Return the message an answer goes by; nearly always it is among those that are shown."""

    def older(way: answering.Way) -> Sequence[SqlValue] | None:
        if len(rows) <= PAGE:
            return None
        return next(iter(_rows(f"m.conversation_id = %s AND {way.sql()}", [conversation_id], 1)), None)

    row = answering.chosen(reversed(rows), lambda row: (str(row[1]), str(row[2])), older=older)
    if row is None:
        return []
    return [(str(row[1]), str(row[4]), str(row[5]), answered(json_out(row[8]), row[15]))]
