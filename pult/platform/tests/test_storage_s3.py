"""Stored files in a bucket, on a server that speaks S3."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from pult.platform import filestore, storage

boto3 = pytest.importorskip("boto3", reason="the extra s3 is not installed")
moto_server = pytest.importorskip("moto.server", reason="moto is not installed")

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def bucket(settings: Settings) -> Iterator[str]:
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    name = f"pult-{uuid.uuid4()}"
    settings.S3_BUCKET, settings.S3_REGION = name, "eu-central-1"
    settings.S3_ENDPOINT = f"http://{host}:{port}"
    settings.S3_ACCESS_KEY = settings.S3_SECRET_KEY = "test"
    client = boto3.client(
        "s3",
        endpoint_url=settings.S3_ENDPOINT,
        region_name=settings.S3_REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    place = {"LocationConstraint": "eu-central-1"}
    client.create_bucket(Bucket=name, CreateBucketConfiguration=place)
    yield name
    filestore._store.cache_clear()
    client.close()
    server.stop()


def test_files_are_kept_in_the_bucket_and_deleted_from_it(bucket: str) -> None:
    blob, sealed = storage.put(io.BytesIO(b"x" * 300_000)), storage.put(b"secret", sealed=True)
    assert storage.put(b"x" * 300_000) == blob
    assert storage.read_blob(blob.id) == b"x" * 300_000
    assert storage.read_blob(sealed.id) == b"secret"
    with filestore.store().open(sealed.sha256) as file:
        assert b"secret" not in file.read()
    storage.release(sealed.id)
    assert storage.collect_batch(datetime.now(UTC) + timedelta(seconds=1)) == 1
    assert not filestore.store().exists(sealed.sha256)
    assert list(filestore.store().older_than(datetime.now(UTC) + timedelta(minutes=1))) == [blob.sha256]
    assert list(filestore.store().older_than(datetime.now(UTC) - timedelta(minutes=1))) == []


def test_a_file_that_is_gone_is_missing(bucket: str) -> None:
    blob = storage.put(b"y")
    filestore.store().delete(blob.sha256)
    with pytest.raises(storage.BlobMissing):
        storage.read_blob(blob.id)
