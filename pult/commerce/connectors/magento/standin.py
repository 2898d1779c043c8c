"""A shop of Magento 2, for tests: its keys and signatures, its searches, its description, its errors."""

from __future__ import annotations

import re
import time
from datetime import datetime
from operator import itemgetter
from typing import Any
from urllib.parse import parse_qsl, unquote

from pult.commerce.base import Order, Product
from pult.commerce.connectors.magento import signing, standin_schema
from pult.commerce.connectors.magento.standin_acts import Acts, Refused
from pult.commerce.connectors.magento.standin_things import order, products, shipments
from pult.commerce.testing import Answer, Asked

TOKEN, TOKEN_SECRET = "dq4rtqs3xvd0w1qk3h8l4vcmq4mcmvb5", "0f8u3bk6m3c8l2p3p5x2u4sd5f8k2h3x"
CONSUMER, CONSUMER_SECRET = "5px41b2m4ysdf3b6bzyb2k8pnsm0xhky", "n0kqb7q5tqo0zshqbz2zlzjxiqbq3hg1"
MOST = 300
ATTRIBUTES = [
    {
        "attribute_id": 93,
        "attribute_code": "size",
        "default_frontend_label": "Size",
        "options": [{"label": " ", "value": ""}, {"label": "S", "value": "1"}, {"label": "L", "value": "2"}],
    },
    {"attribute_id": 94, "attribute_code": "colour", "default_frontend_label": "Colour", "options": []},
]
CONFIG = {"id": 1, "code": "default", "website_id": 1, "locale": "sl_SI", "base_currency_code": "EUR"}
_CRITERION = re.compile(
    r"searchCriteria\[(?:filterGroups\]\[(\d+)\]\[filters\]\[(\d+)\]\[(field|value|conditionType)"
    r"|sortOrders\]\[(\d+)\]\[(field|direction)|(pageSize|currentPage))\]"
)


class Shop(Acts):
    """Keeps orders and products as Magento does and answers as its REST API does."""

    def __init__(self) -> None:
        super().__init__()
        self.signed = False
        """Only signed requests are let in."""
        self.nonces: set[str] = set()

    def __enter__(self) -> Shop:
        super().__enter__()
        self.settings = {"base_url": f"http://127.0.0.1:{self.port}", "access_token": TOKEN}
        return self

    def keep(self, *things: Order | Product) -> None:
        for thing in things:
            if isinstance(thing, Order):
                made = order(thing)
                self.rows["orders"][made["entity_id"]] = made
                for parcel in shipments(thing):
                    self.rows["shipments"][parcel["entity_id"]] = parcel
                self.invoice(made)
            else:
                for row in products(thing):
                    self.rows["products"][row["id"]] = row
                self.stock(thing)

    def answer(self, asked: Asked) -> Answer:
        path = unquote(asked.parts.path)
        found = re.fullmatch(r"/rest/default(/V1/.+)", path)
        if found is None:
            return 404, {"message": "Request does not match any route.", "trace": None}
        try:
            self.let_in(asked)
            of, parts = standin_schema.operation(asked.method, found[1])
            if asked.method == "GET":
                said = self.read(found[1], asked.parts.query, parts)
            else:
                body = asked.json() if asked.body else None
                standin_schema.check(body, of["body"], "request", whole=True)
                said = self.act(f"{asked.method} {found[1]}", parts, body)
        except Refused as error:
            return error.status, {"message": error.message, "parameters": error.parameters}
        except KeyError:
            return 404, {"message": "Request does not match any route.", "trace": None}
        except standin_schema.Unfit as error:
            return 400, {"message": str(error)}
        standin_schema.check(said, of["answer"], "answer", whole=False)
        return 200, said

    def let_in(self, asked: Asked) -> None:
        """Refuse who has no token, or whose signature is wrong or was used before."""
        given = asked.headers.get("authorization", "")
        if not self.signed and given == f"Bearer {TOKEN}":
            return
        oauth = {name: unquote(value) for name, value in re.findall(r'(oauth_\w+)="([^"]*)"', given)}
        signed = oauth.pop("oauth_signature", "")
        url = f"http://127.0.0.1:{self.port}{asked.path}"
        good = signing.signature(asked.method, url, oauth, CONSUMER_SECRET, TOKEN_SECRET)
        keys = (oauth.get("oauth_consumer_key"), oauth.get("oauth_token"), oauth.get("oauth_signature_method"))
        fresh = (
            oauth.get("oauth_nonce") not in self.nonces
            and abs(time.time() - int(oauth.get("oauth_timestamp", 0))) < 600
        )
        if signed != good or keys != (CONSUMER, TOKEN, "HMAC-SHA256") or not fresh:
            raise Refused(
                401, "The consumer isn't authorized to access %resources.", {"resources": "Magento_Sales::sales"}
            )
        self.nonces.add(oauth["oauth_nonce"])

    # --- reading

    def read(self, path: str, query: str, parts: dict[str, str]) -> Any:
        """Answer a question."""
        if path == "/V1/store/storeConfigs":
            return [CONFIG]
        if path == "/V1/store/websites":
            admin = {"id": 0, "code": "admin", "name": "Admin", "default_group_id": 0}
            return [admin, {"id": 1, "code": "base", "name": "Main Website", "default_group_id": 1}]
        if re.fullmatch(r"/V1/(orders|salesRules)/\d+", path):
            return self.one(path.split("/")[2], int(path.rsplit("/", 1)[1]))
        if "comments" in path:
            memo = self.one("creditmemos", int(parts["id"]))
            return self.found(query, memo["comments"], path)
        every: dict[str, dict[int, dict[str, Any]]] = {
            "/V1/orders": self.rows["orders"],
            "/V1/products": self.rows["products"],
            "/V1/shipments": self.rows["shipments"],
            "/V1/creditmemos": self.rows["creditmemos"],
            "/V1/invoices": self.rows["invoices"],
            "/V1/salesRules/search": self.rows["salesRules"],
            "/V1/coupons/search": self.rows["coupons"],
            "/V1/customers/search": self.rows["customers"],
            "/V1/inventory/source-items": dict(enumerate(self.sources)),
            "/V1/customerGroups/search": {0: {"id": 0, "code": "NOT LOGGED IN", "tax_class_id": 3}},
            "/V1/products/attributes": {number: one | {"is_user_defined": 1} for number, one in enumerate(ATTRIBUTES)},
        }
        found = self.found(query, list(every[path].values()), path)
        if path == "/V1/products/attributes":
            found["items"] = [{k: v for k, v in one.items() if k != "is_user_defined"} for one in found["items"]]
        return found

    def found(self, query: str, rows: list[dict[str, Any]], path: str) -> dict[str, Any]:
        """Answer a search."""
        criteria = _criteria(query)
        own = "id" if path == "/V1/products" else "entity_id"
        for field, value, how in criteria["filters"]:
            name = own if field == "entity_id" else field
            rows = [row for row in rows if _fits(row.get(name), value, how)]
        for field, direction in criteria["sort"]:
            name = own if field == "entity_id" else field
            rows = sorted(rows, key=itemgetter(name), reverse=direction == "DESC")
        size = criteria["size"]
        page = min(criteria["page"], max(1, -(-len(rows) // size)))
        shown = rows[(page - 1) * size : page * size]
        return {"items": shown, "search_criteria": {"filter_groups": []}, "total_count": len(rows)}


def _criteria(query: str) -> dict[str, Any]:
    """Return what a search asks for, or say what is wrong with it."""
    filters: dict[str, dict[str, str]] = {}
    sort: dict[str, dict[str, str]] = {}
    size, page = 20, 1
    for name, value in parse_qsl(query, keep_blank_values=True):
        found = _CRITERION.fullmatch(name)
        if found is None:
            raise Refused(400, f"Field {name} is not allowed", {})
        group, one, part, order_of, order_part, number = found.groups()
        if part:
            filters.setdefault(f"{group}.{one}", {})[part] = value
        elif order_part:
            sort.setdefault(order_of, {})[order_part] = value
        elif number == "pageSize":
            size = int(value)
        else:
            page = int(value)
    if size > MOST:
        raise Refused(400, "Maximum SearchCriteria pageSize is %max", {"max": MOST})
    given = [(one["field"], one["value"], one.get("conditionType", "eq")) for one in filters.values()]
    return {
        "filters": given,
        "sort": [(one["field"], one.get("direction", "DESC")) for one in sort.values()],
        "size": size,
        "page": page,
    }


def _fits(value: Any, wanted: str, how: str) -> bool:
    if how == "in":
        return str(value) in wanted.split(",")
    if how == "eq":
        return str(value) == wanted
    if how == "gt":
        return int(value) > int(wanted)
    if how == "gteq":
        datetime.strptime(wanted, "%Y-%m-%d %H:%M:%S")  # a time in UTC, as the database keeps it
        return str(value) >= wanted
    raise Refused(400, f"Condition type {how} is not allowed", {})
