"""Errors as RFC 9457 problem+json: a stable `type`, a sentence in the reader's language, the fields at fault."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import msgspec
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from pult.accounts.errors import AccountsError, PermissionDenied, VersionConflict
from pult.channels.queries import NoSuchInbox
from pult.commerce import errors as commerce
from pult.conversations import errors as conversations
from pult.customers import errors as customers
from pult.platform.paging import BadCursor
from pult.platform.text import storable
from pult.web.api import reasons
from pult.web.api.wording import language_of, sentence

_CONTENT_TYPE = "application/problem+json"
_log = logging.getLogger("pult.api")


class Problem(Exception):
    """An answer that is an error. `kind` is the last part of the problem's type."""

    def __init__(self, status: int, kind: str, detail: str = "", **extra: object) -> None:
        super().__init__(detail or kind)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.extra = extra


class UnknownNames(Exception):
    """The request names something by a word that means nothing here: query parameters, filters of a view."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(names)
        self.names = sorted(str(storable(name))[:100] for name in names)[:20]


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return the problem+json answer, its title in the reader's language."""
    body: dict[str, object] = {
        "type": f"urn:pult:problem:{problem.kind}",
        "title": sentence(problem.kind, request),
        "status": problem.status,
        **({"detail": problem.detail} if problem.detail else {}),
        **problem.extra,
    }
    response = HttpResponse(msgspec.json.encode(body), status=problem.status, content_type=_CONTENT_TYPE)
    if problem.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _of(error: Exception | type[Exception], request: HttpRequest) -> Problem:
    match error:
        case Problem():
            return error
        case PermissionDenied():
            return Problem(403, "forbidden", permission=error.permission)
        case VersionConflict():
            return Problem(error.status, error.code, version=error.version)
        case AccountsError():
            told = error.sentence(language_of(request))
            code = getattr(error, "kind", error.code)
            errors = {"errors": [{"field": error.field, "code": code, "reason": told}]} if error.field else {}
            return Problem(error.status, error.code, told, **errors)
        case conversations.NewerMessage():
            return Problem(409, "newer-message", message_id=error.message_id)
        case conversations.VersionConflict():
            return Problem(412, "version-conflict", version=error.version)
        case conversations.NoRecipient():
            told = sentence("no-recipient", request)
            return Problem(422, "no-recipient", errors=[{"field": "to", "code": "no-recipient", "reason": told}])
        case conversations.TooLate():
            return Problem(409, "too-late")
        case conversations.Refused():
            told = reasons.sentence(error.reason, language_of(request))
            return Problem(422, "invalid", errors=[{"field": error.field, "code": error.reason, "reason": told}])
        case UnknownNames():
            told = reasons.sentence("unknown_parameter", language_of(request))
            return Problem(
                422,
                "invalid",
                errors=[{"field": name, "code": "unknown_parameter", "reason": told} for name in error.names],
            )
        case RequestDataTooBig():
            return Problem(413, "too-large", limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        case customers.MergeRefused():
            return Problem(409, "merge-refused", reason=error.reason)
        case commerce.ActRefused():
            return Problem(409, "act-refused", code=error.code, words=error.words[:1000])
        case commerce.ShopAway():
            return Problem(424, "shop-away", words=str(error)[:1000])
        case BadCursor():
            return Problem(400, "bad-cursor")
        case OverflowError() | DataError():
            # A number or a time that no column holds.
            return Problem(422, "invalid")
        case SuspiciousOperation():
            return Problem(400, "unreadable")
        case HttpError() if error.status_code == 400:
            return Problem(400, "unreadable")
        case HttpError():
            return Problem(error.status_code, "http", str(error))
        case _:
            return Problem(404, "not-found")


def _invalid(request: HttpRequest, error: ValidationError | type[ValidationError]) -> Problem:
    language = language_of(request)
    fields = []
    for found in getattr(error, "errors", []):
        code, values = reasons.of_pydantic(str(found.get("type", "")), found.get("ctx") or {})
        told = reasons.sentence(code, language, **values)
        fields.append({"field": reasons.field_of(found.get("loc", ())), "code": code, "reason": told})
    return Problem(422, "invalid", errors=fields)


def no_such_door(request: HttpRequest) -> HttpResponse:
    """Answer for an address below the API at which there is nothing."""
    return problem_response(request, Problem(404, "not-found"))


def _unexpected(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    _log.error("%s %s failed", request.method, request.path, exc_info=error if isinstance(error, Exception) else None)
    return problem_response(request, Problem(500, "unexpected"))


def install(api: NinjaAPI) -> None:
    """Make every error of the API a problem+json answer."""

    def handle(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
        return problem_response(request, _of(error, request))

    def refuse(request: HttpRequest, error: ValidationError | type[ValidationError]) -> HttpResponse:
        return problem_response(request, _invalid(request, error))

    for kind in (
        Problem,
        UnknownNames,
        SuspiciousOperation,
        AccountsError,
        BadCursor,
        NoSuchInbox,
        HttpError,
        OverflowError,
        DataError,
        conversations.ConversationNotFound,
        conversations.MessageNotFound,
        conversations.NewerMessage,
        conversations.VersionConflict,
        conversations.NoRecipient,
        conversations.TooLate,
        conversations.Refused,
        commerce.ActNotFound,
        commerce.ActRefused,
        commerce.OrderNotFound,
        commerce.ShopAway,
        commerce.ShopNotFound,
        customers.CustomerNotFound,
        customers.MergeRefused,
        customers.RemarkNotFound,
    ):
        api.add_exception_handler(kind, handle)
    api.add_exception_handler(Exception, _unexpected)
    api.add_exception_handler(
        ValidationError, lambda request, error: problem_response(request, _invalid(request, error))
    )
    api.add_exception_handler(
        AuthenticationError, lambda request, error: problem_response(request, Problem(401, "unauthorized"))
    )
