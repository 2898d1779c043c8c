"""What proves how a person's data was treated: consents, copies handed out, erasures. Writes, and the reads of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from pult.customers.errors import ConsentRefused, CustomerNotFound
from pult.customers.models import Consent, ConsentWording, Customer, DataCopy, Erasure
from pult.platform import events, storage

PURPOSES: tuple[str, ...] = tuple(Consent.Purpose.values)
SOURCES: tuple[str, ...] = tuple(Consent.Source.values)
COPY_TASK = "privacy.copy"
COPY_DAYS = 7
WITHDRAW_DAYS = 730
"""How long the link in a message withdraws a consent."""
_WITHDRAW = "pult.customers.withdraw"
_FETCH = "pult.customers.copy"


class Wording(msgspec.Struct, frozen=True):
    """How a store asks for a purpose today; without texts it does not ask."""

    purpose: str
    version: int
    texts: dict[str, str]
    at: datetime | None


class ConsentView(msgspec.Struct, frozen=True):
    """One yes or no, with its proof."""

    id: int
    store_id: int
    purpose: str
    granted: bool
    at: datetime
    source: str
    source_id: int | None
    wording_version: int
    actor: str
    proof: str


class CopyView(msgspec.Struct, frozen=True):
    """A copy of a person's data; `link` opens it for whoever has it, while it is ready and not over."""

    id: int
    customer_id: int
    state: str
    size: int
    fetched: int
    created_at: datetime
    expires_at: datetime
    link: str


class ErasureView(msgspec.Struct, frozen=True):
    """The proof of an erasure."""

    id: int
    customer_id: int
    actor: str
    cause: str
    counts: dict[str, int]
    kept: list[dict[str, Any]]
    at: datetime


# --- consents ------------------------------------------------------------------------------------------


def set_wording(*, store_id: int, purpose: str, texts: Mapping[str, str], actor: str) -> Wording:
    """Say how a store asks for a consent, by language; without texts it no longer asks. The same words make no new
    version. Raises ConsentRefused for a purpose that is none."""
    if purpose not in PURPOSES:
        raise ConsentRefused("purpose")
    kept = {language: text.strip() for language, text in texts.items() if text.strip()}
    with transaction.atomic():
        known = ConsentWording.objects.select_for_update().filter(store=store_id, purpose=purpose)
        newest = known.order_by("-version").first()
        if newest is None or newest.texts != kept:
            newest = ConsentWording.objects.create(
                store_id=store_id,
                purpose=purpose,
                version=(newest.version if newest else 0) + 1,
                texts=kept,
                actor=actor,
                at=timezone.now(),
            )
            data = {"purpose": purpose, "version": newest.version}
            events.append("consent.wording", scope_id=store_id, entity_id=newest.id, actor=actor, data=data)
    return Wording(purpose, newest.version, newest.texts, newest.at)


def wordings(store_id: int) -> list[Wording]:
    """Return how a store asks for every purpose there is."""
    newest = {row.purpose: row for row in ConsentWording.objects.filter(store=store_id).order_by("version")}
    return [
        Wording(purpose, row.version, row.texts, row.at)
        if (row := newest.get(purpose))
        else Wording(purpose, 0, {}, None)
        for purpose in PURPOSES
    ]


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """How a consent was given or taken back: by what, in which message or order, and what else shows it."""

    source: str
    source_id: int | None = None
    proof: str = ""
    at: datetime | None = None


def consent(*, customer_id: int, store_id: int, purpose: str, granted: bool, said: Said, actor: str) -> int:
    """Write down that a person agrees to a purpose or takes it back, and return the row's id.

    Saying again what holds already is another proof and changes nothing else. Raises ConsentRefused, CustomerNotFound.
    """
    if purpose not in PURPOSES:
        raise ConsentRefused("purpose")
    if said.source not in SOURCES:
        raise ConsentRefused("source")
    now = timezone.now()
    at = min(said.at or now, now)
    with transaction.atomic():
        customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
        if customer is None:
            raise CustomerNotFound
        version = ConsentWording.objects.filter(store=store_id, purpose=purpose).aggregate(Max("version"))
        row = Consent.objects.create(
            customer_id=customer.merged_into_id or customer.id,
            store_id=store_id,
            purpose=purpose,
            granted=granted,
            at=at,
            source=said.source,
            source_id=said.source_id,
            wording_version=version["version__max"] or 0,
            actor=actor,
            proof=said.proof.strip()[:500],
        )
        kind = "consent.granted" if granted else "consent.withdrawn"
        data = {"purpose": purpose, "consent_id": row.id}
        events.append(kind, scope_id=store_id, entity_id=row.customer_id, actor=actor, data=data)
        events.append(
            "customer.changed", scope_id=None, entity_id=row.customer_id, actor=actor, data={"fields": ["consents"]}
        )
    return row.id


def consents(customer_ids: Collection[int], *, store_ids: Collection[int] | None = None) -> list[ConsentView]:
    """Return everything a person has said of consents, newest first: the first of a store and purpose holds."""
    where = Q(customer__in=customer_ids) if store_ids is None else Q(customer__in=customer_ids, store__in=store_ids)
    fields = ConsentView.__struct_fields__
    return [ConsentView(*row) for row in Consent.objects.filter(where).order_by("-id").values_list(*fields)]


def may(customer_ids: Collection[int], *, store_id: int, purpose: str) -> bool:
    """Say whether a person agrees to a purpose of a store now. Silence is no."""
    theirs = Consent.objects.filter(customer__in=customer_ids, store=store_id, purpose=purpose)
    return theirs.order_by("-id").values_list("granted", flat=True).first() or False


def withdrawal_path(*, customer_id: int, store_id: int, purpose: str) -> str:
    """Return the address, below that of Pult, at which a person takes a consent back without signing in (RFC 8058)."""
    return f"/consent/{signing.dumps([customer_id, store_id, purpose], salt=_WITHDRAW)}"


def read_withdrawal(token: str) -> tuple[int, int, str] | None:
    """Return whose consent to what of which store a link takes back, None where it is not ours or over."""
    try:
        customer_id, store_id, purpose = signing.loads(token, salt=_WITHDRAW, max_age=WITHDRAW_DAYS * 86_400)
    except (signing.BadSignature, ValueError):
        return None
    return int(customer_id), int(store_id), str(purpose)


def export(customer_ids: Collection[int], *, store_ids: Collection[int] | None = None) -> list[dict[str, Any]]:
    """Return every consent of a person with the words that were agreed to, for the person."""
    found = consents(customer_ids, store_ids=store_ids)
    asked = ConsentWording.objects.filter(store__in={one.store_id for one in found})
    texts = {(row.store_id, row.purpose, row.version): row.texts for row in asked}
    return [
        {
            "purpose": one.purpose,
            "store": one.store_id,
            "granted": one.granted,
            "at": one.at.isoformat(),
            "source": one.source,
            "proof": one.proof,
            "wording": texts.get((one.store_id, one.purpose, one.wording_version), {}),
        }
        for one in found
    ]


# --- copies of the data --------------------------------------------------------------------------------


def begin_copy(*, customer_id: int, actor: str, language: str, store_ids: Sequence[int] | None) -> int:
    """Write down that a copy is wanted and return its id; a job of the flows makes it."""
    now = timezone.now()
    row = DataCopy.objects.create(
        customer_id=customer_id,
        actor=actor,
        language=language,
        store_ids=None if store_ids is None else sorted(store_ids),
        created_at=now,
        expires_at=now + timedelta(days=COPY_DAYS),
    )
    return row.id


class Wanted(msgspec.Struct, frozen=True):
    """A copy that waits to be made."""

    customer_id: int
    language: str
    store_ids: list[int] | None


def copy_wanted(copy_id: int) -> Wanted | None:
    """Return a copy that waits to be made, None where it is made or was taken back."""
    row = DataCopy.objects.filter(pk=copy_id, state=DataCopy.State.WAITING).first()
    return None if row is None else Wanted(row.customer_id, row.language, row.store_ids)


def finish_copy(copy_id: int, blob: storage.BlobRef | None) -> None:
    """Hand over the file of a copy, in the transaction in which it was stored; None: it cannot be made."""
    state = DataCopy.State.FAILED if blob is None else DataCopy.State.READY
    waiting = DataCopy.objects.filter(pk=copy_id, state=DataCopy.State.WAITING)
    changed = waiting.update(state=state, blob=blob and blob.id, size=blob.size if blob else 0)
    if not changed and blob is not None:
        storage.release(blob.id)


def copies(customer_ids: Collection[int]) -> list[CopyView]:
    """Return the copies of a person's data that are kept, newest first."""
    return [_copy(row) for row in DataCopy.objects.filter(customer__in=customer_ids).order_by("-id")]


def copy(copy_id: int) -> CopyView | None:
    """Return one copy."""
    row = DataCopy.objects.filter(pk=copy_id).first()
    return None if row is None else _copy(row)


def _copy(row: DataCopy) -> CopyView:
    ready = row.state == DataCopy.State.READY and row.expires_at > timezone.now()
    link = f"{settings.PUBLIC_URL}/copies/{signing.dumps(row.id, salt=_FETCH)}" if ready else ""
    return CopyView(row.id, row.customer_id, row.state, row.size, row.fetched, row.created_at, row.expires_at, link)


class Fetch(msgspec.Struct, frozen=True):
    """A file about to be handed over."""

    id: int
    customer_id: int
    blob_id: int
    size: int


def fetch(token: str) -> Fetch | None:
    """Return the file that a link opens, and count it; None where the link is not ours, is over or was taken back."""
    try:
        copy_id = signing.loads(token, salt=_FETCH, max_age=COPY_DAYS * 86_400)
    except signing.BadSignature:
        return None
    row = DataCopy.objects.filter(pk=copy_id, state=DataCopy.State.READY, expires_at__gt=timezone.now()).first()
    if row is None or row.blob_id is None:
        return None
    DataCopy.objects.filter(pk=row.pk).update(fetched=row.fetched + 1)
    return Fetch(row.id, row.customer_id, row.blob_id, row.size)


def drop_copies(rows: Q) -> int:
    """Delete copies and let go of their files; return how many went."""
    with transaction.atomic():
        found = list(DataCopy.objects.select_for_update(of=("self",)).filter(rows).order_by("id"))
        DataCopy.objects.filter(pk__in=[row.id for row in found]).delete()
        storage.release_many(row.blob_id for row in found if row.blob_id is not None)
    return len(found)


def drop_copy(copy_id: int) -> bool:
    """Take a copy back: its link opens nothing any more."""
    return drop_copies(Q(pk=copy_id)) == 1


def expire_copies() -> int:
    """Delete copies whose time is over."""
    return drop_copies(Q(expires_at__lt=timezone.now()))


# --- erasures ------------------------------------------------------------------------------------------


def erase(customer_ids: Collection[int]) -> dict[str, int]:
    """Forget consents and copies of a person; return how many of each went."""
    gone = Consent.objects.filter(customer__in=customer_ids).delete()[0]
    return {"consents": gone, "copies": drop_copies(Q(customer__in=customer_ids))}


def note_erasure(
    *, customer_id: int, actor: str, cause: str, counts: Mapping[str, int], kept: Sequence[Mapping[str, Any]]
) -> int:
    """Write the proof of an erasure, in its transaction, and return its id."""
    row = Erasure.objects.create(
        customer_id=customer_id, actor=actor, cause=cause, counts=dict(counts), kept=list(kept), at=timezone.now()
    )
    return row.id


def erasures(*, before: int | None = None, limit: int = 50) -> list[ErasureView]:
    """Return proofs of erasures, newest first, with ids below `before`."""
    rows = Erasure.objects.order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [ErasureView(*row) for row in rows.values_list(*ErasureView.__struct_fields__)[:limit]]
