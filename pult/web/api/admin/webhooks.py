"""The doors to webhooks: which systems are told of events, and what became of each message."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from pult.accounts import access
from pult.accounts.errors import Invalid, NotFound
from pult.platform import httpclient, paging, webhooks
from pult.web.api.answers import answer, empty
from pult.web.api.auth import actor_of
from pult.web.api.schemas import PageQuery

router = Router(tags=["admin"])


class WebhookOut(Schema):
    """A subscription. Without `kinds` it hears of all events, without `scope_ids` (stores) of all stores."""

    id: int
    url: str
    kinds: list[str]
    scope_ids: list[int]
    active: bool
    created_at: datetime


class WebhooksOut(Schema):
    items: list[WebhookOut]
    next: str | None


class WebhookIn(Schema):
    """An address to be told, by CloudEvents signed as Standard Webhooks has it. A kind may end in `.*`."""

    url: str = Field(max_length=500, pattern="^https?://")
    kinds: list[str] = Field(default_factory=list, max_length=100)
    scope_ids: list[int] = Field(default_factory=list, max_length=200)


class WebhookChanges(Schema):
    """Only the fields that are sent are changed."""

    url: str | None = Field(default=None, max_length=500, pattern="^https?://")
    kinds: list[str] | None = Field(default=None, max_length=100)
    scope_ids: list[int] | None = Field(default=None, max_length=200)
    active: bool | None = None


class SecretOut(Schema):
    """The secret that signs; shown in this answer and nowhere else."""

    id: int
    secret: str


class DeliveryOut(Schema):
    id: int
    subscription_id: int
    event_id: int
    attempts: int
    status: Literal["queued", "retrying", "delivered", "failed", "cancelled"]
    response_code: int | None
    error: str
    updated_at: datetime


class DeliveriesOut(Schema):
    items: list[DeliveryOut]
    next: str | None


def refused(error: httpclient.HttpError, *, field: str = "url") -> Invalid:
    """Return the error with which an address is refused when it is saved."""
    if isinstance(error, httpclient.Inner):
        return Invalid("url-inner", field=field, host=error.host, address=error.address)
    return Invalid("url", field=field, what=str(error))


def _subscription(subscription_id: int) -> dict[str, object]:
    for found in webhooks.subscriptions():
        if found.id == subscription_id:
            return found._asdict()
    raise NotFound(f"There is no webhook {subscription_id}.")


@router.get("/webhooks", response=WebhooksOut)
def list_webhooks(request: HttpRequest) -> HttpResponse:
    """All subscriptions, oldest first (settings.write)."""
    access.require(actor_of(request), "settings.write")
    return answer({"items": [found._asdict() for found in webhooks.subscriptions()], "next": None})


@router.post("/webhooks", response={201: SecretOut})
def subscribe(request: HttpRequest, body: WebhookIn) -> HttpResponse:
    """Tell an address of events from now on. Inner networks are refused unless HTTP_ALLOW_... names them."""
    actor = actor_of(request)
    access.require(actor, "settings.write")

    try:
        made, secret = webhooks.subscribe(body.url, kinds=body.kinds, scope_ids=body.scope_ids)
    except httpclient.HttpError as error:
        raise refused(error) from error
    # No idempotency key here: the kept answer would hold the secret.
    return answer({"id": made, "secret": secret}, 201)


@router.get("/webhooks/{webhook_id}", response=WebhookOut)
def webhook(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """One subscription."""
    access.require(actor_of(request), "settings.write")
    return answer(_subscription(webhook_id))


@router.patch("/webhooks/{webhook_id}", response=WebhookOut)
def change_webhook(request: HttpRequest, webhook_id: int, body: WebhookChanges) -> HttpResponse:
    """Change a subscription, or switch it on or off."""
    access.require(actor_of(request), "settings.write")
    try:
        webhooks.change(webhook_id, url=body.url, kinds=body.kinds, scope_ids=body.scope_ids, active=body.active)
    except httpclient.HttpError as error:
        raise refused(error) from error
    return answer(_subscription(webhook_id))


@router.delete("/webhooks/{webhook_id}", response={204: None})
def unsubscribe(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Forget a subscription and its deliveries."""
    access.require(actor_of(request), "settings.write")
    if not webhooks.unsubscribe(webhook_id):
        raise NotFound(f"There is no webhook {webhook_id}.")
    return empty()


@router.post("/webhooks/{webhook_id}/secret", response={201: SecretOut})
def rotate_secret(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Make a new secret; for a day messages are signed with both."""
    access.require(actor_of(request), "settings.write")
    _subscription(webhook_id)
    return answer({"id": webhook_id, "secret": webhooks.rotate_secret(webhook_id)}, 201)


@router.get("/webhooks/{webhook_id}/deliveries", response=DeliveriesOut)
def deliveries(request: HttpRequest, webhook_id: int, query: Query[PageQuery]) -> HttpResponse:
    """What became of the events sent to a subscription, newest first."""
    access.require(actor_of(request), "settings.write")
    _subscription(webhook_id)
    before = paging.id_of(query.after)
    found = webhooks.deliveries(webhook_id, before=before, limit=query.limit + 1)
    page = [row._asdict() for row in found[: query.limit]]
    return answer({"items": page, "next": str(page[-1]["id"]) if len(found) > query.limit else None})


@router.post("/webhooks/deliveries/{delivery_id}/redeliver", response={204: None})
def redeliver(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Send a message once more."""
    access.require(actor_of(request), "settings.write")
    if not webhooks.redeliver(delivery_id):
        raise NotFound(f"There is no delivery {delivery_id}.")
    return empty()
