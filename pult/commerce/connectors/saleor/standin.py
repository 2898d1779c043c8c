"""A shop of Saleor, for tests: its schema, its permissions, its costs, its cursors, its signatures.

Questions are checked against the published schema (payloads/schema.graphql) and answered by graphql-core.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    execute_sync,
    parse,
    validate,
    visit,
)

from pult.commerce.base import Gone, Order, Product, Thing
from pult.commerce.connectors.saleor import questions
from pult.commerce.connectors.saleor.standin_acts import Acts, PermissionDenied
from pult.commerce.connectors.saleor.standin_things import CHANNEL, CHANNEL_ID, gid, moment, order, product
from pult.commerce.testing import Answer, Asked

TOKEN = "hbQj2rOvWzVbW1NkZ3ZsQXh2c0hQ"  # noqa: S105
MOST_COST = 50_000
COSTS = {
    "Query": {"order", "orders", "product", "products", "productVariants", "vouchers", "user", "channel"},
    "Order": {
        "lines",
        "user",
        "billingAddress",
        "shippingAddress",
        "fulfillments",
        "transactions",
        "payments",
        "events",
    },
    "OrderLine": {"variant"},
    "Product": {"attributes", "category", "channelListings", "thumbnail", "variants"},
    "ProductChannelListing": {"channel"},
    "ProductVariant": {"attributes", "channelListings", "pricing", "product"},
    "Voucher": {"channelListings"},
}
"""Fields that cost 1, times `first` of those above them: saleor/graphql/query_cost_map.py."""


@cache
def schema() -> GraphQLSchema:
    """Return the part of Saleor's schema that is asked for here."""
    return build_schema((Path(__file__).parent / "payloads" / "schema.graphql").read_text())


class QueryCostError(GraphQLError):
    """The question costs too much."""


@cache
def _parsed(question: str) -> tuple[DocumentNode, list[GraphQLError]]:
    document = parse(question)
    return document, validate(schema(), document)


@cache
def _signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


class Shop(Acts):
    """Keeps orders and products as Saleor does and answers as its API does."""

    def __init__(self) -> None:
        super().__init__()
        self.kid = "1"
        self.secret = ""

    def __enter__(self) -> Shop:
        super().__enter__()
        here = f"http://127.0.0.1:{self.port}"
        self.settings = {
            "api_url": f"{here}/graphql/",
            "token": TOKEN,
            "channel": CHANNEL,
            "payment_url": "https://shop.example/pay/{id}",
            "password_url": "https://shop.example/password",
        }
        return self

    def keep(self, *things: Order | Product) -> None:
        for thing in things:
            if isinstance(thing, Order):
                made = order(thing)
                self.orders[made["id"]] = made
            else:
                made = product(thing)
                self.products[made["id"]] = made

    def answer(self, asked: Asked) -> Answer:
        if (asked.method, asked.path) == ("GET", "/.well-known/jwks.json"):
            return 200, {"keys": [self.jwk()]}
        if asked.parts.path != "/graphql/":
            return 404, b"<h1>Not Found</h1>"
        if asked.method != "POST" or not asked.headers.get("content-type", "").startswith("application/json"):
            return 400, {"errors": [{"message": "Must provide a query string."}]}
        self.permitted = asked.headers.get("authorization") == f"Bearer {TOKEN}"
        said = asked.json()
        try:
            document, wrong = _parsed(said["query"])
        except GraphQLError as error:
            return 400, {"errors": [_told(error)]}
        things = int((said.get("variables") or {}).get("first") or 1)
        if not wrong and (cost := _cost(said["query"]) * things) > MOST_COST:
            wrong = [QueryCostError(f"The query exceeds the maximum cost of {MOST_COST}. Actual cost is {cost}")]
        if wrong:
            return 400, {"errors": [_told(error) for error in wrong]}
        result = execute_sync(schema(), document, self.root(), variable_values=said.get("variables"))
        told = {"errors": [_told(error) for error in result.errors]} if result.errors else {}
        if result.errors and result.data is None and any(error.path is None for error in result.errors):
            return 400, told  # the variables do not fit
        return 200, {**told, "data": result.data}

    def root(self) -> dict[str, Any]:
        """Return the resolvers of questions and of what can be done."""
        return {
            "orders": lambda info, **given: self.connection("orders", self.orders, given),
            "products": lambda info, **given: self.connection("products", self.products, given),
            "order": self.one_order,
            "channel": lambda info, slug=None, id=None: (
                {"id": CHANNEL_ID, "slug": CHANNEL, "currencyCode": "EUR"} if slug == CHANNEL else None
            ),
            "vouchers": self.found_vouchers,
            "user": self.one_user,
            "productVariants": self.variants,
            "shop": {"availableShippingMethods": self.deliveries},
            **self.mutations(),
        }

    def connection(self, name: str, of: dict[str, dict[str, Any]], given: dict[str, Any]) -> dict[str, Any]:
        """Return a page by cursor, the oldest change first."""
        self.permit("MANAGE_ORDERS" if name == "orders" else "MANAGE_PRODUCTS")
        first, after, wanted = given.get("first"), given.get("after"), given.get("filter") or {}
        if first is None:
            raise GraphQLError(
                f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
            )
        if first > 100:
            raise GraphQLError(
                f"Requesting {first} records on the `{name}` connection exceeds the `first` limit of 100 records."
            )
        rows = sorted(of.values(), key=lambda one: (one["updatedAt"], one["id"]))
        if since := (wanted.get("updatedAt") or {}).get("gte"):
            moment_of = datetime.fromisoformat(since)
            rows = [one for one in rows if datetime.fromisoformat(one["updatedAt"]) >= moment_of]
        if (ids := wanted.get("ids")) is not None:
            rows = [one for one in rows if one["id"] in {self.typed(one_id, name[:-1].title()) for one_id in ids}]
        total = len(rows)
        if after is not None:
            rows = [one for one in rows if [one["updatedAt"], one["id"]] > self.cursor(after)]
        page = rows[:first]
        end = page[-1] if page else None
        cursor = base64.b64encode(json.dumps([end["updatedAt"], end["id"]]).encode()).decode() if end else None
        return {
            "totalCount": total,
            "pageInfo": {"hasNextPage": len(rows) > first, "endCursor": cursor},
            "edges": [{"node": one} for one in page],
        }

    def cursor(self, text: str) -> list[str]:
        """Return what a cursor stands for, unless it was forgotten."""
        try:
            found = json.loads(base64.b64decode(text, validate=True))
        except ValueError:
            raise GraphQLError("Received cursor is invalid.") from None
        if text in self.forgotten:
            raise GraphQLError("Received cursor is invalid.")
        return list(found)

    def jwk(self) -> dict[str, str]:
        """Return the key that proves webhooks."""
        numbers = _signing_key().public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "key_ops": "verify",
            "kid": self.kid,
            "n": _encoded(numbers.n.to_bytes(256)),
            "e": _encoded(numbers.e.to_bytes(3)),
        }

    def signed(self, body: bytes, **changes: Any) -> str:
        """Return the signature of a webhook: detached, over the body as it is."""
        if self.secret:
            return hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        header = {"alg": "RS256", "b64": False, "crit": ["b64"], "kid": self.kid, "typ": "JWT", **changes}
        head = _encoded(json.dumps(header, separators=(",", ":")).encode())
        made = _signing_key().sign(head.encode() + b"." + body, padding.PKCS1v15(), hashes.SHA256())
        return f"{head}..{_encoded(made)}"

    def notice(self, thing: Thing, name: str) -> tuple[dict[str, str], bytes]:
        """Return a webhook: what the subscription asks for of the event."""
        if isinstance(thing, Order):
            event, of = "order_updated", {"__typename": "OrderUpdated", "order": order(thing)}
        elif isinstance(thing, Gone):
            event, of = "product_deleted", {"__typename": "ProductDeleted", "product": {"id": gid("Product", thing.id)}}
        else:
            assert isinstance(thing, Product)
            self.keep(thing)
            event, of = "product_updated", {"__typename": "ProductUpdated", "product": product(thing)}
        document, wrong = _parsed(questions.SUBSCRIPTION)
        assert not wrong
        said = execute_sync(schema(), document, {"event": {"issuedAt": moment(datetime.now(UTC)), **of}})
        assert said.data is not None, said.errors
        body = json.dumps(said.data["event"]).encode()
        domain = f"127.0.0.1:{self.port}"
        signature = self.signed(body)
        return {
            "content-type": "application/json",
            "saleor-event": event,
            "saleor-domain": domain,
            "saleor-signature": signature,
            "saleor-api-url": f"http://{domain}/graphql/",
            "saleor-schema-version": "3.24",
            "x-saleor-event": event,
            "x-saleor-domain": domain,
            "x-saleor-signature": signature,
        }, body


def _encoded(of: bytes) -> str:
    return base64.urlsafe_b64encode(of).rstrip(b"=").decode()


def _told(error: GraphQLError) -> dict[str, Any]:
    """Return an error as Saleor writes it; of those that it does not expect it tells nothing."""
    cause = error.original_error or error
    expected = isinstance(cause, GraphQLError | PermissionDenied)
    told = dict(error.formatted)
    return {
        **told,
        "message": error.message if expected else "Internal Server Error",
        "extensions": {"exception": {"code": type(cause).__name__}},
    }


class _Cost(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info, self.cost = info, 0

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        of = self.info.get_parent_type()
        self.cost += of is not None and node.name.value in COSTS.get(of.name, ())


@cache
def _cost(question: str) -> int:
    """Return what a question costs for one thing of a page."""
    info = TypeInfo(schema())
    counted = _Cost(info)
    visit(_parsed(question)[0], TypeInfoVisitor(info, counted))
    return counted.cost
