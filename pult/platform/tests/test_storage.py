"""Stored files: kept while held, deleted after."""

from __future__ import annotations

import io
import os
import random
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from pult.platform import storage
from pult.platform.models import Blob

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "files"


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=1)


def test_the_same_bytes_are_stored_once_and_counted(folder: Path) -> None:
    first, second = storage.put(b"picture"), storage.put(io.BytesIO(b"picture"))
    assert first == second
    assert first.size == 7
    assert len(files(folder)) == 1
    assert storage.read_blob(first.id) == b"picture"
    storage.release(first.id)
    assert storage.collect_batch(soon()) == 0
    storage.release(first.id)
    assert storage.collect_batch(soon()) == 1
    assert files(folder) == []
    with pytest.raises(storage.BlobMissing):
        storage.read_blob(first.id)


def test_a_sealed_file_shows_nothing_on_the_disk(folder: Path) -> None:
    blob = storage.put(b"a letter that is nobody's business", sealed=True)
    (path,) = files(folder)
    assert b"letter" not in path.read_bytes()
    assert blob.size == 34
    assert storage.read_blob(blob.id) == b"a letter that is nobody's business"


def test_a_file_not_yet_held_by_anybody_is_left_for_an_hour() -> None:
    blob = storage.put(b"x")
    storage.release(blob.id)
    storage.collect()
    assert storage.read_blob(blob.id) == b"x"
    Blob.objects.update(created_at=datetime.now(UTC) - timedelta(hours=2))
    storage.collect()
    assert not Blob.objects.exists()


def test_a_file_whose_transaction_was_rolled_back_is_swept(folder: Path) -> None:
    with transaction.atomic():
        storage.put(b"x")
        transaction.set_rollback(True)
    (path,) = files(folder)
    storage.sweep()
    storage.collect()
    assert files(folder) == [path]
    old = time.time() - 2 * 86_400
    os.utime(path, (old, old))
    storage.sweep()
    storage.collect()
    assert files(folder) == []


def test_holding_what_is_not_there_is_an_error() -> None:
    with pytest.raises(storage.BlobMissing):
        storage.hold(12345)


def test_a_released_file_that_is_stored_again_stays() -> None:
    blob = storage.put(b"again")
    storage.release(blob.id)
    storage.put(b"again")
    assert storage.collect_batch(soon()) == 0
    assert storage.read_blob(blob.id) == b"again"


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer: it knows no order of locks")
@pytest.mark.django_db(transaction=True)
def test_the_same_files_in_another_order_never_wait_for_each_other() -> None:
    contents = [bytes([n]) * 50 for n in range(12)]
    held = [ref.id for ref in storage.put_many(contents)]
    errors: list[Exception] = []

    def work(turn: int) -> None:
        order = random.Random(turn)
        try:
            for _ in range(25):
                if turn % 2:
                    storage.put_many(order.sample(contents, len(contents)))
                else:
                    storage.release_many(order.sample(held, len(held)))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(turn,)) for turn in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
