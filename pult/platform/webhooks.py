"""Telling other systems what happened: CloudEvents 1.0 in structured JSON, signed as Standard Webhooks has it.

A reader of the event log writes one delivery for each subscription that wants an event; a job delivers it, and
tries again for three days. A delivery can arrive twice (same webhook-id) and out of order (compare `sequence`).
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, cast

from django.conf import settings
from django.db import transaction

from pult.platform import db, events, followers, httpclient, queue
from pult.platform.events import EventRow
from pult.platform.models import WebhookDelivery, WebhookSubscription

READER = events.reader("webhooks")
TIMEOUT = 15.0
# Seconds after each failed try; three days and a half in all.
BACKOFF = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 86_400)
OLD_SECRET_LIVES = 24 * 3600
_PAUSE_FIRST, _PAUSE_LONGEST = 2.0, 60.0

_paused: dict[int, tuple[float, float]] = {}


class Subscription(NamedTuple):
    """A subscription as admins see it."""

    id: int
    url: str
    kinds: list[str]
    scope_ids: list[int]
    active: bool
    created_at: datetime


class Delivery(NamedTuple):
    """What became of one event on its way to one subscription."""

    id: int
    subscription_id: int
    event_id: int
    attempts: int
    status: str
    response_code: int | None
    error: str
    updated_at: datetime


def new_secret() -> str:
    """Make a secret in the form that Standard Webhooks libraries read."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def subscribe(url: str, *, kinds: Sequence[str] = (), scope_ids: Sequence[int] = ()) -> tuple[int, str]:
    """Tell an address of events from now on; without kinds of all, without scopes from all.

    Returns the subscription's id and its secret, which is shown only now. Raises httpclient.Refused.
    """
    httpclient.outer_url(url)
    secret = new_secret()
    made = WebhookSubscription.objects.create(
        url=url,
        kinds=list(kinds),
        scope_ids=list(scope_ids),
        secret={"current": secret},
        created_at=datetime.now(UTC),
    )
    return made.id, secret


def change(
    subscription_id: int,
    *,
    url: str | None = None,
    kinds: Sequence[str] | None = None,
    scope_ids: Sequence[int] | None = None,
    active: bool | None = None,
) -> bool:
    """Change what is given. True if there is such a subscription. Raises httpclient.Refused."""
    if url is not None:
        httpclient.outer_url(url)
    given = {"url": url, "kinds": kinds, "scope_ids": scope_ids, "active": active}
    changes = {name: value for name, value in given.items() if value is not None}
    found = WebhookSubscription.objects.filter(id=subscription_id)
    return bool(found.update(**changes)) if changes else found.exists()


def unsubscribe(subscription_id: int) -> bool:
    """Forget a subscription and its deliveries. True if there was one."""
    return bool(WebhookSubscription.objects.filter(id=subscription_id).delete()[0])


def rotate_secret(subscription_id: int) -> str:
    """Make a new secret; for a day messages are signed with both. Raises WebhookSubscription.DoesNotExist."""
    with transaction.atomic():
        found = WebhookSubscription.objects.select_for_update().get(id=subscription_id)
        old = found.secret["current"]
        found.secret = {"current": new_secret(), "old": old, "old_until": time.time() + OLD_SECRET_LIVES}
        found.save(update_fields=["secret"])
    return str(found.secret["current"])


def subscriptions() -> list[Subscription]:
    """Return all subscriptions, oldest first."""
    found = WebhookSubscription.objects.order_by("id")
    return [Subscription(s.id, s.url, s.kinds, s.scope_ids, s.active, s.created_at) for s in found]


def deliveries(subscription_id: int, *, before: int | None = None, limit: int = 50) -> list[Delivery]:
    """Return the newest deliveries of a subscription, of those older than the delivery `before`."""
    found = WebhookDelivery.objects.filter(subscription_id=subscription_id)
    if before is not None:
        found = found.filter(id__lt=before)
    return [
        Delivery(d.id, d.subscription_id, d.event_id, d.attempts, d.status, d.response_code, d.error, d.updated_at)
        for d in found.order_by("-id")[:limit]
    ]


def redeliver(delivery_id: int) -> bool:
    """Send a delivery once more from the beginning of its tries. True if there is such a delivery."""
    with transaction.atomic():
        changes = {"status": "queued", "attempts": 0, "error": "", "updated_at": datetime.now(UTC)}
        if not WebhookDelivery.objects.filter(id=delivery_id).update(**changes):
            return False
        queue.enqueue("webhooks.deliver", {"delivery_id": delivery_id}, priority=-1, key=f"webhook:{delivery_id}")
    return True


_NOBODY = "NOT EXISTS (SELECT 1 FROM platform_webhooksubscription WHERE active)"


def run_batch() -> int:
    """Make deliveries of the next events; return how far the reader moved on."""
    return followers.follow_once(READER, _make_deliveries, batch=200, asleep=_NOBODY)


_INSERT = """
INSERT INTO platform_webhookdelivery (subscription_id, event_id, attempts, status, error, updated_at)
VALUES (%s, %s, 0, 'queued', '', %s) ON CONFLICT (subscription_id, event_id) DO NOTHING RETURNING id
"""


def _make_deliveries(rows: list[EventRow]) -> None:
    wanted = [s for s in subscriptions() if s.active]
    now = db.time_in(datetime.now(UTC))
    for row in rows if wanted else ():
        for subscription in wanted:
            if wants(subscription, row):
                for (made,) in db.rows(_INSERT, (subscription.id, row.id, now)):
                    arguments = {"delivery_id": made}
                    queue.enqueue("webhooks.deliver", arguments, priority=-1, key=f"webhook:{made}")


def wants(subscription: Subscription, row: EventRow) -> bool:
    """Say whether a subscription asks for an event. `message.*` asks for all kinds that begin so."""
    if row.created_at < subscription.created_at:
        return False
    if subscription.scope_ids and row.scope_id is not None and row.scope_id not in subscription.scope_ids:
        return False
    return not subscription.kinds or any(
        kind == row.kind or (kind.endswith("*") and row.kind.startswith(kind[:-1])) for kind in subscription.kinds
    )


def cloud_event(row: EventRow) -> bytes:
    """Return an event as a CloudEvent in structured JSON. It carries ids, never content."""
    data = {"entity_id": row.entity_id, "scope_id": row.scope_id, "actor": row.actor, **row.data}
    event = {
        "specversion": "1.0",
        "id": str(row.id),
        "source": settings.PUBLIC_URL,
        "type": f"pult.{row.kind}",
        "time": row.created_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "sequence": f"{row.position:020d}",
        "datacontenttype": "application/json",
        "data": data,
    }
    if row.entity_id is not None:
        event["subject"] = str(row.entity_id)
    return json.dumps(event, separators=(",", ":")).encode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the v1 signature of Standard Webhooks: HMAC-SHA-256 of id, time and body, in base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes, *, now: float, skew: float) -> bool:
    """Say whether a message is signed with the secret, at most `skew` seconds from now. Header names in lower case."""
    message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not secret or not message_id or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        return False
    try:
        good = sign(secret, message_id, int(stamp), body).encode()
    except ValueError:
        return False  # a secret that is none
    signed = [hmac.compare_digest(good, one.encode()) for one in headers.get("webhook-signature", "").split()[:10]]
    return any(signed) and abs(now - int(stamp)) <= skew


def _headers(secret: dict[str, object], message_id: str, body: bytes) -> dict[str, str]:
    now = int(time.time())
    keys = [str(secret["current"])]
    if "old" in secret and now < cast(float, secret["old_until"]):
        keys.append(str(secret["old"]))
    return {
        "content-type": "application/cloudevents+json",
        "webhook-id": message_id,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(sign(key, message_id, now, body) for key in keys),
    }


@queue.task("webhooks.deliver", max_attempts=10_000, timeout=60)
def deliver(delivery_id: int) -> None:
    """Send one delivery, or put it off."""
    delivery = WebhookDelivery.objects.select_related("subscription").filter(id=delivery_id).first()
    if delivery is None or delivery.status in {"delivered", "failed"}:
        return
    subscription = delivery.subscription
    row = events.get(delivery.event_id)
    if row is None or not subscription.active:
        gone = "the event is kept no longer" if row is None else "the subscription is switched off"
        _record(delivery, "cancelled", None, gone)
        return
    _wait_for_pause(subscription.id)
    body = cloud_event(row)
    headers = _headers(subscription.secret, f"msg_{delivery.id}", body)
    delivery.attempts += 1
    try:
        answer = httpclient.request(
            "POST", subscription.url, headers=headers, content=body, timeout=TIMEOUT, max_bytes=65_536, redirects=0
        )
    except httpclient.HttpError as error:
        _failed(delivery, error)
    else:
        _paused.pop(subscription.id, None)
        _record(delivery, "delivered", answer.status, "")


def _wait_for_pause(subscription_id: int) -> None:
    """Leave an address alone that just failed, without counting it as a try. Raises Retry."""
    until, _ = _paused.get(subscription_id, (0.0, 0.0))
    if until > time.monotonic():
        raise queue.Retry("its address failed a moment ago", after=until - time.monotonic())


def _failed(delivery: WebhookDelivery, error: httpclient.HttpError) -> None:
    gone = error.status == 410
    last = delivery.attempts > len(BACKOFF)
    if gone or last or isinstance(error, httpclient.Refused):
        _record(delivery, "failed", error.status, str(error))
        if gone or (last and not _heard_lately(delivery.subscription_id)):
            WebhookSubscription.objects.filter(id=delivery.subscription_id).update(active=False)
        return
    _record(delivery, "retrying", error.status, str(error))
    _, pause = _paused.get(delivery.subscription_id, (0.0, _PAUSE_FIRST / 2))
    pause = min(pause * 2, _PAUSE_LONGEST)
    _paused[delivery.subscription_id] = (time.monotonic() + pause, pause)
    asked = error.after if isinstance(error, httpclient.Temporary) and error.after else 0.0
    raise queue.Retry(str(error), after=min(max(BACKOFF[delivery.attempts - 1], asked), 86_400.0))


def _heard_lately(subscription_id: int) -> bool:
    since = datetime.now(UTC) - timedelta(seconds=sum(BACKOFF))
    found = WebhookDelivery.objects.filter(subscription_id=subscription_id, status="delivered", updated_at__gte=since)
    return found.exists()


def _record(delivery: WebhookDelivery, status: str, code: int | None, error: str) -> None:
    delivery.status, delivery.response_code, delivery.error = status, code, error[:500]
    delivery.updated_at = datetime.now(UTC)
    delivery.save(update_fields=["status", "attempts", "response_code", "error", "updated_at"])
