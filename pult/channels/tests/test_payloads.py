"""What arrives is kept once, sealed, handed to one worker, and marked when it has been read."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections
from django.utils import timezone

from pult.channels import actions, queries, tasks
from pult.channels.models import RawPayload
from pult.platform import holders, worker
from pult.platform.models import Blob

pytestmark = pytest.mark.django_db


def receive(inbox_id: int, external_id: str, envelope: dict[str, Any], body: bytes) -> int:
    """Keep something new."""
    payload_id = actions.receive(inbox_id, external_id, envelope, body)
    assert payload_id is not None
    return payload_id


@pytest.fixture
def inbox_id() -> int:
    return make_inbox()


def make_inbox(address: str = "desk@shop.example") -> int:
    """Make a store and an inbox in it."""
    store = apps.get_model("accounts", "Store")(name=f"Shop {address}", language="sl")
    store.save()
    return actions.create_inbox(store_id=store.pk, channel="email", name="Desk", address=address)


def test_what_arrives_twice_is_kept_once(inbox_id: int) -> None:
    first = receive(inbox_id, "one", {"sender": "a@b.c"}, b"body")
    assert actions.receive(inbox_id, "one", {}, b"other") is None
    kept = queries.payload(first)
    assert kept is not None
    assert kept.body == b"body"
    assert kept.envelope == {"sender": "a@b.c"}


def test_the_same_id_in_two_inboxes_is_two_things(inbox_id: int) -> None:
    other = make_inbox("other@shop.example")
    assert actions.receive(inbox_id, "one", {}, b"x") is not None
    assert actions.receive(other, "one", {}, b"x") is not None


def test_a_batch_names_each_item_and_takes_its_own_duplicates(inbox_id: int) -> None:
    items = [actions.Incoming(inbox_id, name, {}, name.encode()) for name in ("a", "b", "a")]
    ids = actions.receive_many(items)
    assert ids[0] is not None
    assert ids[1] is not None
    assert ids[2] is None


def test_bodies_are_sealed_at_rest(inbox_id: int) -> None:
    small = receive(inbox_id, "small", {}, b"4111 1111 1111 1111")
    row = RawPayload.objects.get(id=small)
    assert row.body is not None
    assert b"4111" not in bytes(row.body)


def test_a_large_body_lies_in_a_sealed_file_and_a_duplicate_holds_nothing(inbox_id: int) -> None:
    body = b"4111 1111 1111 1111 " * 20_000
    first = receive(inbox_id, "large", {}, body)
    assert actions.receive(inbox_id, "large", {}, body) is None
    row = RawPayload.objects.get(id=first)
    assert row.body is None
    assert Blob.objects.filter(refs__gt=0).count() == 1
    assert [p.body for p in actions.claim()] == [body]


def test_the_fast_insert_equals_the_plain_one(inbox_id: int) -> None:
    envelope: dict[str, Any] = {"sender": "ž@b.c", "recipients": ["a", "b"], "n": 1, "none": None}
    fast = RawPayload.objects.get(id=receive(inbox_id, "fast", envelope, b"body"))
    plain = RawPayload.objects.create(
        inbox_id=inbox_id, external_id="plain", envelope=envelope, body=fast.body, received_at=fast.received_at
    )
    plain.refresh_from_db()
    differing = {
        f.attname for f in RawPayload._meta.concrete_fields if getattr(fast, f.attname) != getattr(plain, f.attname)
    }
    assert differing == {"id", "external_id"}


def test_an_envelope_with_nul_and_broken_letters_is_kept(inbox_id: int) -> None:
    first = receive(inbox_id, "n\x00ul", {"sender": "a\x00\udcff@b.c", "k\x00": ["\ud800"]}, b"x")
    kept = queries.payload(first)
    assert kept is not None
    assert kept.envelope == {"sender": "a?@b.c", "k": ["?"]}
    assert actions.receive(inbox_id, "nul", {}, b"x") is None


def test_overlong_and_empty_ids_are_told_apart_by_content(inbox_id: int) -> None:
    assert actions.receive(inbox_id, "x" * 300, {}, b"1") is not None
    assert actions.receive(inbox_id, "x" * 299 + "y", {}, b"1") is not None
    assert actions.receive(inbox_id, "x" * 300, {}, b"1") is None
    assert actions.receive(inbox_id, "", {}, b"1") is not None
    assert actions.receive(inbox_id, "", {}, b"2") is not None
    assert actions.receive(inbox_id, "", {}, b"2") is None


def test_a_claimed_payload_is_nobody_elses_until_its_lease_ends(inbox_id: int) -> None:
    ids = [receive(inbox_id, str(n), {}, b"x") for n in range(3)]
    assert [p.id for p in actions.claim(2)] == ids[:2]
    assert [p.id for p in actions.claim(2)] == ids[2:]
    assert actions.claim(2) == []
    RawPayload.objects.filter(id=ids[0]).update(claimed_until=timezone.now() - timedelta(seconds=1))
    again = actions.claim(2)
    assert [(p.id, p.attempts) for p in again] == [(ids[0], 2)]
    assert again[0].received_at.tzinfo is not None
    assert abs(timezone.now() - again[0].received_at) < timedelta(minutes=1)


def test_what_a_process_held_that_is_gone_is_handed_out_at_once(inbox_id: int) -> None:
    held, failed = (receive(inbox_id, name, {}, b"x") for name in ("held", "failed"))
    actions.claim()
    actions.mark_failed(failed, "not readable")
    assert actions.release_orphans() == 0, "its holder is this process"
    assert actions.claim() == []
    RawPayload.objects.exclude(claimed_by="").update(claimed_by=f"{holders.machine_prefix()}999999999:1:1")
    assert actions.release_orphans() == 1, "who failed waits for its pause, not for a holder"
    assert [(p.id, p.attempts) for p in actions.claim()] == [(held, 2)]


@pytest.mark.django_db(transaction=True)
def test_every_worker_gives_back_what_dead_processes_held(monkeypatch: pytest.MonkeyPatch) -> None:
    payload_id = receive(make_inbox(), "one", {}, b"x")
    actions.claim()
    RawPayload.objects.update(claimed_by=f"{holders.machine_prefix()}999999999:1:1")
    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", lambda seconds: stop.set())
    worker._housekeeping(stop)
    assert [p.id for p in actions.claim()] == [payload_id]


def test_what_another_machine_holds_is_left_to_it(inbox_id: int) -> None:
    receive(inbox_id, "one", {}, b"x")
    actions.claim()
    RawPayload.objects.update(claimed_by="elsewhere:999999999:1:1")
    assert actions.release_orphans() == 0
    assert actions.claim() == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="one memory database cannot be shared by threads")
@pytest.mark.django_db(transaction=True)
def test_two_workers_never_get_the_same_payload() -> None:
    inbox_id = make_inbox()
    actions.receive_many([actions.Incoming(inbox_id, str(n), {}, b"x") for n in range(60)])
    got: list[int] = []
    failures: list[Exception] = []

    def worker() -> None:
        try:
            while claimed := actions.claim(5):
                got.extend(p.id for p in claimed)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert len(got) == 60
    assert len(set(got)) == 60


def test_what_was_read_is_read_once_and_keeps_the_masked_copy(inbox_id: int) -> None:
    actions.receive(inbox_id, "one", {}, b"card 4111111111111111")
    (claimed,) = actions.claim()
    assert actions.mark_parsed(claimed.id, b"card ****")
    assert not actions.mark_parsed(claimed.id, b"again")
    assert not actions.mark_parsed(claimed.id)
    kept = queries.payload(claimed.id)
    assert kept is not None
    assert kept.body == b"card ****"
    assert actions.claim() == []


def test_masking_a_large_body_lets_go_of_its_file(inbox_id: int) -> None:
    actions.receive(inbox_id, "one", {}, b"a" * 300_000)
    (claimed,) = actions.claim()
    assert actions.mark_parsed(claimed.id, b"small")
    assert not Blob.objects.filter(refs__gt=0).exists()


def test_a_payload_that_fails_waits_longer_each_time_and_ends_before_a_person(inbox_id: int) -> None:
    payload_id = receive(inbox_id, "one", {}, b"x")
    for attempt in range(1, actions.MAX_ATTEMPTS + 1):
        RawPayload.objects.filter(id=payload_id).update(claimed_until=None)
        (claimed,) = actions.claim()
        final = actions.mark_failed(claimed.id, f"attempt {attempt}\x00")
        assert actions.claim() == []
        assert final is (attempt == actions.MAX_ATTEMPTS)
    (failed,) = queries.failed_payloads()
    assert failed.error == "attempt 6"
    assert actions.retry_failed(payload_id)
    assert [p.id for p in actions.claim()] == [payload_id]


def test_a_batch_is_stored_whole_or_not_at_all(inbox_id: int) -> None:
    items = [actions.Incoming(inbox_id, "a", {}, b"x"), actions.Incoming(inbox_id, "b", {"bad": object()}, b"x")]
    with pytest.raises(TypeError):
        actions.receive_many(items)
    assert queries.waiting() == 0


def test_an_inbox_is_found_by_its_address_in_any_case(inbox_id: int) -> None:
    found = queries.inbox_by_address("email", "Desk@Shop.Example")
    assert found is not None
    assert found.id == inbox_id
    assert found.info().store_name == "Shop desk@shop.example"
    assert queries.addresses("email") == {"desk@shop.example": inbox_id}
    actions.change_inbox(inbox_id, active=False, settings={"smtp_password": "hush"})
    assert queries.inbox_by_address("email", "desk@shop.example") is None
    assert queries.inbox(inbox_id).settings == {"smtp_password": "hush"}
    with pytest.raises(queries.NoSuchInbox):
        queries.inbox(10**12)


def test_a_listener_keeps_its_place_when_it_reports_an_error(inbox_id: int) -> None:
    actions.note_listener(inbox_id, "INBOX", value={"uid": 5})
    actions.note_listener(inbox_id, "INBOX", error="refused")
    assert queries.listener_state(inbox_id, "INBOX") == {"uid": 5}
    assert [r.error for r in queries.listener_reports()] == ["refused"]


def test_large_bodies_are_handed_out_few_at_a_time(inbox_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "CLAIM_BYTES", 500_000)
    ids = [receive(inbox_id, str(n), {}, bytes([n]) * 300_000) for n in range(5)]
    assert [p.id for p in actions.claim()] == ids[:2]
    again = actions.claim()
    assert [(p.id, p.attempts) for p in again] == [(ids[2], 1), (ids[3], 1)]


def test_a_body_that_cannot_be_opened_holds_nobody_up(inbox_id: int) -> None:
    lost, good = receive(inbox_id, "lost", {}, b"x"), receive(inbox_id, "good", {}, b"y")
    RawPayload.objects.filter(id=lost).update(body=b"not sealed")
    assert [p.id for p in actions.claim()] == [good]
    assert "SecretUnreadable" in RawPayload.objects.get(id=lost).error


def test_what_nobody_could_parse_is_masked_after_three_days(inbox_id: int) -> None:
    old = receive(inbox_id, "old", {}, b"From: a@b.c\n\ncard 4111111111111111\n")
    large = receive(inbox_id, "large", {}, b"4111 1111 1111 1111 \n" * 20_000)
    new = receive(inbox_id, "new", {}, b"card 4111111111111111")
    RawPayload.objects.filter(id__in=[old, large]).update(
        received_at=timezone.now() - timedelta(hours=73), state=RawPayload.State.FAILED
    )
    tasks.mask_what_was_not_parsed()
    for payload_id, kept in ((old, False), (large, False), (new, True)):
        payload = queries.payload(payload_id)
        assert payload is not None
        assert (b"4111" in payload.body.replace(b" ", b"")[:60]) is kept
    assert Blob.objects.filter(refs__gt=0).count() == 1


def test_what_arrives_together_keeps_its_order(inbox_id: int) -> None:
    names = [f"{hash(str(n)) % 1000}-{n}" for n in range(50)]
    ids = actions.receive_many([actions.Incoming(inbox_id, name, {}, name.encode()) for name in names])
    assert None not in ids
    assert ids == sorted(ids, key=lambda value: value or 0)
    assert [payload.external_id for payload in actions.claim(100)] == names


def test_what_was_read_is_forgotten_in_time_and_what_nobody_could_read_never(inbox_id: int) -> None:
    ids = [receive(inbox_id, str(number), {}, b"x" * 300_000) for number in range(3)]
    actions.mark_parsed(ids[0])
    actions.mark_parsed(ids[1])
    RawPayload.objects.exclude(id=ids[1]).update(received_at=timezone.now() - timedelta(days=100))
    blob = RawPayload.objects.select_related("blob").get(id=ids[0]).blob
    assert blob is not None
    tasks.forget_payloads()
    assert set(RawPayload.objects.values_list("id", flat=True)) == {ids[1], ids[2]}
    blob.refresh_from_db()
    assert blob.refs == 0
