"""The doors to the connected shops: which they are, how each is reached, how far each has been read."""

from __future__ import annotations

from datetime import datetime

import msgspec
from django.conf import settings as django_settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language_from_request
from ninja import Router, Schema
from pydantic import Field

from pult.accounts import access
from pult.accounts import queries as accounts
from pult.accounts.checks import name_in_use
from pult.accounts.errors import Invalid, NotFound
from pult.commerce import actions, notices, queries, reading, registry
from pult.platform import forms, httpclient, webhooks
from pult.web.api.admin.inboxes import FormFieldOut
from pult.web.api.admin.webhooks import refused
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
    misfits: dict[str, str]


class NoticesOut(Schema):
    """What came of a shop's webhooks: `url` is where it sends them; `error` is what is wrong with the newest that could
    not be read; `new_secret` says whether Pult can make the secret that signs them."""

    url: str
    new_secret: bool
    last_at: datetime | None
    waiting: int
    failed: int
    error: str


class ShopOut(Schema):
    """A connected shop; of a secret in `settings` only whether it is set. `misfits` of a reading are things that make
    no sense, by their ids. `notices` is empty where the shop sends none."""

    id: int
    store_id: int
    connector: str
    name: str
    active: bool
    settings: dict[str, object]
    readings: list[ReadingOut]
    notices: NoticesOut | None


class ShopSecretOut(Schema):
    """The secret with which the shop signs its webhooks, shown only now."""

    id: int
    secret: str


class ShopsOut(Schema):
    items: list[ShopOut]
    next: str | None


class ShopIn(Schema):
    store_id: int
    connector: str = Field(max_length=24)
    name: str = Field(min_length=1, max_length=120, pattern=r"\S")
    settings: dict[str, object] = Field(default_factory=dict)


class ShopChanges(Schema):
    """Only the fields that are sent are changed; a secret left out, true or null stays, "" removes it."""

    name: str | None = Field(default=None, min_length=1, max_length=120, pattern=r"\S")
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
        "notices": _notices(shop),
    }


def _notices(shop: queries.ShopView) -> dict[str, object] | None:
    manifest = registry.SHOPS.manifest(shop.connector)
    if not manifest.can("webhook"):
        return None
    told = msgspec.structs.asdict(queries.notices(shop.id))
    url = f"{django_settings.PUBLIC_URL}/hooks/shops/{shop.id}/notices"
    return {"url": url, "new_secret": manifest.can("new_secret"), **told}


def _shop(shop_id: int) -> queries.ShopView:
    found = next((shop for shop in queries.shops() if shop.id == shop_id), None)
    if found is None:
        raise NotFound(f"There is no shop {shop_id}.")
    return found


def _settings(connector: str, given: dict[str, object], old: dict[str, object] | None = None) -> dict[str, object]:
    module = registry.settings(connector)
    try:
        kept = forms.validated(module, given, old=old)
    except forms.BadSettings as error:
        raise Invalid("settings", field="settings", what=str(error)) from error
    for name, url in forms.urls(module, kept):
        if old is None or old.get(name) != url:
            try:
                httpclient.outer_url(url)
            except httpclient.HttpError as error:
                raise refused(error, field=f"settings.{name}") from error
    return kept


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


@router.post("/shops/{int:shop_id}/secret", response={201: ShopSecretOut})
def new_shop_secret(request: HttpRequest, shop_id: int) -> HttpResponse:
    """Make a new secret for the shop's webhooks; those signed with the old one are refused from now on."""
    access.require(actor_of(request), "settings.write")
    known = _shop(shop_id)
    if not registry.SHOPS.manifest(known.connector).can("new_secret"):
        raise NotFound(f"The secret of shop {shop_id} is not made here.")
    secret = webhooks.new_secret()
    actions.change_shop(shop_id, settings={**known.settings, "webhook_secret": secret})
    return answer({"id": shop_id, "secret": secret}, 201)


@router.post("/shops/{int:shop_id}/notices/retry", response={202: ShopOut})
def retry_notices(request: HttpRequest, shop_id: int) -> HttpResponse:
    """Try webhooks again that could not be read, and forget those that were kept for too long to be tried."""
    access.require(actor_of(request), "settings.write")
    _shop(shop_id)
    notices.retry(shop_id)
    return answer(_shown(_shop(shop_id)), 202)
