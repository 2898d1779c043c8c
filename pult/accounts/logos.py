"""The picture above a store's mails: put there by an admin, kept among the stored files, sent inside every mail."""

from __future__ import annotations

import msgspec
from django.db import transaction

from pult.accounts.access import Actor, require
from pult.accounts.errors import Invalid, NotFound
from pult.accounts.models import Logo, Store
from pult.platform import events, pictures, storage

LARGEST = 200_000
"""Bytes: it goes with every mail."""
MOST_PIXELS = 4_000
SHOWN = (240, 80)
"""Pixels, wide and high, in which it is shown at most."""
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


class LogoInfo(msgspec.Struct, frozen=True):
    """A logo: its kind and size in bytes, the pixels in which it is shown, and its id inside a mail."""

    media_type: str
    size: int
    width: int
    height: int
    content_id: str

    @property
    def name(self) -> str:
        """What the file is called."""
        return f"logo.{_ENDINGS[self.media_type]}"


def logo(store_id: int) -> LogoInfo | None:
    """Return a store's logo, None where it has none. Raises NotFound."""
    if not Store.objects.filter(id=store_id).exists():
        raise NotFound(f"There is no store {store_id}.")
    found = _row(store_id)
    return None if found is None else found[0]


def for_mail(store_id: int) -> tuple[LogoInfo, bytes] | None:
    """Return a store's logo and its bytes, None where it has none."""
    found = _row(store_id)
    return None if found is None else (found[0], storage.read_blob(found[1]))


def save_logo(actor: Actor, store_id: int, content: bytes) -> LogoInfo:
    """Put a logo in the place of the present one. Raises NotFound, Invalid (no picture, too large)."""
    require(actor, "settings.write")
    if len(content) > LARGEST:
        raise Invalid("logo-size", field="file", limit=LARGEST // 1000)
    picture = pictures.measure(content)
    if picture is None or max(picture.width, picture.height) > MOST_PIXELS:
        raise Invalid("logo", field="file", limit=MOST_PIXELS)
    with transaction.atomic():
        _locked(store_id)
        _remove(store_id)
        kept = storage.put(content)
        Logo.objects.create(
            store_id=store_id,
            blob_id=kept.id,
            media_type=picture.media_type,
            size=len(content),
            width=picture.width,
            height=picture.height,
        )
        _tell(actor, store_id)
    found = _row(store_id)
    if found is None:
        raise NotFound(f"The logo of store {store_id} was taken away again.")
    return found[0]


def remove_logo(actor: Actor, store_id: int) -> None:
    """Take a store's logo away; does nothing where it has none. Raises NotFound."""
    require(actor, "settings.write")
    with transaction.atomic():
        _locked(store_id)
        if _remove(store_id):
            _tell(actor, store_id)


def _row(store_id: int) -> tuple[LogoInfo, int] | None:
    fields = ("media_type", "size", "width", "height", "blob__sha256", "blob_id")
    row = Logo.objects.filter(store=store_id).values_list(*fields).first()
    if row is None:
        return None
    media_type, size, width, height, digest, blob_id = row
    return LogoInfo(media_type, size, *_fitting(width, height), f"logo-{digest[:24]}@letterhead"), blob_id


def _fitting(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, SHOWN[0] / width, SHOWN[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _locked(store_id: int) -> None:
    if Store.objects.select_for_update().filter(id=store_id).first() is None:
        raise NotFound(f"There is no store {store_id}.")


def _remove(store_id: int) -> bool:
    blob_id = Logo.objects.filter(store=store_id).values_list("blob_id", flat=True).first()
    if blob_id is None:
        return False
    Logo.objects.filter(store=store_id).delete()
    storage.release(blob_id)
    return True


def _tell(actor: Actor, store_id: int) -> None:
    events.append("store.changed", scope_id=store_id, entity_id=store_id, actor=actor.ref, data={"fields": ["logo"]})
