"""A shop of WooCommerce for tests, made from its documentation: who asks has to be signed in, every request is held
against the published parameters, lists are paged, and errors look like WordPress's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pult.commerce.base import Gone, Order, Product, Promotion, Thing
from pult.commerce.connectors.woocommerce import standin_schema as schema
from pult.commerce.connectors.woocommerce.auth import signature
from pult.commerce.connectors.woocommerce.standin_acts import Acts, error
from pult.commerce.connectors.woocommerce.standin_things import order_row, product_rows, promotion_row, row_id, stamp
from pult.commerce.testing import Answer, Asked, LocalShop

KEY, KEY_SECRET, SECRET = "ck_" + "1a" * 20, "cs_" + "2b" * 20, "a secret of the shop's own"
ROOT = "/wp-json/wc/v3/"
SITE_ZONE = timedelta(hours=2)
"""How far the shop's own clock is from UTC: moments that are not said to be GMT are meant by it."""
_OAUTH = frozenset(f"oauth_{name}" for name in ("consumer_key", "nonce", "signature", "signature_method", "timestamp"))


class Shop(Acts, LocalShop):
    """Keeps what it is given as WooCommerce would say it."""

    def __init__(self) -> None:
        LocalShop.__init__(self)
        Acts.__init__(self)
        self._nonces: set[str] = set()

    def __enter__(self) -> Shop:
        super().__enter__()
        self.base = f"http://127.0.0.1:{self.port}/shop"
        self.settings = {
            "url": f"{self.base}/",
            "consumer_key": KEY,
            "consumer_secret": KEY_SECRET,
            "webhook_secret": SECRET,
        }
        return self

    def keep(self, *things: Order | Product | Promotion) -> None:
        for thing in things:
            if isinstance(thing, Order):
                row = order_row(thing)
                self.rows["orders"][row["id"]] = row
            elif isinstance(thing, Product):
                row, variations = product_rows(thing)
                self.rows["products"][row["id"]], self.variations[row["id"]] = row, variations
            else:
                row = promotion_row(thing)
                self.rows["coupons"][row["id"]] = row

    def answer(self, asked: Asked) -> Answer:
        path, query = asked.parts.path, asked.query
        if not path.startswith(f"/shop{ROOT}"):
            return error(404, "rest_no_route", "No route was found matching the URL and request method.")
        if refused := self._signed(asked, query):
            return refused
        rest = {name: value for name, value in query.items() if name not in _OAUTH}
        route = path.removeprefix(f"/shop{ROOT}")
        if asked.method == "GET":
            return self._get(route, rest)
        return self.write(asked.method, route, rest, asked.json() if asked.body else {})

    def _signed(self, asked: Asked, query: dict[str, str]) -> Answer | None:
        """Over http WooCommerce takes OAuth 1.0a alone: signed, fresh, and each nonce once."""
        if "authorization" in asked.headers or "oauth_signature" not in query:
            return error(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        signed = {name: value for name, value in query.items() if name != "oauth_signature"}
        url = f"{self.base}{asked.parts.path.removeprefix('/shop')}"
        good = signature(asked.method, url, signed, KEY_SECRET)
        if query.get("oauth_consumer_key") != KEY:
            return error(401, "woocommerce_rest_authentication_error", "Consumer key is invalid.")
        if not hmac.compare_digest(good, query["oauth_signature"]):
            return error(401, "woocommerce_rest_authentication_error", "Invalid signature.")
        if abs(time.time() - int(query["oauth_timestamp"])) > 15 * 60:
            return error(401, "woocommerce_rest_authentication_error", "Invalid timestamp.")
        if query["oauth_nonce"] in self._nonces:
            return error(401, "woocommerce_rest_authentication_error", "Invalid nonce - nonce has already been used.")
        self._nonces.add(query["oauth_nonce"])
        return None

    def _get(self, route: str, query: dict[str, str]) -> Answer:
        if route in self.rows:
            return self._list(list(self.rows[route].values()), query, route)
        if found := re.fullmatch(r"(orders|products|coupons|customers)/([0-9]+)", route):
            return self._one(found[1], int(found[2]))
        if found := re.fullmatch(r"products/([0-9]+)/variations(?:/([0-9]+))?", route):
            rows = self.variations.get(int(found[1]), [])
            if found[2] is None:
                return self._list(rows, query, "variations")
            one = next((row for row in rows if row["id"] == int(found[2])), None)
            return (200, one) if one else error(404, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.")
        if found := re.fullmatch(r"orders/([0-9]+)/(refunds|notes)", route):
            if int(found[1]) not in self.rows["orders"]:
                return error(404, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
            rows = (self.refunds if found[2] == "refunds" else self.notes).get(int(found[1]), [])
            if bad := schema.bad_query(query, schema.QUERIES[found[2]]):
                return error(400, "rest_invalid_param", f"Invalid parameter(s): {bad}")
            return 200, rows
        if found := re.fullmatch(r"payment_gateways/([a-z_]+)", route):
            if found[1] not in self.gateways:
                return error(404, "woocommerce_rest_payment_gateway_invalid", "Invalid payment gateway.")
            return 200, {"id": found[1], "method_supports": self.gateways[found[1]]}
        if route in self.fixed:
            return 200, self.fixed[route]
        return error(404, "rest_no_route", "No route was found matching the URL and request method.")

    def _one(self, kind: str, number: int) -> Answer:
        row = self.rows[kind].get(number)
        names = {"orders": "shop_order", "products": "product", "coupons": "shop_coupon", "customers": "user"}
        return (200, row) if row else error(404, f"woocommerce_rest_{names[kind]}_invalid_id", "Invalid ID.")

    def _list(self, rows: list[dict[str, Any]], query: dict[str, str], route: str) -> Answer:
        if bad := schema.bad_query(query, schema.QUERIES[route]):
            return error(400, "rest_invalid_param", f"Invalid parameter(s): {bad}")
        zone = timedelta() if query.get("dates_are_gmt") == "true" else SITE_ZONE
        found = [row for row in rows if row.get("status") != "trash"]
        for name, field in (("modified_after", "date_modified_gmt"), ("after", "date_created_gmt")):
            if name in query:
                since = datetime.fromisoformat(query[name]) - zone
                found = [row for row in found if datetime.fromisoformat(row[field]) > since]
        if "include" in query:
            wanted = {int(one) for one in query["include"].split(",")}
            found = [row for row in found if row["id"] in wanted]
        for name in ("code", "email"):
            if name in query:
                found = [row for row in found if str(row.get(name, "")).casefold() == query[name].casefold()]
        by = "id" if query.get("orderby") == "id" else "date_created_gmt"
        found.sort(key=lambda row: row.get(by, row["id"]), reverse=query.get("order", "desc") == "desc")
        size = int(query.get("per_page", 10))
        begin = int(query["offset"]) if "offset" in query else (int(query.get("page", 1)) - 1) * size
        pages = (len(found) + size - 1) // size
        return 200, found[begin : begin + size], {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)}

    def notice(self, thing: Thing, name: str, *, content: bytes | None = None) -> tuple[dict[str, str], bytes]:
        """Return what a webhook delivers; of what was deleted only the id is said."""
        if isinstance(thing, Gone):
            resource = {"order": "order", "product": "product", "promotion": "coupon"}[thing.kind]
            event, said = "deleted", {"id": row_id(thing.id)}
        elif isinstance(thing, Order):
            resource, event, said = "order", "updated", order_row(thing)
        elif isinstance(thing, Product):
            resource, event, said = "product", "updated", product_rows(thing)[0]
        else:
            resource, event, said = "coupon", "updated", promotion_row(thing)
        body = json.dumps(said).encode() if content is None else content
        signed = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
        return {
            "x-wc-webhook-source": f"https://{urlsplit(self.base).netloc}/",
            "x-wc-webhook-topic": f"{resource}.{event}",
            "x-wc-webhook-resource": resource,
            "x-wc-webhook-event": event,
            "x-wc-webhook-signature": signed,
            "x-wc-webhook-id": "7",
            "x-wc-webhook-delivery-id": name,
        }, body

    def now(self) -> str:
        """Return this moment as the shop writes it."""
        return stamp(datetime.now(UTC)) or ""
