"""The OpenAPI document: what every door has in common is said once, here."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver
from django.utils.datastructures import MultiValueDict
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser

from pult.platform.text import storable
from pult.web.api.problems import Problem, UnknownNames, problem_response

DESCRIPTION = """The customer-service system of an online shop.

Prove who you are with `Authorization: Bearer pult_...` (a token, limited by its scopes read, write and admin), or with
the session cookie of the staff app; then every write also carries the cookie `csrftoken` as the header `X-CSRFToken`.

Times are RFC 3339 in UTC. A list answers `{items, next}`: give `next` back as `after` for the following page. An error
is `application/problem+json` (RFC 9457) with a stable `type`, a `title` in the reader's language and, where fields are
at fault, `errors: [{field, code, reason}]`: the code is one word for programs, the reason a sentence for people. Where
there are query parameters, an unknown one is such an error. A POST that makes something may carry `Idempotency-Key`:
repeated with the same key it answers the same and does nothing twice. GET answers with `ETag` can be asked for with
`If-None-Match`.
"""

_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token: pult_<prefix>_<secret>."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": settings.SESSION_COOKIE_NAME,
        "description": "The sign-in of the staff app, by /_allauth/browser/v1/. Writes also need X-CSRFToken.",
    },
}
_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:pult:problem:not-found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "reason"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "reason")},
            },
        },
    },
}


class CleanParser(Parser):
    """Frees every text of a request of what no database keeps, wherever it stands."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        try:
            body = storable(json.loads(request.body))
        except RecursionError as error:
            raise ValueError("too deep") from error
        if not isinstance(body, dict):
            # A list would be read as an object without fields: every field at its default.
            raise ValueError("not an object")
        return body

    def parse_querydict(
        self, data: MultiValueDict[str, str], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        return cast("dict[str, Any]", storable(super().parse_querydict(data, list_fields, request)))


Run = Callable[..., HttpResponseBase]


def note_parameters(run: Run) -> Run:
    """Let the request of a door that has query parameters, and is not open to all, know which."""
    operation = cast(Operation, run.__self__)  # type: ignore[attr-defined]
    queries = [model for model in operation.models if model.__ninja_param_source__ == "query"]
    known = frozenset(name for model in queries for name in model.__ninja_flatten_map__)
    if operation.auth_param is None or not known:
        return run

    @wraps(run)
    def with_parameters(request: HttpRequest, **path: Any) -> HttpResponseBase:
        request.known_parameters = known  # type: ignore[attr-defined]
        return run(request, **path)

    return with_parameters


def _explained(view: Run) -> Run:
    """Let a door that does not know a method say so as every error is said."""

    @wraps(view)
    def explaining(request: HttpRequest, *args: Any, **path: Any) -> HttpResponseBase:
        response = view(request, *args, **path)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        problem = problem_response(request, Problem(405, "method-not-allowed"))
        problem["Allow"] = response["Allow"]
        return problem

    return explaining


class DescribedAPI(NinjaAPI):
    """NinjaAPI whose document says how one proves who one is and what an error looks like.

    Beside a door's query parameters an unknown one is refused: nobody shall believe that a misspelt filter filters.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.add_decorator(note_parameters, mode="view")

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """Go on with a request of somebody who may ask. Raises UnknownNames."""
        known: frozenset[str] | None = getattr(request, "known_parameters", None)
        if known is not None and (unknown := set(request.GET) - known):
            raise UnknownNames(unknown)
        return super().create_temporal_response(request)

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        found = super()._get_urls()
        for pattern in found:
            if isinstance(pattern, URLPattern):
                pattern.callback = _explained(pattern.callback)
        return found

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        document["components"]["securitySchemes"] = _SCHEMES
        document["components"]["schemas"]["Problem"] = _PROBLEM
        document["security"] = [{"token": []}, {"session": []}]
        open_to_all = {
            f"/{document.path_prefix.strip('/')}{path}"
            for bound in self._get_bound_routers()
            for path, view in bound.path_operations.items()
            if all(operation.auth_param is None for operation in view.operations)
        }
        for path, methods in document["paths"].items():
            for described in methods.values():
                described["responses"]["default"] = {
                    "description": "A problem",
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
                if path in open_to_all:
                    described["security"] = []
        return document
