"""The doors to what the desk keeps: drafts, presence, tags, saved views and their counts."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router

from pult.accounts import access
from pult.accounts.access import Actor
from pult.conversations import actions, queries
from pult.conversations.errors import MessageNotFound, Refused
from pult.conversations.filters import BUILTIN_VIEWS
from pult.web.api import schemas
from pult.web.api.answers import answer, empty
from pult.web.api.auth import actor_of
from pult.web.api.conversations import VIEW_WORDS, saved_filters, view_filters
from pult.web.api.problems import UnknownNames
from pult.web.api.reading import given, versions_of, visible

router = Router(tags=["desk"])
CEILING = 1000


def _person(actor: Actor) -> int:
    if actor.staff_id is None:
        raise MessageNotFound
    return actor.staff_id


@router.get("/conversations/{int:conversation_id}/drafts", response=schemas.DraftsOut)
def list_drafts(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """What this person has written here and not sent, on any device."""
    actor = actor_of(request)
    visible(actor, conversation_id)
    return answer({"items": queries.drafts(conversation_id, _person(actor))})


@router.put("/conversations/{int:conversation_id}/draft", response=schemas.DraftOut)
def save_draft(request: HttpRequest, conversation_id: int, wanted: schemas.DraftIn, join: bool = False) -> HttpResponse:
    """Keep what was written so far, for this person on every device.

    If-Match holds it to a version. With `join` another version is no error: this text is put below that one.
    """
    actor = actor_of(request)
    visible(actor, conversation_id, "conversations.write")
    staff_id = _person(actor)
    actions.save_draft(
        conversation_id=conversation_id,
        staff_id=staff_id,
        kind=wanted.kind,
        text=wanted.text,
        html=wanted.html,
        recipients={
            "to": given(wanted.to) or [],
            "cc": given(wanted.cc) or [],
            "bcc": given(wanted.bcc) or [],
        },
        attachment_ids=wanted.attachment_ids,
        expected=versions_of(request),
        join=join,
    )
    return answer(next(d for d in queries.drafts(conversation_id, staff_id) if d.kind == wanted.kind))


@router.delete("/conversations/{int:conversation_id}/draft", response={204: None})
def discard_draft(request: HttpRequest, conversation_id: int, kind: Literal["reply", "note"] = "reply") -> HttpResponse:
    """Throw a draft away; If-Match holds it to a version."""
    actor = actor_of(request)
    visible(actor, conversation_id, "conversations.write")
    actions.discard_draft(
        conversation_id=conversation_id, staff_id=_person(actor), kind=kind, expected=versions_of(request)
    )
    return empty()


@router.post("/conversations/{int:conversation_id}/presence", response={204: None})
def presence(request: HttpRequest, conversation_id: int, wanted: schemas.PresenceIn) -> HttpResponse:
    """Say that one is viewing, typing, or has left; others see it within two seconds."""
    actor = actor_of(request)
    visible(actor, conversation_id, "conversations.write")
    actions.be_present(conversation_id=conversation_id, staff_id=_person(actor), state=wanted.state)
    return empty()


@router.get("/views", response=schemas.ViewsOut)
def list_views(request: HttpRequest) -> HttpResponse:
    """The saved views of everybody and one's own."""
    actor = actor_of(request)
    access.require(actor, "conversations.read")
    return answer({"items": queries.saved_views(actor.staff_id), "next": None})


@router.get("/views/counts", response=schemas.CountsOut)
def view_counts(request: HttpRequest) -> HttpResponse:
    """How many conversations each view holds, counted up to `ceiling`."""
    actor = actor_of(request)
    access.require(actor, "conversations.read")
    names = [*BUILTIN_VIEWS, *(str(view.id) for view in queries.saved_views(actor.staff_id))]
    stores = sorted(access.visible_stores(actor))
    counts = {}
    for name in names:
        chosen = view_filters(name, actor)
        if chosen is not None:
            counts[name] = queries.count(chosen, store_ids=stores, staff_id=actor.staff_id, ceiling=CEILING)
    return answer({"counts": counts, "ceiling": CEILING})


def _may_change(actor: Actor, view_id: int) -> None:
    """Raises MessageNotFound, PermissionDenied."""
    found = next((view for view in queries.saved_views(actor.staff_id) if view.id == view_id), None)
    if found is None:
        raise MessageNotFound
    if not found.mine:
        access.require(actor, "views.manage")


def _save(request: HttpRequest, view_id: int | None, wanted: schemas.ViewIn, status: int) -> HttpResponse:
    actor = actor_of(request)
    access.require(actor, "conversations.write")
    if view_id is not None:
        _may_change(actor, view_id)
    if unknown := wanted.filters.keys() - VIEW_WORDS:
        raise UnknownNames(f"filters.{name}" for name in unknown)
    if saved_filters(wanted.filters, actor) is None:
        raise Refused("unknown_filter", "filters")
    saved = actions.save_view(
        view_id=view_id,
        staff_id=actor.staff_id,
        name=wanted.name,
        filters=wanted.filters,
        shared=wanted.shared,
        position=wanted.position,
    )
    shown = {
        "id": saved, "name": wanted.name, "shared": wanted.shared, "filters": wanted.filters,
        "position": wanted.position, "mine": False,
    }  # fmt: skip
    # A view that a lead took down is its maker's alone, and among the lead's own no more.
    return answer(next((v for v in queries.saved_views(actor.staff_id) if v.id == saved), shown), status)


@router.post("/views", response={201: schemas.ViewOut})
def create_view(request: HttpRequest, wanted: schemas.ViewIn) -> HttpResponse:
    """Save a filter under a name."""
    return _save(request, None, wanted, 201)


@router.patch("/views/{int:view_id}", response=schemas.ViewOut)
def change_view(request: HttpRequest, view_id: int, wanted: schemas.ViewIn) -> HttpResponse:
    """Change a saved view: one's own or, for leads and admins, a shared one of somebody else."""
    return _save(request, view_id, wanted, 200)


@router.delete("/views/{int:view_id}", response={204: None})
def delete_view(request: HttpRequest, view_id: int) -> HttpResponse:
    """Delete a saved view: one's own or, for leads and admins, a shared one of somebody else."""
    actor = actor_of(request)
    access.require(actor, "conversations.write")
    _may_change(actor, view_id)
    actions.delete_view(view_id=view_id, staff_id=actor.staff_id)
    return empty()


@router.post("/tags", response={201: schemas.TagOut})
def create_tag(request: HttpRequest, wanted: schemas.TagIn) -> HttpResponse:
    """Make a tag, or return the one of that name."""
    actor = actor_of(request)
    access.require(actor, "conversations.write")
    made = actions.create_tag(name=wanted.name, hue=wanted.hue, actor=actor.ref)
    return answer(next(tag for tag in queries.tags() if tag.id == made), 201)


@router.patch("/tags/{int:tag_id}", response=schemas.TagOut)
def change_tag(request: HttpRequest, tag_id: int, wanted: schemas.TagChanges) -> HttpResponse:
    """Give a tag another name or colour (tags.manage); it stays on its conversations."""
    actor = actor_of(request)
    access.require(actor, "tags.manage")
    actions.change_tag(tag_id=tag_id, name=wanted.name, hue=wanted.hue, actor=actor.ref)
    return answer(next(tag for tag in queries.tags() if tag.id == tag_id))


@router.post("/tags/{int:tag_id}/merge", response={204: None})
def merge_tag(request: HttpRequest, tag_id: int, wanted: schemas.TagMergeIn) -> HttpResponse:
    """Put another tag in the place of this one on every conversation, and remove this one (tags.manage)."""
    actor = actor_of(request)
    access.require(actor, "tags.manage")
    actions.remove_tag(tag_id=tag_id, into_id=wanted.into_id, actor=actor.ref)
    return empty()


@router.delete("/tags/{int:tag_id}", response={204: None})
def remove_tag(request: HttpRequest, tag_id: int) -> HttpResponse:
    """Take a tag off every conversation and remove it (tags.manage)."""
    actor = actor_of(request)
    access.require(actor, "tags.manage")
    actions.remove_tag(tag_id=tag_id, into_id=None, actor=actor.ref)
    return empty()
