"""Notices at the door and behind it: kept before they are accepted, taken once, forgotten in time; who reads a shop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from pult.accounts import queries as accounts
from pult.commerce import actions, base, notices, queries, reading, tasks
from pult.commerce.connectors.http.standin import Shop as Standin
from pult.commerce.errors import BeingRead
from pult.commerce.models import Notice, Order, Shop
from pult.commerce.testing import an_order
from pult.platform import holders, queue
from pult.platform.models import Blob

pytestmark = pytest.mark.django_db(databases="__all__")
DEAD = f"{holders.machine_prefix()}999999999:1:1"


@pytest.fixture
def own(settings: Any) -> Iterator[Standin]:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]
    with Standin() as found:
        yield found


@pytest.fixture
def own_id(own: Standin, store: accounts.StoreInfo) -> int:
    return actions.connect(store_id=store.id, connector="http", name="Lastna", settings=own.settings)


def post(client: Client, shop_id: int, headers: dict[str, str], body: bytes) -> int:
    return client.post(
        f"/hooks/shops/{shop_id}/notices", body, content_type="application/json", headers=headers
    ).status_code


def test_a_notice_is_kept_sealed_before_it_is_accepted(client: Client, own: Standin, own_id: int) -> None:
    headers, body = own.notice(an_order(1, note="skrivnost"), "n1")
    for _ in range(2):
        assert post(client, own_id, headers | {"Authorization": "Bearer x", "Cookie": "a=b"}, body) == 200
    row = Notice.objects.get()
    assert b"skrivnost" not in bytes(row.body or b"")
    assert row.envelope["headers"].keys().isdisjoint({"authorization", "cookie"})
    assert notices.run_batch() == 1
    row.refresh_from_db()
    assert (row.state, row.body, row.envelope) == ("parsed", None, {})
    assert Order.objects.count() == 1


def test_what_is_not_the_shops_is_not_kept(client: Client, own: Standin, own_id: int, shop_id: int) -> None:
    headers, body = own.notice(an_order(1), "n1")
    assert post(client, own_id, {}, body) == 401
    assert post(client, own_id, headers, body + b" ") == 401
    assert post(client, 999_999, headers, body) == 404
    assert post(client, shop_id, headers, body) == 404, "files tell of nothing"
    assert client.get(f"/hooks/shops/{own_id}/notices").status_code == 405
    large = own.notice(an_order(1), "n2", content=b" " * (notices.MAX_BYTES + 1))
    assert post(client, own_id, *large) == 413
    actions.change_shop(own_id, active=False)
    assert post(client, own_id, headers, body) == 404
    assert Notice.objects.count() == 0


def test_nothing_is_accepted_that_is_not_kept(
    client: Client, own: Standin, own_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices.NOTICES, "receive", lambda items: 1 / 0)
    client.raise_request_exception = False
    assert post(client, own_id, *own.notice(an_order(1), "n1")) == 500


def test_several_notices_are_one_transaction_and_one_that_fails_holds_nobody_up(
    own: Standin, own_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        notices.receive(own_id, *own.notice(an_order(number), f"n{number}"))
    honest, sizes = actions.take, []

    def take(shop_id: int, things: Any, *, live: bool) -> actions.Taken:
        sizes.append(len(things))
        if any(thing.id == "o7" for thing in things):
            raise ValueError("seven cannot be written")
        return honest(shop_id, things, live=live)

    monkeypatch.setattr(actions, "take", take)
    assert notices.run_batch() == 10
    assert sizes == [10] + [1] * 10
    assert Order.objects.count() == 9
    found = queries.notices(own_id)
    assert (found.waiting, found.failed, found.error) == (1, 0, "ValueError: seven cannot be written")
    monkeypatch.setattr(actions, "take", honest)
    Notice.objects.update(claimed_until=None)
    assert notices.run_batch() == 1
    assert Order.objects.count() == 10
    assert queries.notices(own_id).error == ""


def test_two_workers_never_write_one_notice_twice(own: Standin, own_id: int) -> None:
    notices.receive(own_id, *own.notice(an_order(1), "n1"))
    (claimed,) = notices.NOTICES.claim(5)
    shop = Shop.objects.get(pk=own_id)
    read = notices._read(shop, claimed)
    assert read is not None
    notices._write(own_id, [read])
    with pytest.raises(notices.Overtaken):
        notices._write(own_id, [read])


def test_what_a_dead_worker_held_is_handed_out_at_once(own: Standin, own_id: int) -> None:
    notices.receive(own_id, *own.notice(an_order(1), "n1"))
    notices.NOTICES.claim(5)
    assert notices.run_batch() == 0
    assert notices.release_orphans() == 0
    Notice.objects.update(claimed_by=DEAD)
    assert notices.release_orphans() == 1
    assert notices.run_batch() == 1
    assert Order.objects.count() == 1


def test_what_cannot_be_read_is_forgotten_in_time_and_its_trouble_stays(own: Standin, own_id: int) -> None:
    large = b'{"kind":"order","x":"' + b"x" * 300_000
    notices.receive(own_id, *own.notice(an_order(1), "small", content=b"{}"))
    notices.receive(own_id, *own.notice(an_order(1), "large", content=large))
    for _ in range(7):
        Notice.objects.update(claimed_until=None)
        while notices.run_batch():
            pass
    assert queries.notices(own_id).failed == 2
    tasks.forget_notices()
    assert Notice.objects.filter(state="failed").exclude(body=None, blob=None).count() == 2
    Notice.objects.update(received_at=timezone.now() - timedelta(hours=72))
    tasks.forget_notices()
    assert Notice.objects.exclude(body=None, blob=None).count() == 0
    assert not Blob.objects.filter(refs__gt=0).exists()
    assert queries.notices(own_id).failed == 2
    assert notices.retry(own_id) == 0
    assert queries.notices(own_id).failed == 0


def test_a_read_notice_is_known_for_a_month(own: Standin, own_id: int) -> None:
    notices.receive(own_id, *own.notice(an_order(1), "n1"))
    notices.run_batch()
    Notice.objects.update(received_at=timezone.now() - timedelta(days=29))
    tasks.forget_notices()
    assert Notice.objects.count() == 1
    Notice.objects.update(received_at=timezone.now() - timedelta(days=31))
    tasks.forget_notices()
    assert Notice.objects.count() == 0


def test_one_reads_a_shop_at_a_time(own: Standin, own_id: int) -> None:
    own.keep(*(an_order(number) for number in range(3)))
    with reading._held(own_id):
        with pytest.raises(BeingRead):
            reading.read(own_id)
        reading.read_on(own_id)  # the job leaves it to the other
    assert own.asked == []
    Shop.objects.update(reader=DEAD, reader_until=timezone.now() + timedelta(minutes=5))
    assert reading.read(own_id), "a process that is no more reads nothing"
    Shop.objects.update(reader="elsewhere:1:1:1", reader_until=timezone.now() + timedelta(minutes=5))
    with pytest.raises(BeingRead):
        reading.read(own_id)
    Shop.objects.update(reader_until=timezone.now() - timedelta(seconds=1))
    assert reading.read(own_id)
    assert Shop.objects.get(pk=own_id).reader == ""


def test_who_was_away_too_long_writes_nothing_more(own: Standin, own_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    own.keep(*(an_order(number) for number in range(3)))
    honest = reading.info

    def overtaken(shop: Shop) -> base.ShopInfo:
        Shop.objects.update(reader="elsewhere:1:1:1")
        return honest(shop)

    monkeypatch.setattr(reading, "info", overtaken)
    with pytest.raises(BeingRead):
        reading.read(own_id)
    assert Order.objects.count() == 0
    assert Shop.objects.get(pk=own_id).reader == "elsewhere:1:1:1"


def test_shops_are_asked_again_and_again_and_files_at_night(own_id: int, shop_id: int) -> None:
    def asked() -> list[int]:
        tasks.catch_up()
        return sorted(int(str(job.args["shop_id"])) for job in queue.claim(50) if job.task == reading.TASK)

    with time_machine.travel(datetime(2026, 11, 22, 12, tzinfo=UTC), tick=False):
        assert asked() == [own_id]
        assert asked() == [], "while a reading waits or runs there is no second"
    with time_machine.travel(datetime(2026, 11, 23, 2, tzinfo=UTC), tick=False):
        assert asked() == sorted([own_id, shop_id]), "a lease that ended long ago holds nobody up"


def test_a_job_that_is_not_finished_goes_on(own: Standin, own_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    own.keep(*(an_order(number) for number in range(250)))
    monkeypatch.setattr(reading, "_SLICE", 0.0)
    reading.begin(own_id)
    reading.begin(own_id)
    queue.run_due()
    assert Order.objects.count() == 250
    assert len([path for path in own.asked if "orders" in path]) == 3


def test_everything_can_be_read_again(own: Standin, own_id: int) -> None:
    own.keep(an_order(1))
    reading.read(own_id)
    own.put("o1", {**own.own.things["order"]["o1"], "total": 1})
    reading.read(own_id)
    assert Order.objects.get().total == 5_390, "the shop does not say that it changed"
    reading.read(own_id, everything=True)
    assert Order.objects.get().total == 1


def test_a_thing_of_another_kind_with_the_same_id_stays(own_id: int) -> None:
    actions.take(own_id, [an_order(1)], live=False)
    actions.take(own_id, [base.Gone("product", "o1")], live=True)
    assert Order.objects.get().state == "open"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="one memory database cannot be shared by threads")
@pytest.mark.django_db(transaction=True)
def test_a_notice_is_accepted_while_others_are_being_written(own: Standin, own_id: int) -> None:
    kept: list[int | None] = []

    def accept() -> None:
        try:
            kept.append(notices.receive(own_id, *own.notice(an_order(2), "n2")))
        finally:
            connection.close()

    thread = threading.Thread(target=accept)
    with transaction.atomic():
        actions.take(own_id, [an_order(1)], live=True)
        thread.start()
        thread.join(5)
        assert len(kept) == 1
    thread.join()
