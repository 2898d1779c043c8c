"""A person's copy of their data as one file: everything as JSON, the files, and a page to read in their language."""

from __future__ import annotations

import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import msgspec
from django.db import transaction
from django.utils import timezone

from pult.accounts import queries as accounts
from pult.conversations.index import INDEX as CONVERSATIONS
from pult.customers import proofs
from pult.customers.errors import CustomerNotFound
from pult.flows import copy_page, privacy
from pult.platform import queue, storage
from pult.platform.fulltext import FullText

_ODD = re.compile(r"[^\w.() -]+")
_SETTLE_STEPS = 200
_SEARCHES = (
    CONVERSATIONS,
    FullText("customers_search"),
    FullText("commerce_order_search"),
)


def begin(*, customer_id: int, actor: str, language: str, store_ids: list[int] | None) -> int:
    """Have a copy of a person's data made and return its id; the job commits with it."""
    with transaction.atomic():
        copy_id = proofs.begin_copy(customer_id=customer_id, actor=actor, language=language, store_ids=store_ids)
        queue.enqueue(proofs.COPY_TASK, {"copy_id": copy_id})
    return copy_id


@queue.task(proofs.COPY_TASK, max_attempts=5, timeout=900)
def make(copy_id: int) -> None:
    """Make the file of a copy that is wanted. It is written to the disk piece by piece, whatever its size."""
    wanted = proofs.copy_wanted(copy_id)
    if wanted is None:
        return
    try:
        whole = privacy.export(wanted.customer_id, store_ids=wanted.store_ids)
    except CustomerNotFound:
        proofs.finish_copy(copy_id, None)
        return
    with tempfile.TemporaryFile(prefix="pult-copy-") as file:
        _write(cast(BinaryIO, file), whole, wanted.language)
        file.seek(0)
        with transaction.atomic():
            proofs.finish_copy(copy_id, storage.put(cast(BinaryIO, file)))


def _write(file: BinaryIO, whole: dict[str, Any], language: str) -> None:
    now = timezone.now()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for attachment in _attachments(whole):
            blob_id = attachment.pop("blob_id")
            path = _path(attachment)
            with suppress(storage.BlobMissing), storage.open_blob(blob_id) as source:
                entry = ZipInfo(path, now.timetuple()[:6])
                entry.compress_type = ZIP_STORED  # pictures and documents are packed already
                with archive.open(entry, "w", force_zip64=True) as target:
                    shutil.copyfileobj(source, target)
                attachment["file"] = path
        archive.writestr("data.json", msgspec.json.format(msgspec.json.encode(whole), indent=2))
        stores = {store.id: store.name for store in accounts.stores()}
        archive.writestr("index.html", copy_page.page(whole, language=language, at=now, stores=stores))


def _attachments(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for conversation in whole["conversations"]:
        for message in conversation["messages"]:
            yield from message["attachments"]


def _path(attachment: dict[str, Any]) -> str:
    """Return where a file lies in the copy: its name without what leads elsewhere or what a disk does not take."""
    name = PurePosixPath(unicodedata.normalize("NFC", attachment["name"]).replace("\\", "/")).name
    return f"files/{attachment['id']}-{_ODD.sub('_', name).strip('. ')[:120] or 'file'}"


@queue.periodic("privacy.expire_copies", every=3_600.0)
def expire() -> None:
    """Delete copies whose time is over."""
    proofs.expire_copies()


@queue.task("search.settle", timeout=900)
def settle() -> None:
    """Write the indexes of the search anew without what was taken out of them, a little at a time."""
    for _ in range(_SETTLE_STEPS):
        more = [index.settle() for index in _SEARCHES]
        if not any(more):
            return
    queue.enqueue("search.settle", {}, key="search.settle:more", priority=-2)
