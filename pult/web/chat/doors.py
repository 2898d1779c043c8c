"""The doors for visitors: begin, write, read, say that one types or has read. Each knows its visitor by a token."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from pult.accounts.client_address import client_address
from pult.channels import queries, registry
from pult.channels.queries import InboxRecord
from pult.platform.text import storable
from pult.web.chat.limits import Limit
from pult.web.chat.origins import allowed_origin
from pult.web.chat.visitors import Visitor, visitor_of

View = Callable[..., HttpResponseBase]
_PROBLEM = "application/problem+json"
_encoder = msgspec.json.Encoder()


class Refusal(Exception):
    """What the page is told instead of an answer: a status and a code for which it has a sentence."""

    def __init__(self, status: int, code: str, *, after: float = 0.0) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.after = after


class Asked(msgspec.Struct):
    """Who asks, and by which chat."""

    request: HttpRequest
    inbox: InboxRecord
    address: str
    _visitor: Visitor | None = None

    @property
    def visitor(self) -> Visitor:
        """The visitor whom the token names. Raises Refusal."""
        if self._visitor is None:
            bearer, _, token = self.request.headers.get("Authorization", "").partition(" ")
            self._visitor = visitor_of(token, self.inbox.id) if bearer.lower() == "bearer" else None
        if self._visitor is None:
            raise Refusal(401, "token")
        return self._visitor

    def said(self, shape: Any) -> Any:
        """Return what the body says, in this shape. Raises Refusal."""
        try:
            body = storable(msgspec.json.decode(self.request.body or b"{}"))
            return msgspec.convert(body, shape)
        except RequestDataTooBig as error:
            raise Refusal(413, "too_large") from error
        except (msgspec.DecodeError, msgspec.ValidationError, ValueError, RecursionError) as error:
            raise Refusal(422, "unreadable") from error

    def within(self, limit: Limit, key: str, *, cost: float = 1.0) -> None:
        """Let somebody pass who does not ask too often. Raises Refusal."""
        wait = limit.wait(f"{self.inbox.id}:{key}", cost=cost)
        if wait:
            raise Refusal(429, "too_often", after=wait)


def answer(body: Any, status: int = 200) -> HttpResponse:
    """Return JSON that nobody keeps."""
    response = HttpResponse(_encoder.encode(body), status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


def door(*methods: str) -> Callable[[View], View]:
    """Make a view a door for the pages of a chat's shop: it answers these methods, across origins where that is
    allowed, without cookies; what it refuses is problem+json with a `code`."""

    def made(view: View) -> View:
        @csrf_exempt
        @functools.wraps(view)
        def opened(request: HttpRequest, inbox_id: int, **more: Any) -> HttpResponseBase:
            response: HttpResponseBase
            origin: str | None = ""
            try:
                inbox = _inbox(inbox_id)
                origin = allowed_origin(inbox, request.headers.get("Origin", ""), host=request.get_host())
                if origin is None:
                    raise Refusal(403, "origin")
                if request.method == "OPTIONS":
                    response = _preflight(methods)
                elif request.method not in methods:
                    raise Refusal(405, "method")
                else:
                    address = client_address(request.META) or "-"
                    response = view(Asked(request, inbox, address), **more)
            except Refusal as refusal:
                response = _refused(refusal)
            response["Vary"] = "Origin"
            if origin:
                response["Access-Control-Allow-Origin"] = origin
            return response

        return opened

    return made


def _inbox(inbox_id: int) -> InboxRecord:
    try:
        inbox = queries.inbox(inbox_id)
    except queries.NoSuchInbox as error:
        raise Refusal(404, "chat") from error
    if not inbox.active or not registry.manifest(inbox.channel).can("live"):
        raise Refusal(404, "chat")
    return inbox


def _preflight(methods: tuple[str, ...]) -> HttpResponse:
    response = HttpResponse(status=204)
    response["Access-Control-Allow-Methods"] = ", ".join(methods)
    response["Access-Control-Allow-Headers"] = "authorization, content-type"
    response["Access-Control-Max-Age"] = "7200"
    return response


def _refused(refusal: Refusal) -> HttpResponse:
    body: Mapping[str, object] = {
        "type": f"urn:pult:chat:{refusal.code}",
        "title": refusal.code,
        "status": refusal.status,
        **({"after": math.ceil(refusal.after)} if refusal.after else {}),
    }
    response = HttpResponse(_encoder.encode(body), status=refusal.status, content_type=_PROBLEM)
    response["Cache-Control"] = "no-store"
    if refusal.after:
        response["Retry-After"] = str(math.ceil(refusal.after))
    return response
