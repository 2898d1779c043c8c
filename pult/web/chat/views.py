"""What a visitor's page asks for."""

from __future__ import annotations

import base64
import time
from typing import Annotated, Any

import msgspec
from django.http import FileResponse, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from msgspec import Meta

from pult.channels import actions as channels
from pult.channels import registry
from pult.conversations import actions as conversations
from pult.conversations import queries
from pult.conversations.actions.threading import REOPEN_WITHIN
from pult.platform import storage
from pult.platform.text import storable
from pult.web.chat import limits
from pult.web.chat.doors import Asked, Refusal, answer, door
from pult.web.chat.files import Unfit, fit
from pult.web.chat.visitors import (
    MAX_TOKEN,
    BadIdentity,
    Visitor,
    identified,
    newcomer,
    next_thread,
    renewed,
    token_of,
    visitor_of,
)

THREADS_SHOWN = 5
"""Earlier conversations of a visitor that his page shows above the present one."""


class PageSeen(msgspec.Struct, frozen=True):
    """What the visitor looks at, as the shop's page tells."""

    url: Annotated[str, Meta(max_length=500)] = ""
    title: Annotated[str, Meta(max_length=200)] = ""


class Beginning(msgspec.Struct, frozen=True):
    """What a page says that begins: the token it kept, the shop's word of who is there, the page's language."""

    token: Annotated[str, Meta(max_length=MAX_TOKEN)] = ""
    identity: Annotated[str, Meta(max_length=MAX_TOKEN)] = ""


class Writing(msgspec.Struct, frozen=True):
    """One message: `id` is the page's own name of it, so that a repeated one is the same."""

    id: Annotated[str, Meta(pattern="^[0-9A-Za-z-]{8,40}$")]
    text: Annotated[str, Meta(max_length=4_000)] = ""
    language: Annotated[str, Meta(pattern="^([a-z]{2})?$")] = ""
    page: PageSeen = PageSeen()


class Doing(msgspec.Struct, frozen=True):
    """What the visitor does beside writing: `state` is here, typing or away."""

    state: str
    text: Annotated[str, Meta(max_length=4_000)] = ""
    page: PageSeen = PageSeen()


class Seen(msgspec.Struct, frozen=True):
    """How far he has got what we wrote: `state` is delivered or read."""

    up_to: int
    state: str


@door("POST")
def begin(asked: Asked) -> HttpResponse:
    """Begin on a page: a token for another while, what this chat is, and what was said before."""
    asked.within(limits.SESSIONS, asked.address)
    said: Beginning = asked.said(Beginning)
    known = visitor_of(said.token, asked.inbox.id) if said.token else None
    visitor = known or newcomer(asked.inbox.id)
    if said.identity:
        try:
            visitor = identified(visitor, said.identity, str(asked.inbox.settings.get("identity_secret", "")))
        except BadIdentity as error:
            raise Refusal(401, "identity") from error
    state = queries.thread_state(asked.inbox.id, visitor.thread)
    if state is not None and _is_over(state):
        visitor, state = next_thread(visitor), None
    visitor = renewed(visitor)
    return answer(
        {
            "token": token_of(visitor),
            "known": known is not None,
            "name": visitor.name,
            "proven": visitor.proven,
            "store": asked.inbox.store_name,
            "colour": asked.inbox.settings.get("colour", ""),
            "greeting": asked.inbox.settings.get("greeting", ""),
            "watch": {
                "page": bool(asked.inbox.settings.get("watch_page")),
                "typing": bool(asked.inbox.settings.get("watch_typing")),
            },
            "limits": registry.manifest(asked.inbox.channel).limits,
            "agent": state.agent if state else "",
            "items": queries.said(asked.inbox.id, _threads(visitor)),
        },
        201,
    )


def _is_over(state: queries.ThreadState) -> bool:
    return (
        state.status == "closed"
        and state.closed_at is not None
        and time.time() - state.closed_at.timestamp() > (REOPEN_WITHIN.total_seconds())
    )


def _threads(visitor: Visitor) -> list[str]:
    """Return the present thread of a visitor and those before it."""
    name, _, number = visitor.thread.rpartition(".")
    return [f"{name}.{n}" for n in range(max(1, int(number) - THREADS_SHOWN), int(number) + 1)]


@door("GET", "POST")
def messages(asked: Asked) -> HttpResponse:
    """What was said (after a message, or before one), or one more."""
    if asked.request.method == "POST":
        return _write(asked)
    visitor = asked.visitor
    asked.within(limits.SMALL, visitor.id, cost=0.25)
    after, before = (_number(asked, name) for name in ("after", "before"))
    state = queries.thread_state(asked.inbox.id, visitor.thread)
    found = queries.said(asked.inbox.id, _threads(visitor), after=after, before=before)
    return answer({"items": found, "agent": state.agent if state else "", "status": state.status if state else ""})


def _number(asked: Asked, name: str) -> int:
    text = asked.request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _write(asked: Asked) -> HttpResponse:
    """Keep what he wrote, before he hears so; the same one twice is one."""
    visitor = asked.visitor
    asked.within(limits.MESSAGES, visitor.id)
    asked.within(limits.FROM_ADDRESS, asked.address)
    said, files = _said_with_files(asked)
    if not said.text.strip() and not files:
        raise Refusal(422, "empty")
    body = {"text": said.text, "files": files}
    name = f"{visitor.thread}/{said.id}"
    envelope = {
        "transport": "chat",
        "visitor": visitor.id,
        "thread": visitor.thread,
        "message": name,
        "name": visitor.name,
        "email": visitor.email,
        "proven": visitor.proven,
        "language": said.language,
        "sent_at": time.time(),
        "sender": visitor.email if visitor.proven else visitor.id,
        **({"page": {"url": said.page.url, "title": said.page.title}} if said.page.url else {}),
    }
    kept = channels.receive(asked.inbox.id, name, envelope, msgspec.json.encode(body))
    return answer({"id": said.id, "new": kept is not None}, 202)


def _said_with_files(asked: Asked) -> tuple[Writing, list[dict[str, str]]]:
    """Return what he wrote and his files: JSON, or a form with that JSON as `message` and files as `file`."""
    if not (asked.request.content_type or "").startswith("multipart/"):
        return asked.said(Writing), []
    bounds = registry.manifest(asked.inbox.channel).limits
    try:
        given = asked.request.FILES.getlist("file")
        said = msgspec.convert(storable(msgspec.json.decode(asked.request.POST.get("message", ""))), Writing)
    except (msgspec.DecodeError, msgspec.ValidationError, MultiPartParserError, RecursionError) as error:
        raise Refusal(422, "unreadable") from error
    if len(given) > bounds.max_files:
        raise Refusal(422, "too_many_files")
    if any((one.size or 0) > bounds.max_file_bytes for one in given):
        raise Refusal(413, "too_large")
    return said, [_file(one.name or "", one.read()) for one in given]


def _file(name: str, content: bytes) -> dict[str, str]:
    try:
        kept, media_type, made = fit(name, content)
    except Unfit as error:
        raise Refusal(422, error.code) from error
    return {"name": kept, "type": media_type, "content": base64.b64encode(made).decode()}


@door("POST")
def doing(asked: Asked) -> HttpResponse:
    """Say what he does beside writing; before he wrote anything nobody is told."""
    visitor, said = asked.visitor, asked.said(Doing)
    asked.within(limits.SMALL, visitor.id)
    state = queries.thread_state(asked.inbox.id, visitor.thread)
    if state is None:
        return answer({})
    settings = asked.inbox.settings
    shown: dict[str, Any] = {"text": said.text} if settings.get("watch_typing") else {}
    if settings.get("watch_page"):
        shown |= {"page_url": said.page.url, "page_title": said.page.title}
    if said.state not in {"here", "typing", "away"}:
        raise Refusal(422, "unreadable")
    conversations.customer_is(conversation_id=state.conversation_id, state=said.state, **shown)
    return answer({})


@door("POST")
def seen(asked: Asked) -> HttpResponse:
    """Say how far he has got and read what we wrote."""
    visitor, said = asked.visitor, asked.said(Seen)
    asked.within(limits.SMALL, visitor.id)
    if said.state not in {"delivered", "read"}:
        raise Refusal(422, "unreadable")
    state = queries.thread_state(asked.inbox.id, visitor.thread)
    told = state and conversations.seen_by_customer(
        conversation_id=state.conversation_id, up_to=said.up_to, state=said.state
    )
    return answer({"told": told or 0})


@door("GET")
def file(asked: Asked, attachment_id: int) -> HttpResponseBase:
    """A file of his conversation: to be saved, and a picture also to be shown by his page, which asks for its bytes."""
    visitor = asked.visitor
    asked.within(limits.SMALL, visitor.id)
    found = queries.stored_file(attachment_id)
    if found is None or not queries.is_in_threads(attachment_id, asked.inbox.id, _threads(visitor)):
        raise Refusal(404, "file")
    response = FileResponse(
        storage.open_blob(found.blob_id),
        as_attachment=True,
        filename=found.name.replace("/", "_").replace("\\", "_"),
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


@door("GET")
def stream(asked: Asked) -> HttpResponse:
    """What a page of another origin asks before it opens its stream; the stream itself the ASGI front serves."""
    raise Refusal(404, "stream")
