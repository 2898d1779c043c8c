"""Asking a GraphQL service: one POST a question, and errors that say whether another try can help.

A service answers 200 also where it refuses: what counts is `errors`. Who asks too much is told so in as many ways as
there are services; all of them become Throttled. https://spec.graphql.org/October2021/#sec-Response
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from pult.platform import httpclient
from pult.platform.text import storable

THROTTLED = frozenset({"THROTTLED", "TOO_MANY_REQUESTS", "RATE_LIMITED", "RateLimitExceeded"})
"""What services call it when they are asked too much."""
PASSING = frozenset({"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT"})
"""Faults of the service itself, which another try may not meet."""
_BACK = 1.0
"""Seconds to wait for a service that does not say for how long."""


class Error(NamedTuple):
    """One of an answer's errors. `code` is empty where the service gives none; `path` is written with dots."""

    message: str
    code: str = ""
    path: str = ""


class Failed(httpclient.Permanent):
    """The service refused the question."""

    errors: list[Error]


class Faulty(httpclient.Temporary):
    """The service met a fault of its own, or what it said is no answer: nobody knows what it has done."""

    errors: list[Error]


class Throttled(Faulty):
    """The service has to be left alone for `after` seconds."""


class Answer(NamedTuple):
    """What a service said. `errors` stand beside the data only where the caller takes half an answer."""

    data: dict[str, Any]
    errors: list[Error]
    extensions: dict[str, Any]
    headers: dict[str, str]


def ask(
    url: str,
    query: str,
    variables: Mapping[str, Any] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    half: bool = False,
    timeout: float = 20.0,
    max_bytes: int = 16 << 20,
) -> Answer:
    """Ask a question and return the answer, its texts freed of what no database keeps.

    `half`: an answer whose data came with errors is returned with them. Raises Throttled, Failed, Faulty, and the
    errors of httpclient.request.
    """
    asked = {"query": query, "variables": dict(variables or {})}
    told = {"accept": "application/json", **(headers or {})}
    try:
        answer = httpclient.request("POST", url, headers=told, json=asked, timeout=timeout, max_bytes=max_bytes)
    except httpclient.Temporary:
        raise
    except httpclient.Permanent as error:
        # Whether a question is refused with 200 or with 400 is a matter of taste; the reason stands in the body.
        said = _object(error.body)
        if found := _errors(said):
            raise _refusal(found, said, error.status) from error
        raise
    said = _object(answer.body)
    errors, data = _errors(said), said.get("data")
    if errors and not (half and isinstance(data, dict)):
        raise _refusal(errors, said, answer.status)
    if not isinstance(data, dict):
        faulty = Faulty("the answer is no GraphQL", status=answer.status, body=answer.body)
        faulty.errors = []
        raise faulty
    return Answer(data, errors, _mapping(said.get("extensions")), answer.headers)


def wait(extensions: Mapping[str, Any]) -> float:
    """Return the seconds until a service that counts costs lets the same question through: what the question costs
    less what is there, by what comes back a second."""
    cost = _mapping(extensions.get("cost"))
    status = _mapping(cost.get("throttleStatus"))
    needed, there = cost.get("requestedQueryCost"), status.get("currentlyAvailable")
    rate = status.get("restoreRate")
    if not all(isinstance(one, int | float) for one in (needed, there, rate)) or not rate:
        return _BACK
    return float(max(_BACK, math.ceil((float(needed or 0) - float(there or 0)) / float(rate))))


def _refusal(errors: list[Error], said: Mapping[str, Any], status: int | None) -> Failed | Faulty:
    reason = "; ".join(f"{one.path}: {one.message}" if one.path else one.message for one in errors[:5])[:1000]
    codes = {one.code for one in errors}
    refusal: Failed | Faulty
    if codes & THROTTLED:
        refusal = Throttled(reason, status=status)
        refusal.after = wait(_mapping(said.get("extensions")))
    else:
        refusal = (Faulty if codes & PASSING else Failed)(reason, status=status)
    refusal.errors = errors
    return refusal


def _errors(said: Mapping[str, Any]) -> list[Error]:
    """Return the errors of an answer; some services give them as one text."""
    given = said.get("errors")
    if isinstance(given, str) and given:
        return [Error(given)]
    return [_error(one) for one in given] if isinstance(given, list) else []


def _error(given: object) -> Error:
    if not isinstance(given, dict):
        return Error(str(given))
    more = _mapping(given.get("extensions"))
    code = more.get("code") or _mapping(more.get("exception")).get("code") or ""
    path = given.get("path")
    return Error(str(given.get("message", "")), str(code), ".".join(map(str, path)) if isinstance(path, list) else "")


def _object(body: bytes) -> dict[str, Any]:
    try:
        return _mapping(storable(json.loads(body)))
    except (ValueError, RecursionError):
        return {}


def _mapping(given: object) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}
