"""The contract as OpenAPI 3.1, made from the types that pages and notices are read into:

python -m pult.commerce.connectors.http.describe > docs/shop-http.openapi.json
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from pult.commerce.base import Act, Done, Order, Plan, Product, Promotion
from pult.commerce.connectors.http.wire import (
    GoneNotice,
    OrderNotice,
    OrderPage,
    Problem,
    ProductNotice,
    ProductPage,
    PromotionNotice,
    PromotionPage,
    Undo,
    Verbs,
)

_REF = "#/components/schemas/{name}"
_TEXT = """What Pult asks of a shop, and how a shop tells Pult. Amounts are integers in minor units of their currency
(ISO 4217: 1999 with EUR is 19.99, 1999 with JPY is 1999), times are RFC 3339 with an offset, ids are the shop's own, as
text. What the shop does not know it leaves out. Fields that are not described are passed over."""
_ASK = {
    "changed_since": (
        "Only what changed (`changed_at`) or was deleted at this moment or later; without it everything.",
        {"type": "string", "format": "date-time"},
    ),
    "cursor": (
        "What `next` of the page before said, with the same `changed_since`; known for a day at least, else 410.",
        {"type": "string"},
    ),
}
_LATER = {
    "429": {"description": "Too often: Pult comes back after Retry-After (an hour at most)."},
    "503": {"description": "Not now, as any answer from 500 on: Pult comes back, later each time."},
}
_SIGNED = {
    "webhook-id": "The name of this notice, the same whenever it is sent again. It is signed.",
    "webhook-timestamp": "Seconds since 1970 at which it is sent, at most five minutes from Pult's clock.",
    "webhook-signature": "`v1,` and the base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`; the key is the base64"
    " after `whsec_` of the secret. Several are divided by spaces.",
}


_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The name of this act, kept for 30 days at least: the same key does nothing twice and is answered as"
    " the first time, also where that answer was lost.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 36, "pattern": "^[A-Za-z0-9-]+$"},
}
_TYPES: tuple[Any, ...] = (
    *(OrderPage, ProductPage, PromotionPage),
    *(Order, Product, Promotion),
    *(OrderNotice, ProductNotice, PromotionNotice, GoneNotice),
    *(Verbs, Plan, Done, Undo, Problem, Act),
)


def described() -> dict[str, Any]:
    """Return the description."""
    schemas, components = msgspec.json.schema_components(_TYPES, ref_template=_REF)
    of = dict(zip(_TYPES, schemas, strict=True))
    notices = [of[kind] for kind in (OrderNotice, ProductNotice, PromotionNotice, GoneNotice)]
    return {
        "openapi": "3.1.0",
        "info": {"title": "A shop of one's own beside Pult", "version": "1", "description": _TEXT},
        "security": [{"token": []}],
        "paths": {
            "/orders": {"get": _page("Orders, the oldest change first or in any order that stays.", of[OrderPage])},
            "/orders/{id}": {"get": _one("An order as it is at this moment.", of[Order], of[Problem])},
            "/products": {"get": _page("Products with their variants, prices and stock.", of[ProductPage])},
            "/products/{id}": {"get": _one("A product as it is at this moment.", of[Product], of[Problem])},
            "/promotions": {"get": _page("Reductions; a shop that gives none may answer 404.", of[PromotionPage])},
            "/promotions/{id}": {"get": _one("A reduction as it is at this moment.", of[Promotion], of[Problem])},
            "/plans": {"post": _act("Say what an act would do, and change nothing.", of[Act], of[Plan], of[Problem])},
            "/acts": {
                "get": _verbs(of[Verbs]),
                "post": _act("Do it, once for a key.", of[Act], of[Done], of[Problem], once=True),
            },
            "/undos": {
                "post": _act("Take back what was done, once for a key.", of[Undo], of[Done], of[Problem], once=True)
            },
        },
        "webhooks": {"changed": {"post": _notice(notices)}},
        "components": {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _refusal(problem: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": "It is not done, and `code` says why; whoever asked is told in his language. With 404 and"
        " `unknown` the shop has no such thing (any more).",
        "content": {"application/problem+json": {"schema": problem}},
    }


def _one(summary: str, schema: dict[str, Any], problem: dict[str, Any]) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {
            "200": {"description": "As it is.", "content": _json(schema)},
            "404": _refusal(problem),
            **_LATER,
        },
    }


def _verbs(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "summary": "What the shop can do. A shop that only tells may answer 404.",
        "responses": {"200": {"description": "The acts that it takes.", "content": _json(schema)}, **_LATER},
    }


def _act(
    summary: str, given: dict[str, Any], answer: dict[str, Any], problem: dict[str, Any], *, once: bool = False
) -> dict[str, Any]:
    return {
        "summary": summary,
        **({"parameters": [_KEY]} if once else {}),
        "requestBody": {"required": True, "content": _json(given)},
        "responses": {
            "200": {"description": "What would happen." if not once else "It is done.", "content": _json(answer)},
            "4XX": _refusal(problem),
            "409": {"description": "Without `code`: the same key is being worked on. Pult asks again."},
            **_LATER,
        },
    }


def _page(summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": [
            {"name": name, "in": "query", "required": False, "description": text, "schema": of}
            for name, (text, of) in _ASK.items()
        ],
        "responses": {
            "200": {
                "description": "A page of at most 1,000 things and 16 MiB.",
                "content": {"application/json": {"schema": schema}},
            },
            "401": {"description": "The token is wrong: an admin has to change it."},
            "410": {"description": "The cursor is no longer known: Pult begins the run anew."},
            **_LATER,
        },
    }


def _notice(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "summary": "The shop tells that one thing is new, has changed or was deleted.",
        "description": "Sent to the address that Settings, Connected shops shows;"
        " signed as standardwebhooks.com has it.",
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
            for name, text in _SIGNED.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"anyOf": schemas}}}},
        "responses": {
            "200": {"description": "Kept; also when it had come before."},
            "401": {"description": "Not signed with the secret, or at another time."},
            "404": {"description": "There is no such shop, or it is inactive."},
            "413": {"description": "More than 1 MiB."},
            "500": {"description": "Not kept, as any other answer: send it again."},
        },
    }


if __name__ == "__main__":
    print(json.dumps(described(), indent=2))
