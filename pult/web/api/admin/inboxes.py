"""The doors to inboxes: which addresses Pult answers at, and how each is connected."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language_from_request
from ninja import Router, Schema
from pydantic import Field

from pult.accounts import access
from pult.accounts import queries as accounts
from pult.accounts.checks import name_in_use
from pult.accounts.errors import Invalid, NotFound
from pult.channels import actions, queries, registry
from pult.channels.base import Advising, Checkable
from pult.platform import forms, httpclient
from pult.web.api.admin.webhooks import refused
from pult.web.api.answers import answer, once
from pult.web.api.auth import actor_of

router = Router(tags=["admin"])

_LOOKED_AT = 20
"""Messages in which the test of an inbox looks for hints."""


class ListenerOut(Schema):
    """How the part of Pult that fetches for this inbox fares; `error` is empty when all is well."""

    name: str
    error: str
    updated_at: datetime


class InboxOut(Schema):
    """An inbox; of a secret in `settings` only whether it is set."""

    id: int
    store_id: int
    team_id: int | None
    channel: str
    name: str
    address: str
    active: bool
    settings: dict[str, object]
    listeners: list[ListenerOut]


class InboxesOut(Schema):
    items: list[InboxOut]
    next: str | None


class InboxIn(Schema):
    store_id: int
    channel: str = Field(max_length=24)
    name: str = Field(min_length=1, max_length=120, pattern=r"\S")
    address: str = Field(min_length=1, max_length=254)
    team_id: int | None = None
    settings: dict[str, object] = Field(default_factory=dict)


class InboxChanges(Schema):
    """Only the fields that are sent are changed; a secret left out, true or null stays, "" removes it."""

    name: str | None = Field(default=None, min_length=1, max_length=120, pattern=r"\S")
    address: str | None = Field(default=None, min_length=1, max_length=254)
    team_id: int | None = None
    active: bool | None = None
    settings: dict[str, object] | None = None


class CheckOut(Schema):
    """One part of the connection that was tried, with the other side's words."""

    name: str
    ok: bool
    detail: str


class HintOut(Schema):
    """What the newest messages tell of the server that checks senders: `name` it, it is `good`, it needs more `hops`,
    there is an`other`, the named one is `lost`, Pult checks on its `own`, there is `none`."""

    kind: Literal["name", "good", "hops", "other", "lost", "own", "none"]
    server: str
    hops: int
    count: int
    of: int


class ChecksOut(Schema):
    ok: bool
    checks: list[CheckOut]
    hints: list[HintOut]


class ChoiceOut(Schema):
    value: str
    label: str


class FormFieldOut(Schema):
    """One field of a settings form; it is shown when `when_field` has `when_value`."""

    name: str
    label: str
    kind: Literal["text", "number", "flag", "choice", "map"]
    default: object = None
    secret: bool = False
    choices: list[ChoiceOut] = Field(default_factory=list)
    when_field: str = ""
    when_value: str = ""
    minimum: int | None = None
    maximum: int | None = None
    url: bool = False


class FormOut(Schema):
    channel: str
    title: str
    documentation: str
    fields: list[FormFieldOut]


def _shown(inbox: queries.InboxRecord, reports: list[queries.ListenerReport]) -> dict[str, object]:
    return {
        "id": inbox.id,
        "store_id": inbox.store_id,
        "team_id": inbox.team_id,
        "channel": inbox.channel,
        "name": inbox.name,
        "address": inbox.address,
        "active": inbox.active,
        "settings": forms.shown(registry.settings(inbox.channel), inbox.settings),
        "listeners": [
            {"name": report.name, "error": report.error, "updated_at": report.updated_at}
            for report in reports
            if report.inbox_id == inbox.id
        ],
    }


def _settings(channel: str, given: dict[str, object], old: queries.InboxRecord | None = None) -> dict[str, object]:
    try:
        kept = forms.validated(registry.settings(channel), given, old=old.settings if old else None)
    except forms.BadSettings as error:
        raise Invalid("settings", field="settings", what=str(error)) from error
    for name, url in forms.urls(registry.settings(channel), kept):
        if old is None or old.settings.get(name) != url:
            try:
                httpclient.outer_url(url)
            except httpclient.HttpError as error:
                raise refused(error, field=f"settings.{name}") from error
    return kept


def _team(team_id: int | None, store_id: int) -> None:
    """Refuse a team that is none, or another store's. Raises Invalid."""
    try:
        if team_id is not None and accounts.team(team_id).store_id not in {None, store_id}:
            raise Invalid("unknown", field="team_id")
    except NotFound as error:
        raise Invalid("unknown", field="team_id") from error


@router.get("/inboxes", response=InboxesOut)
def inboxes(request: HttpRequest) -> HttpResponse:
    """All inboxes by name, with their settings and how their listeners fare."""
    access.require(actor_of(request), "settings.write")
    reports = queries.listener_reports()
    return answer({"items": [_shown(inbox, reports) for inbox in queries.inboxes()], "next": None})


@router.get("/inboxes/{inbox_id}", response=InboxOut)
def inbox(request: HttpRequest, inbox_id: int) -> HttpResponse:
    """One inbox."""
    access.require(actor_of(request), "settings.write")
    return answer(_shown(queries.inbox(inbox_id), queries.listener_reports()))


@router.post("/inboxes", response={201: InboxOut})
def create_inbox(request: HttpRequest, body: InboxIn) -> HttpResponse:
    """Open an inbox."""
    actor = actor_of(request)
    access.require(actor, "settings.write")

    def write() -> dict[str, object]:
        if body.channel not in {manifest.name for manifest in registry.all_manifests()}:
            raise Invalid("unknown", field="channel")
        if body.store_id not in {store.id for store in accounts.stores()}:
            raise Invalid("unknown", field="store_id")
        _team(body.team_id, body.store_id)
        kept = _settings(body.channel, body.settings)
        with name_in_use("address", body.address), transaction.atomic():
            made = actions.create_inbox(
                store_id=body.store_id,
                channel=body.channel,
                name=body.name,
                address=body.address,
                team_id=body.team_id,
                settings=kept,
            )
        return _shown(queries.inbox(made), [])

    return once(request, actor, write)


@router.patch("/inboxes/{inbox_id}", response=InboxOut)
def change_inbox(request: HttpRequest, inbox_id: int, body: InboxChanges) -> HttpResponse:
    """Change an inbox."""
    access.require(actor_of(request), "settings.write")
    known = queries.inbox(inbox_id)
    changes = body.model_dump(exclude_unset=True)
    changes = {field: value for field, value in changes.items() if value is not None or field == "team_id"}
    _team(changes.get("team_id"), known.store_id)
    if "settings" in changes:
        changes["settings"] = _settings(known.channel, changes["settings"], known)
    if "address" in changes:
        changes["address"] = changes["address"].strip().lower()
    with name_in_use("address", str(changes.get("address", ""))), transaction.atomic():
        if changes:
            actions.change_inbox(inbox_id, **changes)
    return answer(_shown(queries.inbox(inbox_id), queries.listener_reports()))


@router.post("/inboxes/{inbox_id}/test", response=ChecksOut)
def test_inbox(request: HttpRequest, inbox_id: int) -> HttpResponse:
    """Try an inbox's settings out: whether its servers answer and let Pult in, and what its newest messages tell of the
    server that checks senders. Nothing is fetched or sent."""
    access.require(actor_of(request), "settings.write")
    known = queries.inbox(inbox_id)
    channel = registry.adapter(known.channel)
    done = channel.check(known.info()) if isinstance(channel, Checkable) else []
    hints = (
        channel.hints(known.info(), queries.newest(inbox_id, limit=_LOOKED_AT)) if isinstance(channel, Advising) else []
    )
    return answer({"ok": all(check.ok for check in done), "checks": done, "hints": hints})


@router.get("/channels/{channel}/form", response=FormOut)
def settings_form(request: HttpRequest, channel: str) -> HttpResponse:
    """The fields of a channel's settings, labelled in the reader's language."""
    access.require(actor_of(request), "settings.write")
    found = {manifest.name: manifest for manifest in registry.all_manifests()}.get(channel)
    if found is None:
        raise NotFound(f"There is no channel {channel}.")
    language = actor_of(request).language or get_language_from_request(request)
    body = {
        "channel": channel,
        "title": found.title.get(language, found.title["en"]),
        "documentation": found.documentation,
        "fields": forms.form(registry.settings(channel), language),
    }
    return answer(body)
