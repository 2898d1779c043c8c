"""The doors to customers: find, open, change, merge and take a merge back."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router

from pult.accounts import access, access_log
from pult.customers import actions, queries
from pult.customers.errors import CustomerNotFound
from pult.flows import privacy
from pult.web.api import schemas
from pult.web.api.answers import answer, empty
from pult.web.api.auth import actor_of, address_of
from pult.web.api.reading import card

router = Router(tags=["customers"])


@router.get("/customers", response=schemas.CustomersOut)
def find(request: HttpRequest, q: str = "", limit: int = 20) -> HttpResponse:
    """People whose name, company or address matches."""
    actor = actor_of(request)
    access.require(actor, "customers.read")
    found = queries.search(q, limit=max(1, min(limit, 50)))
    access_log.record(
        actor.ref,
        "search",
        subject="customer",
        subject_ids=[view.id for view in found],
        address=address_of(request),
    )
    shown = []
    for view in found:
        fields = msgspec.structs.asdict(view)
        del fields["all_ids"]
        shown.append(fields)
    return answer({"items": shown, "next": None})


@router.get("/customers/{int:customer_id}", response=schemas.CardOut)
def get(request: HttpRequest, customer_id: int) -> HttpResponse:
    """A person with every identity and the newest conversations."""
    actor = actor_of(request)
    access.require(actor, "customers.read")
    if queries.resolve(customer_id) is None:
        raise CustomerNotFound
    body = card(actor, customer_id)
    access_log.record(
        actor.ref,
        "open",
        subject="customer",
        subject_ids=[customer_id],
        customer_id=body["id"],
        address=address_of(request),
    )
    return answer(body)


@router.patch("/customers/{int:customer_id}", response=schemas.CardOut)
def change(request: HttpRequest, customer_id: int, wanted: schemas.CustomerIn) -> HttpResponse:
    """Change what the desk knows of a person."""
    actor = actor_of(request)
    access.require(actor, "customers.write")
    kept = queries.resolve(customer_id)
    if kept is None:
        raise CustomerNotFound
    actions.change(
        customer_id=kept,
        actor=actor.ref,
        name=wanted.name,
        language=wanted.language,
        company=wanted.company,
        notes=wanted.notes,
    )
    return answer(card(actor, kept))


@router.post("/customers/{int:customer_id}/identities/{int:identity_id}/trust", response=schemas.CardOut)
def trust_address(request: HttpRequest, customer_id: int, identity_id: int) -> HttpResponse:
    """Write to an address again from which mail came back."""
    actor = actor_of(request)
    access.require(actor, "customers.write")
    kept = queries.resolve(customer_id)
    if kept is None:
        raise CustomerNotFound
    actions.trust_address(customer_id=kept, identity_id=identity_id, actor=actor.ref)
    return answer(card(actor, kept))


@router.get("/customers/{int:customer_id}/merges", response=schemas.MergesOut)
def merges(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The history of merges of a person, newest first."""
    actor = actor_of(request)
    access.require(actor, "customers.read")
    found = queries.merges(customer_id)
    access_log.record(
        actor.ref,
        "open",
        subject="customer",
        subject_ids=sorted({customer_id, *(one.absorbed_id for one in found)}),
        customer_id=queries.resolve(customer_id),
        address=address_of(request),
    )
    return answer({"items": found, "next": None})


@router.post("/customers/{int:customer_id}/merge", response={201: schemas.MergeOut})
def merge(request: HttpRequest, customer_id: int, wanted: schemas.MergeIn) -> HttpResponse:
    """Join another customer into this one."""
    actor = actor_of(request)
    access.require(actor, "customers.merge")
    merge_id = actions.merge(kept_id=customer_id, absorbed_id=wanted.other_id, staff_id=actor.staff_id, actor=actor.ref)
    return answer(next(m for m in queries.merges(customer_id) if m.id == merge_id), 201)


@router.post("/customers/merges/{int:merge_id}/undo", response={204: None})
def unmerge(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Take a merge back: two people again."""
    actor = actor_of(request)
    access.require(actor, "customers.merge")
    actions.unmerge(merge_id=merge_id, staff_id=actor.staff_id, actor=actor.ref)
    return empty()


@router.get("/customers/{int:customer_id}/export", response={200: dict[str, Any]})
def export(request: HttpRequest, customer_id: int) -> HttpResponse:
    """What Pult holds of a person, as a file for that person; conversations are those of the actor's stores."""
    actor = actor_of(request)
    access.require(actor, "customers.export")
    body = privacy.export(customer_id, store_ids=access.visible_stores(actor))
    access_log.record(
        actor.ref,
        "export",
        subject="customer",
        subject_ids=[customer_id],
        customer_id=queries.resolve(customer_id),
        address=address_of(request),
    )
    response = answer(body)
    response["Content-Disposition"] = f'attachment; filename="customer-{customer_id}.json"'
    return response


@router.delete("/customers/{int:customer_id}", response={204: None})
def erase(request: HttpRequest, customer_id: int, confirm: str = "") -> HttpResponse:
    """Forget a person: words, files, addresses, in every room; it cannot be undone. `confirm` is that of the preview,
    which has to be looked at before. Who did it stays, with how much went."""
    actor = actor_of(request)
    access.require(actor, "customers.erase")
    kept = queries.resolve(customer_id)
    if kept is None:
        raise CustomerNotFound
    privacy.confirmed(kept, actor=actor.ref, confirm=confirm)
    # Before the deed: what is gone must not be gone without anybody having done it.
    access_log.record(
        actor.ref, "erase", subject="customer", subject_ids=[kept], customer_id=kept, address=address_of(request)
    )
    privacy.erase(kept, actor=actor.ref)
    return empty()
