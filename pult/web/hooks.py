"""Where providers' webhooks arrive: checked for their signature, stored, answered. The worker reads them."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from pult.channels import actions, queries, registry
from pult.channels.base import Raw, Unauthentic
from pult.commerce import errors as commerce_errors
from pult.commerce import notices
from pult.commerce.base import ShopError

KINDS = frozenset({"inbound", "tracking"})


@csrf_exempt
def receive(request: HttpRequest, inbox_id: int, kind: str) -> HttpResponse:
    """Take a webhook for an inbox: 200 once it is stored, 401 where its signature is wrong, 404 for no inbox."""
    try:
        inbox = queries.inbox(inbox_id)
    except queries.NoSuchInbox:
        return HttpResponse(status=404)
    if kind not in KINDS or not inbox.active or not registry.manifest(inbox.channel).can("webhook"):
        return HttpResponse(status=404)
    if request.method in {"HEAD", "GET"}:
        return HttpResponse()
    if request.method != "POST":
        return HttpResponse(status=405)
    envelope = {
        "transport": "webhook",
        "kind": kind,
        "headers": {name: value for name, value in request.headers.items() if name.lower() != "cookie"},
        "content_type": request.headers.get("Content-Type", ""),
        "url": request.build_absolute_uri(),
        "peer": request.META.get("REMOTE_ADDR", ""),
    }
    try:
        raw = Raw(request.body, envelope, timezone.now())
        external_id = registry.adapter(inbox.channel).verify(inbox.info(), raw)
    except Unauthentic:
        return HttpResponse(status=401)
    kept = {name: value for name, value in envelope["headers"].items() if name.lower() != "authorization"}
    actions.receive(inbox.id, external_id, envelope | {"headers": kept}, raw.body)
    return HttpResponse()


@csrf_exempt
def receive_notice(request: HttpRequest, shop_id: int) -> HttpResponse:
    """Take a webhook of a shop: 200 once it is stored, also when it came before; 401 where its signature is wrong, 404
    for no such shop, 413 for more than notices.MAX_BYTES, 503 where the key that would prove it cannot be had now."""
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    try:
        body = request.body
    except RequestDataTooBig:
        return HttpResponse(status=413)
    if len(body) > notices.MAX_BYTES:
        return HttpResponse(status=413)
    try:
        notices.receive(shop_id, request.headers, body)
    except ShopError:
        return HttpResponse(status=503)
    except commerce_errors.ShopNotFound:
        return HttpResponse(status=404)
    except commerce_errors.Unauthentic:
        return HttpResponse(status=401)
    return HttpResponse()
