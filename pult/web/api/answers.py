"""Answers: encoded once by msgspec, conditional where they are read again and again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from pult.accounts.access import Actor
from pult.platform import idempotency
from pult.web.api.problems import Problem

_encoder = msgspec.json.Encoder()


def answer(body: Any, status: int = 200) -> HttpResponse:
    """Return any struct, list or dictionary as JSON."""
    return HttpResponse(_encoder.encode(body), status=status, content_type="application/json")


def conditional(request: HttpRequest, body: Any) -> HttpResponse:
    """Return JSON with an ETag, or 304 when the reader has it already (RFC 9110)."""
    encoded = _encoder.encode(body)
    tag = f'W/"{hashlib.sha256(encoded).hexdigest()[:24]}"'
    if tag in request.META.get("HTTP_IF_NONE_MATCH", ""):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(encoded, content_type="application/json")
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    return response


def once(request: HttpRequest, actor: Actor, write: Callable[[], Any], status: int = 201) -> HttpResponse:
    """Run a write and answer with what it returns; with an Idempotency-Key header, run it only once."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if not key:
        return answer(write(), status)
    print_of = b"\n".join([(request.method or "").encode(), request.path.encode(), request.body])
    try:
        kept = idempotency.once(
            actor.ref, key, print_of, lambda: idempotency.Answer(status, _encoder.encode(write()).decode())
        )
    except idempotency.KeyReused as error:
        raise Problem(422, "key-reused") from error
    return HttpResponse(kept.body, status=kept.status, content_type="application/json")


def empty() -> HttpResponse:
    """Return 204."""
    return HttpResponse(status=204)
