"""Where providers' webhooks arrive: checked for their signature, stored, answered. The worker reads them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from pult.channels import actions, queries, registry
from pult.channels.base import Raw, Unauthentic

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
