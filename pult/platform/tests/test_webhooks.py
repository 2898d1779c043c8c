"""Webhooks, to a real server, checked by the receiving end's own arithmetic."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import transaction
from pytest_django import Settings

from pult.platform import events, httpclient, queue, webhooks
from pult.platform.models import Job, WebhookDelivery, WebhookSubscription

pytestmark = pytest.mark.django_db


class Receiver(BaseHTTPRequestHandler):
    got: list[tuple[dict[str, str], bytes]] = []
    status = 204
    location = ""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(Receiver.status)
        if Receiver.location:
            self.send_header("location", Receiver.location)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def url(settings: Settings) -> Iterator[str]:
    settings.HTTP_ALLOW_NETWORKS = ["127.0.0.0/8"]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    Receiver.got.clear()
    Receiver.status, Receiver.location = 204, ""
    webhooks._paused.clear()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    httpclient.close_clients()
    server.shutdown()
    thread.join()
    server.server_close()


def happen(kind: str = "message.received", scope_id: int | None = 2) -> int:
    with transaction.atomic():
        return events.append(kind, scope_id=scope_id, entity_id=42, actor="staff:3", data={"message_id": 5})


def deliver_all() -> None:
    events.sequence()
    while webhooks.run_batch():
        pass
    webhooks._paused.clear()
    queue.run_due()


def try_again() -> None:
    Job.objects.update(run_at=datetime.now(UTC))
    deliver_all()


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    key = base64.b64decode(secret.split("_", 1)[1])
    good = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return good in headers["webhook-signature"].split(" ")


def test_an_event_arrives_signed_as_a_cloud_event_of_ids(url: str) -> None:
    subscription_id, secret = webhooks.subscribe(url)
    event_id = happen()
    deliver_all()
    ((headers, body),) = Receiver.got
    assert verified(secret, headers, body)
    assert headers["content-type"] == "application/cloudevents+json"
    event = json.loads(body)
    assert (event["specversion"], event["id"], event["type"]) == ("1.0", str(event_id), "pult.message.received")
    assert event["subject"] == "42"
    assert event["data"] == {"entity_id": 42, "scope_id": 2, "actor": "staff:3", "message_id": 5}
    (delivery,) = webhooks.deliveries(subscription_id)
    assert (delivery.status, delivery.response_code, delivery.attempts) == ("delivered", 204, 1)


def test_the_secret_lies_sealed(url: str) -> None:
    _, secret = webhooks.subscribe(url)
    raw = WebhookSubscription.objects.extra(select={"raw": "secret"}).values_list("raw", flat=True)[0]
    assert secret.encode() not in bytes(raw)


def test_only_what_was_asked_for_is_told_and_only_from_then_on(url: str) -> None:
    happen()
    webhooks.subscribe(url, kinds=["message.*", "note.added"], scope_ids=[2])
    for kind, scope in (("message.sent", 2), ("message.sent", 3), ("note.added", None), ("conversation.created", 2)):
        happen(kind, scope)
    deliver_all()
    assert [json.loads(body)["type"] for _, body in Receiver.got] == ["pult.message.sent", "pult.note.added"]


def test_reading_the_log_twice_delivers_once(url: str) -> None:
    webhooks.subscribe(url)
    happen()
    events.sequence()
    rows = events.read(0)
    webhooks._make_deliveries(rows)
    webhooks._make_deliveries(rows)
    deliver_all()
    assert len(Receiver.got) == 1


def test_a_failure_is_tried_again_with_the_same_id_and_then_stops(url: str) -> None:
    subscription_id, _ = webhooks.subscribe(url)
    happen()
    Receiver.status = 500
    deliver_all()
    assert webhooks.deliveries(subscription_id)[0].status == "retrying"
    (due,) = Job.objects.filter(task="webhooks.deliver").values_list("run_at", flat=True)
    assert timedelta(seconds=3) < due - datetime.now(UTC) < timedelta(seconds=6)
    Receiver.status = 200
    try_again()
    assert [headers["webhook-id"] for headers, _ in Receiver.got] == [
        f"msg_{webhooks.deliveries(subscription_id)[0].id}"
    ] * 2
    assert webhooks.deliveries(subscription_id)[0].status == "delivered"
    assert not Job.objects.exists()


def test_after_days_of_failure_the_subscription_is_switched_off(url: str) -> None:
    subscription_id, _ = webhooks.subscribe(url)
    happen()
    Receiver.status = 404
    deliver_all()
    for _ in webhooks.BACKOFF:
        assert webhooks.subscriptions()[0].active
        try_again()
    assert len(Receiver.got) == len(webhooks.BACKOFF) + 1
    assert webhooks.deliveries(subscription_id)[0].status == "failed"
    assert not webhooks.subscriptions()[0].active
    assert sum(webhooks.BACKOFF) > 3 * 86_400
    happen()
    deliver_all()
    assert len(Receiver.got) == len(webhooks.BACKOFF) + 1
    assert webhooks.change(subscription_id, active=True)
    assert webhooks.redeliver(webhooks.deliveries(subscription_id)[0].id)
    Receiver.status = 200
    deliver_all()
    assert webhooks.deliveries(subscription_id)[0].status == "delivered"


def test_one_bad_event_among_good_ones_switches_nothing_off(url: str) -> None:
    subscription_id, _ = webhooks.subscribe(url)
    happen()
    deliver_all()
    happen()
    Receiver.status = 400
    deliver_all()
    WebhookDelivery.objects.filter(status="retrying").update(attempts=len(webhooks.BACKOFF))
    try_again()
    assert [d.status for d in webhooks.deliveries(subscription_id)] == ["failed", "delivered"]
    assert webhooks.subscriptions()[0].active


def test_an_address_that_is_gone_is_left_at_once(url: str) -> None:
    webhooks.subscribe(url)
    happen()
    Receiver.status = 410
    deliver_all()
    assert not webhooks.subscriptions()[0].active


def test_a_redirect_is_a_failure(url: str) -> None:
    subscription_id, _ = webhooks.subscribe(url)
    happen()
    Receiver.status, Receiver.location = 302, url
    deliver_all()
    (delivery,) = webhooks.deliveries(subscription_id)
    assert (delivery.status, delivery.response_code, len(Receiver.got)) == ("retrying", 302, 1)


def test_a_failing_address_is_left_alone_for_a_moment(url: str) -> None:
    webhooks.subscribe(url)
    for _ in range(5):
        happen()
    Receiver.status = 503
    deliver_all()
    assert len(Receiver.got) == 1


def test_for_a_day_both_secrets_are_good(url: str) -> None:
    subscription_id, old = webhooks.subscribe(url)
    new = webhooks.rotate_secret(subscription_id)
    happen()
    deliver_all()
    headers, body = Receiver.got[0]
    assert verified(old, headers, body)
    assert verified(new, headers, body)


def test_inner_addresses_are_not_called(url: str, settings: Settings) -> None:
    subscription_id, _ = webhooks.subscribe(url)
    settings.HTTP_ALLOW_NETWORKS = []
    happen()
    deliver_all()
    assert webhooks.deliveries(subscription_id)[0].status == "failed"
    assert Receiver.got == []
    with pytest.raises(httpclient.Refused):
        webhooks.subscribe(url)
    with pytest.raises(httpclient.Refused):
        webhooks.subscribe("file:///etc/passwd")
