"""The doors to the connected shops: which they are, how each is reached, how far each has been read."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language_from_request
from ninja import Router, Schema
from pydantic import Field

from pult.accounts import access
from pult.accounts import queries as accounts
from pult.accounts.checks import name_in_use
from pult.accounts.errors import Invalid, NotFound
from pult.commerce import actions, queries, reading, registry
from pult.platform import forms
from pult.web.api.admin.inboxes import FormFieldOut
from pult.web.api.answers import answer, once
from pult.web.api.auth import actor_of

router = Router(tags=["admin"])


class ReadingOut(Schema):
    """How far one kind of thing has been read; `of` is empty where the shop does not tell how many there are."""

    kind: str
    done: int
    of: int | None
    changed: int
    error: str
    running: bool
    begun_at: datetime | None
    finished_at: datetime | None


class ShopOut(Schema):
    """A connected shop; of a secret in `settings` only whether it is set."""

    id: int
    store_id: int
    connector: str
    name: str
    active: bool
    settings: dict[str, object]
    readings: list[ReadingOut]


class ShopsOut(Schema):
    items: list[ShopOut]
    next: str | None


class ShopIn(Schema):
    store_id: int
    connector: str = Field(max_length=24)
    name: str = Field(min_length=1, max_length=120)
    settings: dict[str, object] = Field(default_factory=dict)


class ShopChanges(Schema):
    """Only the fields that are sent are changed; a secret left out, true or null stays, "" removes it."""

    name: str | None = Field(default=None, min_length=1, max_length=120)
    active: bool | None = None
    settings: dict[str, object] | None = None


class ConnectorOut(Schema):
    name: str
    title: str
    documentation: str
    fields: list[FormFieldOut]


class ConnectorsOut(Schema):
    items: list[ConnectorOut]
    next: str | None


def _shown(shop: queries.ShopView) -> dict[str, object]:
    return {
        "id": shop.id,
        "store_id": shop.store_id,
        "connector": shop.connector,
        "name": shop.name,
        "active": shop.active,
        "settings": forms.shown(registry.settings(shop.connector), shop.settings),
        "readings": shop.readings,
    }


def _shop(shop_id: int) -> queries.ShopView:
    found = next((shop for shop in queries.shops() if shop.id == shop_id), None)
    if found is None:
        raise NotFound(f"There is no shop {shop_id}.")
    return found


def _settings(connector: str, given: dict[str, object], old: dict[str, object] | None = None) -> dict[str, object]:
    try:
        return forms.validated(registry.settings(connector), given, old=old)
    except forms.BadSettings as error:
        raise Invalid("settings", field="settings", what=str(error)) from error


@router.get("/connectors", response=ConnectorsOut)
def connectors(request: HttpRequest) -> HttpResponse:
    """The kinds of shops that can be connected, with the fields of their settings in the reader's language."""
    actor = actor_of(request)
    access.require(actor, "settings.write")
    language = actor.language or get_language_from_request(request)
    items = [
        {
            "name": found.name,
            "title": found.title.get(language, found.title["en"]),
            "documentation": found.documentation,
            "fields": forms.form(registry.settings(found.name), language),
        }
        for found in registry.SHOPS.manifests.values()
    ]
    return answer({"items": items, "next": None})


@router.get("/shops", response=ShopsOut)
def shops(request: HttpRequest) -> HttpResponse:
    """All connected shops, with how far each has been read."""
    access.require(actor_of(request), "settings.write")
    return answer({"items": [_shown(shop) for shop in queries.shops()], "next": None})


@router.post("/shops", response={201: ShopOut})
def connect_shop(request: HttpRequest, body: ShopIn) -> HttpResponse:
    """Connect a shop to a store and begin to read it."""
    actor = actor_of(request)
    access.require(actor, "settings.write")

    def write() -> dict[str, object]:
        if body.connector not in registry.SHOPS.manifests:
            raise Invalid("unknown", field="connector")
        if body.store_id not in {store.id for store in accounts.stores()}:
            raise Invalid("unknown", field="store_id")
        settings = _settings(body.connector, body.settings)
        with name_in_use("name", body.name), transaction.atomic():
            made = actions.connect(store_id=body.store_id, connector=body.connector, name=body.name, settings=settings)
            reading.begin(made)
        return _shown(_shop(made))

    return once(request, actor, write)


@router.patch("/shops/{int:shop_id}", response=ShopOut)
def change_shop(request: HttpRequest, shop_id: int, body: ShopChanges) -> HttpResponse:
    """Change how a shop is reached, or leave it alone for a while."""
    access.require(actor_of(request), "settings.write")
    known = _shop(shop_id)
    changes = {name: value for name, value in body.model_dump(exclude_unset=True).items() if value is not None}
    if "settings" in changes:
        changes["settings"] = _settings(known.connector, changes["settings"], dict(known.settings))
    with name_in_use("name", str(changes.get("name", ""))), transaction.atomic():
        actions.change_shop(shop_id, **changes)
    return answer(_shown(_shop(shop_id)))


@router.post("/shops/{int:shop_id}/read", response={202: ShopOut})
def read_shop(request: HttpRequest, shop_id: int) -> HttpResponse:
    """Read what has changed in a shop now; how far that is, `readings` tells."""
    access.require(actor_of(request), "settings.write")
    known = _shop(shop_id)
    with transaction.atomic():
        reading.begin(known.id)
    return answer(_shown(_shop(shop_id)), 202)
