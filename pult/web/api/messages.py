"""The doors to messages and files: undo, retry, a mail's own page, uploads and downloads."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import File, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from pult.accounts import access
from pult.channels import queries as channels
from pult.conversations import actions, queries
from pult.conversations.actions import Written
from pult.conversations.errors import MessageNotFound
from pult.platform import storage
from pult.platform.text import storable
from pult.web import mailpage
from pult.web.api import schemas
from pult.web.api.answers import answer, empty, once
from pult.web.api.auth import actor_of
from pult.web.api.message_schemas import MessageOut
from pult.web.api.problems import Problem
from pult.web.api.reading import given, log_read, visible_message, writer

_MOST_HEADERS = 100_000
router = Router(tags=["messages"])


class UndoneOut(Schema):
    conversation_id: int
    draft: schemas.DraftOut | None


@router.post("/messages/{int:message_id}/undo", response=UndoneOut)
def undo(request: HttpRequest, message_id: int) -> HttpResponse:
    """Take a message back that has not left; it becomes a draft of the person who wrote it, above what that person has
    begun since. Others' messages are taken back by leads and admins, who do not get the text."""
    actor = actor_of(request)
    visible_message(actor, message_id, "conversations.write")
    found = queries.message(message_id)
    own = found is not None and found[1].author.id == actor.staff_id
    if not own:
        access.require(actor, "messages.undo")
    conversation_id = actions.undo(message_id=message_id, writer=writer(actor))
    drafts = queries.drafts(conversation_id, actor.staff_id)
    return answer(
        {
            "conversation_id": conversation_id,
            "draft": next((d for d in drafts if own and d.kind == "reply"), None),
        }
    )


@router.post("/messages/{int:message_id}/retry", response=MessageOut)
def retry(request: HttpRequest, message_id: int) -> HttpResponse:
    """Send a failed message again, or one whose fate is unknown."""
    actor = actor_of(request)
    visible_message(actor, message_id, "conversations.write")
    actions.retry(message_id=message_id, writer=writer(actor))
    found = queries.message(message_id)
    if found is None:
        raise MessageNotFound
    return answer(found[1])


class ForwardIn(Schema):
    to: list[schemas.AddressIn] = Field(max_length=50)
    cc: list[schemas.AddressIn] = Field(default_factory=list, max_length=50)
    bcc: list[schemas.AddressIn] = Field(default_factory=list, max_length=50)
    subject: str = Field(default="", max_length=500, description="Empty for that of the message, with Fwd: before it.")
    text: str = schemas.Text
    html: str = schemas.Text
    file_ids: list[int] | None = Field(default=None, max_length=100, description="Files of the message; null for all.")
    attachment_ids: list[int] = Field(default_factory=list, max_length=50)
    undo_seconds: int = Field(default=0, ge=0, le=60)


@router.post("/messages/{int:message_id}/forward", response={201: MessageOut})
def forward(request: HttpRequest, message_id: int, wanted: ForwardIn) -> HttpResponse:
    """Send a message on to somebody outside, with its files, below what is written.

    It stays in the conversation, and so does the answer to it; neither changes whom the customer's answers go to.
    """
    actor = actor_of(request)
    place = visible_message(actor, message_id, "conversations.write")
    inbox = channels.inbox(queries.items([place.conversation_id], staff_id=None)[0].inbox_id)

    def write() -> Any:
        made = actions.forward(
            message_id=message_id,
            inbox=inbox.info(),
            writer=writer(actor),
            written=Written(
                text=wanted.text,
                html=wanted.html,
                subject=wanted.subject,
                to=given(wanted.to),
                cc=given(wanted.cc),
                bcc=given(wanted.bcc) or [],
                attachment_ids=wanted.attachment_ids,
            ),
            file_ids=wanted.file_ids,
            undo_seconds=wanted.undo_seconds,
        )
        log_read(request, actor, place)
        found = queries.message(made)
        return None if found is None else found[1]

    return once(request, actor, write)


@router.get("/messages/{int:message_id}/html", response={200: Any})
def html(request: HttpRequest, message_id: int, remote: bool = False) -> HttpResponse:
    """A mail's HTML as a page of its own, for a sandboxed frame; pictures from elsewhere only with remote=1."""
    actor = actor_of(request)
    place = visible_message(actor, message_id)
    found = queries.message(message_id)
    if found is None:
        raise MessageNotFound
    log_read(request, actor, place)
    return mailpage.page(found[1], remote=remote, origin=f"{request.scheme}://{request.get_host()}")


class OriginalOut(Schema):
    headers: str
    name: str
    size: int


@router.get("/messages/{int:message_id}/original", response=OriginalOut)
def original(request: HttpRequest, message_id: int) -> HttpResponse:
    """The headers of a message as they came; a message of another kind than mail is shown from its beginning."""
    name, body = _original(request, message_id)
    head = body.replace(b"\r\n", b"\n").partition(b"\n\n")[0][:_MOST_HEADERS]
    return answer({"headers": str(storable(head.decode("utf-8", "replace"))), "name": name, "size": len(body)})


@router.get("/messages/{int:message_id}/original/content", response={200: Any})
def original_content(request: HttpRequest, message_id: int) -> HttpResponse:
    """A message as it came (numbers masked), to be saved. It is kept for PAYLOAD_DAYS."""
    name, body = _original(request, message_id)
    response = HttpResponse(body, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


def _original(request: HttpRequest, message_id: int) -> tuple[str, bytes]:
    """Return a name for what a message came as, and its bytes. Raises MessageNotFound, Problem where it is gone."""
    actor = actor_of(request)
    place = visible_message(actor, message_id)
    payload_id = queries.payload_of(message_id)
    if payload_id is None:
        raise MessageNotFound
    log_read(request, actor, place)
    payload = channels.payload(payload_id)
    if payload is None:
        raise Problem(410, "original-gone", days=settings.PAYLOAD_DAYS)
    ending = "json" if payload.body.lstrip()[:1] in {b"{", b"["} else "eml"
    return f"message-{message_id}.{ending}", payload.body


@router.post("/attachments", response={201: schemas.UploadOut})
def upload(request: HttpRequest, file: File[UploadedFile]) -> HttpResponse:
    """Store a file for a message that is being written."""
    actor = actor_of(request)
    access.require(actor, "conversations.write")
    if (file.size or 0) > settings.UPLOAD_LIMIT:
        raise Problem(413, "too-large", limit=settings.UPLOAD_LIMIT)
    attachment_id = actions.upload(
        name=file.name or "file",
        content_type=file.content_type or "application/octet-stream",
        content=file.read(),
        staff_id=actor.staff_id,
    )
    stored = queries.stored_file(attachment_id)
    if stored is None:
        raise MessageNotFound
    return answer({"id": stored.id, "name": stored.name, "size": stored.size, "type": stored.content_type}, 201)


def _readable(request: HttpRequest, attachment_id: int) -> queries.StoredFile:
    actor = actor_of(request)
    access.require(actor, "conversations.read")
    stored = queries.stored_file(attachment_id)
    if stored is None:
        raise MessageNotFound
    if stored.message_id is not None:
        log_read(request, actor, visible_message(actor, stored.message_id))
    elif stored.staff_id != actor.staff_id:
        raise MessageNotFound
    return stored


@router.delete("/attachments/{int:attachment_id}", response={204: None})
def discard(request: HttpRequest, attachment_id: int) -> HttpResponse:
    """Delete a file that one has uploaded and not sent."""
    actor = actor_of(request)
    access.require(actor, "conversations.write")
    if not actions.discard_upload(attachment_id=attachment_id, staff_id=actor.staff_id):
        raise MessageNotFound
    return empty()


@router.get("/attachments/{int:attachment_id}/content", response={200: Any})
def content(request: HttpRequest, attachment_id: int, inline: bool = False) -> HttpResponseBase:
    """A file's bytes, always to be saved; with inline=1 a picture whose bytes prove to be one may be shown."""
    stored = _readable(request, attachment_id)
    file = storage.open_blob(stored.blob_id)
    kind = mailpage.picture_type(file.read(32))
    file.seek(0)
    shown = inline and kind is not None
    response = FileResponse(
        file,
        as_attachment=not shown,
        filename=stored.name.replace("/", "_").replace("\\", "_"),
        content_type=kind if shown else "application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=86400, immutable"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
