"""The doors to a person's rights: a copy of their data, their erasure and its proof, and what they agreed to."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from pult.accounts import access, access_log
from pult.accounts import queries as accounts
from pult.accounts.access import Actor
from pult.accounts.errors import NotFound
from pult.customers import proofs, queries
from pult.customers.errors import CustomerNotFound
from pult.flows import copies, privacy
from pult.platform import paging
from pult.web.api.answers import answer, conditional, empty
from pult.web.api.auth import actor_of, address_of
from pult.web.api.schemas import PageQuery

router = Router(tags=["privacy"])
Purpose = Literal["email", "sms", "phone", "post", "profiling"]
Source = Literal["message", "call", "counter", "form", "order"]
Language = Literal["sl", "hr", "el", "pl", "en"]


class WorthOut(Schema):
    currency: str
    orders: int
    paid: int = Field(description="In minor units of the currency.")
    refunded: int = Field(description="In minor units of the currency.")


class ErasurePreviewOut(Schema):
    """What an erasure would take, by kind, and what stays because the law wants it kept."""

    counts: dict[str, int]
    kept: list[WorthOut]
    confirm: str = Field(description="To be given to DELETE /customers/{id} within 15 minutes, by the same actor.")


class ErasureOut(Schema):
    id: int
    customer_id: int
    actor: str
    name: str
    cause: Literal["request", "retention", "restore"]
    counts: dict[str, int]
    kept: list[WorthOut]
    at: datetime


class ErasuresOut(Schema):
    items: list[ErasureOut]
    next: str | None


class CopyIn(Schema):
    language: Language = "en"


class CopyOut(Schema):
    id: int
    customer_id: int
    state: Literal["waiting", "ready", "failed"]
    size: int
    fetched: int = Field(description="How often the link was used.")
    created_at: datetime
    expires_at: datetime
    link: str = Field(description="Opens the file for whoever has it, without signing in; empty where there is none.")


class CopiesOut(Schema):
    items: list[CopyOut]


class ConsentIn(Schema):
    store_id: int
    purpose: Purpose
    granted: bool
    source: Source
    source_id: int | None = Field(default=None, description="The message or order in which it was said.")
    proof: str = Field(default="", max_length=500)
    at: datetime | None = Field(default=None, description="When it was said; now, where it is left out.")


class ConsentOut(Schema):
    id: int
    store_id: int
    purpose: Purpose
    granted: bool
    at: datetime
    source: Literal["message", "call", "counter", "form", "order", "link"]
    source_id: int | None
    wording_version: int
    actor: str
    name: str
    proof: str


class ConsentStateOut(Schema):
    """What holds for one purpose of one store, and how it came to be, newest first."""

    store_id: int
    purpose: Purpose
    granted: bool | None = Field(description="null where the person has never said anything: that is no consent.")
    asked: bool = Field(description="The store asks for it today.")
    withdraw_url: str = Field(description="Where the person takes it back without signing in; empty without consent.")
    history: list[ConsentOut]


class ConsentsOut(Schema):
    items: list[ConsentStateOut]


class WordingOut(Schema):
    purpose: Purpose
    version: int
    texts: dict[str, str]
    at: datetime | None


class WordingsOut(Schema):
    items: list[WordingOut]


class WordingIn(Schema):
    """How the store asks, by language; without texts it no longer asks."""

    texts: dict[Language, str] = Field(default_factory=dict)


def _resolved(customer_id: int) -> int:
    found = queries.resolve(customer_id)
    if found is None:
        raise CustomerNotFound
    return found


def _log(request: HttpRequest, actor: Actor, kind: str, customer_id: int) -> None:
    access_log.record(
        actor.ref,
        kind,
        subject="customer",
        subject_ids=[customer_id],
        customer_id=customer_id,
        address=address_of(request),
    )


# --- erasure -------------------------------------------------------------------------------------------


@router.get("/customers/{int:customer_id}/erasure", response=ErasurePreviewOut)
def preview_erasure(request: HttpRequest, customer_id: int) -> HttpResponse:
    """What erasing a person would take and what it would leave; nothing is changed (customers.erase)."""
    actor = actor_of(request)
    access.require(actor, "customers.erase")
    kept = _resolved(customer_id)
    _log(request, actor, "open", kept)
    return answer(privacy.preview(kept, actor=actor.ref))


@router.get("/erasures", response=ErasuresOut)
def erasures(request: HttpRequest, query: Query[PageQuery]) -> HttpResponse:
    """Who was forgotten, by number: when, by whom, how much of what (log.read)."""
    access.require(actor_of(request), "log.read")
    found = proofs.erasures(before=paging.id_of(query.after), limit=query.limit + 1)
    page = found[: query.limit]
    names = accounts.actor_names(one.actor for one in page)
    items = [{**privacy.plain(one), "name": names.get(one.actor, "")} for one in page]
    return answer({"items": items, "next": str(page[-1].id) if len(found) > query.limit else None})


# --- copies of the data --------------------------------------------------------------------------------


@router.post("/customers/{int:customer_id}/copies", response={202: CopyOut})
def make_copy(request: HttpRequest, customer_id: int, wanted: CopyIn) -> HttpResponse:
    """Have a copy of a person's data made: a ZIP with everything as JSON, the files, and a page in their language. It
    holds the conversations and orders of the actor's stores; of an admin, all (customers.export)."""
    actor = actor_of(request)
    access.require(actor, "customers.export")
    access.require(actor, "customers.write")
    kept = _resolved(customer_id)
    stores = None if actor.role == "admin" else sorted(access.visible_stores(actor))
    _log(request, actor, "export", kept)
    made = copies.begin(customer_id=kept, actor=actor.ref, language=wanted.language, store_ids=stores)
    return answer(proofs.copy(made), 202)


@router.get("/customers/{int:customer_id}/copies", response=CopiesOut)
def list_copies(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The copies of a person's data that are kept, newest first; a link works for a week (customers.export)."""
    actor = actor_of(request)
    access.require(actor, "customers.export")
    person = queries.customer(customer_id)
    if person is None:
        raise CustomerNotFound
    return answer({"items": proofs.copies(person.all_ids)})


@router.delete("/copies/{int:copy_id}", response={204: None})
def drop_copy(request: HttpRequest, copy_id: int) -> HttpResponse:
    """Take a copy back: its link opens nothing any more (customers.export)."""
    access.require(actor_of(request), "customers.export")
    access.require(actor_of(request), "customers.write")
    if not proofs.drop_copy(copy_id):
        raise NotFound(f"There is no copy {copy_id}.")
    return empty()


# --- consents ------------------------------------------------------------------------------------------


@router.get("/customers/{int:customer_id}/consents", response=ConsentsOut)
def consents(request: HttpRequest, customer_id: int, prefetch: bool = False) -> HttpResponse:
    """What a person has agreed to, by store and purpose, with its proof."""
    actor = actor_of(request)
    access.require(actor, "customers.read")
    person = queries.customer(customer_id)
    if person is None:
        raise CustomerNotFound
    _log(request, actor, "prefetch" if prefetch else "open", person.id)
    return conditional(request, {"items": _states(actor, person)})


def _states(actor: Actor, person: queries.CustomerView) -> list[dict[str, object]]:
    stores = sorted(access.visible_stores(actor))
    said = proofs.consents(person.all_ids, store_ids=stores)
    names = accounts.actor_names(one.actor for one in said)
    states = []
    for store_id in stores:
        for wording in proofs.wordings(store_id):
            history = [one for one in said if (one.store_id, one.purpose) == (store_id, wording.purpose)]
            if not history and not wording.texts:
                continue
            granted = history[0].granted if history else None
            path = proofs.withdrawal_path(customer_id=person.id, store_id=store_id, purpose=wording.purpose)
            states.append(
                {
                    "store_id": store_id,
                    "purpose": wording.purpose,
                    "granted": granted,
                    "asked": bool(wording.texts),
                    "withdraw_url": f"{settings.PUBLIC_URL}{path}" if granted else "",
                    "history": [{**privacy.plain(one), "name": names.get(one.actor, "")} for one in history],
                }
            )
    return states


@router.post("/customers/{int:customer_id}/consents", response={201: ConsentsOut})
def consent(request: HttpRequest, customer_id: int, wanted: ConsentIn) -> HttpResponse:
    """Write down that a person agrees to something or takes it back; nothing of before is changed (customers.write)."""
    actor = actor_of(request)
    access.require(actor, "customers.write")
    if wanted.store_id not in access.visible_stores(actor):
        raise NotFound(f"There is no store {wanted.store_id}.")
    proofs.consent(
        customer_id=_resolved(customer_id),
        store_id=wanted.store_id,
        purpose=wanted.purpose,
        granted=wanted.granted,
        said=proofs.Said(wanted.source, wanted.source_id, wanted.proof, wanted.at),
        actor=actor.ref,
    )
    person = queries.customer(customer_id)
    if person is None:
        raise CustomerNotFound
    return answer({"items": _states(actor, person)}, 201)


@router.get("/stores/{int:store_id}/consents", response=WordingsOut)
def wordings(request: HttpRequest, store_id: int) -> HttpResponse:
    """How a store asks for each purpose; one without texts is not asked for (settings.write)."""
    access.require(actor_of(request), "settings.write")
    accounts.store(store_id)
    return answer({"items": proofs.wordings(store_id)})


@router.put("/stores/{int:store_id}/consents/{purpose}", response=WordingOut)
def set_wording(request: HttpRequest, store_id: int, purpose: Purpose, wanted: WordingIn) -> HttpResponse:
    """Change how a store asks for a purpose: another version, which those who agreed before did not see."""
    actor = actor_of(request)
    access.require(actor, "settings.write")
    accounts.store(store_id)
    texts = {str(language): text for language, text in wanted.texts.items()}
    return answer(proofs.set_wording(store_id=store_id, purpose=purpose, texts=texts, actor=actor.ref))
