"""The doors to oneself: who I am, whom I work with, my tokens and my open sessions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from pult.accounts import access, actions, queries, sessions
from pult.accounts.access import Actor
from pult.channels import queries as channels
from pult.channels import registry
from pult.conversations import queries as conversations
from pult.web.api.answers import answer, conditional, empty
from pult.web.api.auth import actor_of

router = Router(tags=["accounts"])

Language = Literal["sl", "hr", "el", "pl", "en"]
Role = Literal["colleague", "agent", "lead", "admin"]
TokenScope = Literal["read", "write", "admin"]


class StoreRef(Schema):
    id: int
    name: str
    language: str
    currency: str
    time_zone: str
    signature: str = Field(description="What goes under the replies of the person who asks, in this store.")


class TeamRef(Schema):
    id: int
    name: str
    store_id: int | None


class MeOut(Schema):
    id: int | None
    kind: Literal["staff", "token"]
    name: str
    email: str
    role: Role
    language: str
    signature: str
    permissions: list[str]
    preferences: dict[str, object]
    stores: list[StoreRef]
    teams: list[TeamRef]
    demo: bool


class MeIn(Schema):
    """Only the fields that are sent are changed; a preference set to null is removed."""

    name: str | None = Field(default=None, max_length=120)
    language: Language | None = None
    signature: str | None = Field(default=None, max_length=4_000)
    preferences: dict[str, object] | None = None


class ColleagueOut(Schema):
    id: int
    name: str
    role: Role
    team_ids: list[int]
    store_ids: list[int]
    active: bool


class TagRef(Schema):
    id: int
    name: str
    hue: int


class InboxRef(Schema):
    id: int
    store_id: int
    channel: str
    name: str
    address: str


class ChannelOut(Schema):
    name: str
    title: dict[str, str]
    capabilities: list[str]
    status: str
    limits: dict[str, int]


class DirectoryOut(Schema):
    staff: list[ColleagueOut]
    teams: list[TeamRef]
    tags: list[TagRef]
    stores: list[StoreRef]
    inboxes: list[InboxRef]
    channels: list[ChannelOut]


class TokenOut(Schema):
    id: int
    staff_id: int
    name: str
    prefix: str
    scopes: list[TokenScope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class TokensOut(Schema):
    items: list[TokenOut]
    next: str | None


class TokenIn(Schema):
    """A token for oneself, or with staff.write for somebody else."""

    name: str = Field(max_length=120)
    scopes: list[TokenScope] = Field(default=["read"], max_length=3)
    expires_at: datetime | None = None
    staff_id: int | None = None


class RotateIn(Schema):
    """How long the old token lives on, so that a program can change over without a gap."""

    overlap_hours: int = Field(default=0, ge=0, le=24 * 30)


class IssuedOut(TokenOut):
    secret: str


class SessionOut(Schema):
    id: int
    staff_id: int
    address: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


class SessionsOut(Schema):
    items: list[SessionOut]
    next: str | None


def _stores(actor: Actor) -> list[dict[str, object]]:
    visible = access.visible_stores(actor)
    signatures = queries.signatures(visible, actor.staff_id)
    return [
        {
            "id": shop.id,
            "name": shop.name,
            "language": shop.language,
            "currency": shop.currency,
            "time_zone": shop.time_zone,
            "signature": signatures[shop.id],
        }
        for shop in queries.stores(visible)
    ]


def _me(actor: Actor) -> dict[str, object]:
    kept = queries.profile(actor.staff_id or 0)
    mine = set(kept.team_ids)
    return {
        "id": actor.staff_id,
        "kind": actor.kind,
        "name": kept.name,
        "email": kept.email,
        "role": actor.role,
        "language": kept.language,
        "signature": kept.signature,
        "permissions": sorted(access.permissions(actor)),
        "preferences": kept.preferences,
        "stores": _stores(actor),
        "teams": [team for team in queries.teams() if team.id in mine],
        "demo": settings.DEMO,
    }


@router.get("/me", response=MeOut)
def me(request: HttpRequest) -> HttpResponse:
    """Who asks, and what he may do."""
    return answer(_me(actor_of(request)))


@router.patch("/me", response=MeOut)
def change_me(request: HttpRequest, body: MeIn) -> HttpResponse:
    """Change one's own name, language, signature or preferences."""
    actor = actor_of(request)
    actions.update_me(actor, body.model_dump(exclude_unset=True, exclude_none=True) | _emptied(body))
    return answer(_me(actor))


def _emptied(body: MeIn) -> dict[str, object]:
    """Preferences keep their nulls: they say which to remove."""
    return {} if body.preferences is None else {"preferences": body.preferences}


@router.get("/directory", response=DirectoryOut)
def directory(request: HttpRequest) -> HttpResponse:
    """Everybody and everything that a conversation can point at, as far as the actor sees it."""
    actor = actor_of(request)
    access.require(actor, "conversations.read")
    visible = access.visible_stores(actor)
    people = [
        {
            "id": person.id,
            "name": person.name,
            "role": person.role,
            "team_ids": person.team_ids,
            "store_ids": person.store_ids,
            "active": person.active,
        }
        for person in queries.staff()
    ]
    body = {
        "staff": people,
        "teams": [team for team in queries.teams() if team.store_id is None or team.store_id in visible],
        "tags": conversations.tags(),
        "stores": _stores(actor),
        "inboxes": [
            {"id": i.id, "store_id": i.store_id, "channel": i.channel, "name": i.name, "address": i.address}
            for i in channels.inboxes(store_ids=sorted(visible))
        ],
        "channels": [
            {
                "name": manifest.name,
                "title": manifest.title,
                "capabilities": sorted(manifest.capabilities),
                "status": manifest.status,
                "limits": manifest.limits,
            }
            for manifest in registry.all_manifests()
        ],
    }
    return conditional(request, body)


# --- tokens --------------------------------------------------------------------------------------------


@router.get("/tokens", response=TokensOut)
def tokens(request: HttpRequest, all: bool = False) -> HttpResponse:
    """One's own tokens, newest first; with `all=true` everybody's (staff.write)."""
    actor = actor_of(request)
    if all:
        access.require(actor, "staff.write")
    return answer({"items": queries.tokens(None if all else actor.staff_id or 0), "next": None})


def _issued(made: actions.IssuedToken) -> dict[str, object]:
    held = made.token
    return {
        "id": held.id,
        "staff_id": held.staff_id,
        "name": held.name,
        "prefix": held.prefix,
        "scopes": held.scopes,
        "created_at": held.created_at,
        "expires_at": held.expires_at,
        "last_used_at": held.last_used_at,
        "revoked_at": held.revoked_at,
        "secret": made.secret,
    }


@router.post("/tokens", response={201: IssuedOut})
def issue_token(request: HttpRequest, body: TokenIn) -> HttpResponse:
    """Make a token; its secret is in this answer and nowhere else."""
    actor = actor_of(request)
    made = actions.issue_token(
        actor,
        staff_id=actor.staff_id or 0 if body.staff_id is None else body.staff_id,
        name=body.name,
        scopes=body.scopes,
        expires_at=body.expires_at,
    )
    return answer(_issued(made), 201)


@router.post("/tokens/{token_id}/rotate", response={201: IssuedOut})
def rotate_token(request: HttpRequest, token_id: int, body: RotateIn) -> HttpResponse:
    """Make a new token like this one; this one ends now, or after the overlap."""
    made = actions.rotate_token(actor_of(request), token_id, overlap=timedelta(hours=body.overlap_hours))
    return answer(_issued(made), 201)


@router.delete("/tokens/{token_id}", response={204: None})
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """End a token."""
    actions.revoke_token(actor_of(request), token_id)
    return empty()


# --- sessions ------------------------------------------------------------------------------------------


@router.get("/sessions", response=SessionsOut)
def open_sessions(request: HttpRequest, all: bool = False) -> HttpResponse:
    """One's own open sign-ins, newest first; with `all=true` everybody's (staff.write)."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    found = sessions.open_sessions(actor_of(request), of_all=all, current_key=key)
    return answer({"items": found, "next": None})


@router.delete("/sessions/{session_id}", response={204: None})
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End a sign-in: one's own, or (staff.write) anybody's."""
    sessions.end(actor_of(request), session_id)
    return empty()
