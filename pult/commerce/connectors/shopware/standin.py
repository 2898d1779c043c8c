"""A shop of Shopware 6, for tests: its tokens, its criteria and their checks, its limits, errors and signatures."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import time
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from pult.commerce.base import Gone, Order, Product, Thing
from pult.commerce.connectors.shopware.standin_acts import Acts, Refused
from pult.commerce.connectors.shopware.standin_things import (
    COUNTRIES,
    EURO,
    LIVE,
    country,
    moment,
    order,
    product,
    state,
    uid,
)
from pult.commerce.testing import WAIT, Answer, Asked

CLIENT, SECRET = "SWIAT0XMUDJIOW5TBGS1ZKHHRG", "bVZqcVlHcFR3S2t0QzZ1Zw"
MOST = 500
_CRITERIA = {"limit", "page", "total-count-mode", "filter", "sort", "associations", "ids", "includes", "fields"}


@cache
def entities() -> dict[str, Any]:
    """Return what Shopware's definitions say of the entities that are asked for here."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / "payloads" / "entities.json").read_text())
    return found


class Shop(Acts):
    """Keeps orders and products as Shopware does and answers as its Admin API does."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = secrets.token_hex(16)
        self.tokens: dict[str, float] = {}
        self.lives = 600

    def __enter__(self) -> Shop:
        super().__enter__()
        self.settings = {
            "base_url": f"http://127.0.0.1:{self.port}",
            "client_id": CLIENT,
            "client_secret": SECRET,
            "webhook_secret": self.secret,
            "sales_channel": uid("Storefront"),
        }
        return self

    def keep(self, *things: Order | Product) -> None:
        for thing in things:
            if isinstance(thing, Order):
                of = self.rows["order"]
                made = order(thing, _number(of, uid(thing.id)))
                for parcel in thing.shipments:
                    self.history.append(_sent(made["deliveries"][0]["id"], moment(parcel.sent_at)))
            else:
                of = self.rows["product"]
                made = product(thing, _number(of, uid(thing.id)))
            of[made["id"]] = made

    def answer(self, asked: Asked) -> Answer:
        try:
            if asked.parts.path == "/api/oauth/token":
                return self.token(asked)
            if asked.parts.path == "/store-api/account/recovery-password":
                return self.recover(asked)
            bearer = asked.headers.get("authorization", "").removeprefix("Bearer ")
            if self.tokens.get(bearer, 0) < time.monotonic():
                raise Refused(401, "9", "The resource owner or authorization server denied the request.")
            if asked.method == "POST" and asked.parts.path.startswith("/api/search/"):
                return self.search(asked.parts.path.removeprefix("/api/search/").replace("-", "_"), asked.json())
            return self.act(asked)
        except Refused as error:
            return error.status, {"errors": [error.told()]}

    def too_many(self) -> tuple[int, dict[str, str], bytes]:
        """Shopware says in the error alone how long to wait."""
        seconds = {"parameters": {"seconds": WAIT}}
        error = Refused(429, "FRAMEWORK__RATE_LIMIT_EXCEEDED", f"Too many requests, try again in {WAIT} seconds.")
        return 429, {}, json.dumps({"errors": [error.told() | {"meta": seconds}]}).encode()

    def token(self, asked: Asked) -> Answer:
        """Give a token for ten minutes."""
        said = asked.json()
        if said.get("grant_type") != "client_credentials":
            raise Refused(400, "2", "The authorization grant type is not supported by the authorization server.")
        if (said.get("client_id"), said.get("client_secret")) != (CLIENT, SECRET):
            raise Refused(401, "4", "Client authentication failed")
        made = secrets.token_urlsafe(24)
        self.tokens[made] = time.monotonic() + self.lives
        return 200, {"token_type": "Bearer", "expires_in": self.lives, "access_token": made}

    # --- searching

    def search(self, entity: str, criteria: dict[str, Any]) -> Answer:
        """Answer a search, or say what is wrong with it."""
        self.permit(f"{entity}:read")
        if entity not in entities():
            raise Refused(404, "FRAMEWORK__DEFINITION_NOT_FOUND", f'Definition for entity "{entity}" does not exist.')
        if unknown := criteria.keys() - _CRITERIA:
            raise Refused(400, "FRAMEWORK__UNKNOWN", f"unknown {sorted(unknown)}")
        limit = criteria.get("limit", MOST)
        if not isinstance(limit, int) or not 0 < limit <= MOST:
            raise Refused(
                400, "FRAMEWORK__QUERY_LIMIT_EXCEEDED", f"The limit must be lower than or equal to MAX_LIMIT({MOST})."
            )
        associations = criteria.get("associations", {})
        _check_associations(entity, associations)
        rows = [row for row in self.every(entity) if all(_fits(entity, row, one) for one in criteria.get("filter", []))]
        for one in reversed(criteria.get("sort", [])):
            _field(entity, one["field"])
            rows.sort(key=partial(_sortable, one["field"]), reverse=one.get("order") == "DESC")
        begin = (int(criteria.get("page", 1)) - 1) * limit
        page = [_shown(entity, row, associations) for row in rows[begin : begin + limit]]
        total = len(rows) if criteria.get("total-count-mode") == 1 else len(page)
        return 200, {"total": total, "data": page, "aggregations": []}

    def every(self, entity: str) -> list[dict[str, Any]]:
        """Return all rows of an entity."""
        if entity == "currency":
            return [{"id": EURO, "isoCode": "EUR", "factor": 1.0, "symbol": "€"}]
        if entity == "country":
            return [country(code) for code in COUNTRIES]
        if entity == "state_machine_history":
            return self.history
        if entity == "state_machine_state":
            return [state("open", "order_transaction_capture_refund.state")]
        return list(self.rows[entity].values())

    # --- notices

    def notice(self, thing: Thing, name: str) -> tuple[dict[str, str], bytes]:
        """Return a notice of an app: it names what was written. The shop has it by then, unless it has a newer one."""
        entity = thing.kind if isinstance(thing, Gone) else "order" if isinstance(thing, Order) else "product"
        if isinstance(thing, Gone):
            self.rows[entity].pop(uid(thing.id), None)
        else:
            known = self.rows[entity].get(uid(thing.id))
            if known is None or (known["updatedAt"] or known["createdAt"]) <= str(moment(thing.changed_at)):
                self.keep(thing)  # type: ignore[arg-type]
        written: dict[str, Any] = {
            "entity": entity,
            "operation": "delete" if isinstance(thing, Gone) else "update",
            "primaryKey": uid(thing.id),
        }
        if not isinstance(thing, Gone):
            written |= {"updatedFields": ["updatedAt"], "versionId": LIVE}
        return self.signed(f"{entity}.{'deleted' if isinstance(thing, Gone) else 'written'}", [written], name)

    def signed(self, event: str, payload: Any, name: str) -> tuple[dict[str, str], bytes]:
        """Return headers and body of a notice."""
        said = {
            "data": {"payload": payload, "event": event},
            "source": {"url": "https://shop.example", "eventId": uid(name), "appVersion": "1.0.0", "shopId": "x"},
            "timestamp": int(datetime.now(UTC).timestamp()),
        }
        body = json.dumps(said).encode()
        made = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        return {"content-type": "application/json", "sw-version": "6.6.7.0", "shopware-shop-signature": made}, body


def _number(of: dict[str, Any], row_id: str) -> int:
    """Return the number that a row has, or the next."""
    return int(of[row_id]["autoIncrement"]) if row_id in of else len(of) + 1


def _sent(delivery_id: str, at: str | None) -> dict[str, Any]:
    return {
        "id": uid(f"{delivery_id} {at}"),
        "entityName": "order_delivery",
        "referencedId": delivery_id,
        "toStateMachineState": state("shipped", "order_delivery.state"),
        "createdAt": at,
    }


def _check_associations(entity: str, given: dict[str, Any]) -> None:
    for name, more in given.items():
        target = entities()[entity]["associations"].get(name)
        if target is None:
            raise Refused(404, "FRAMEWORK__ASSOCIATION_NOT_FOUND", f"Can not find association by name {name}")
        _check_associations(target, more.get("associations", {}))


def _field(entity: str, path: str) -> None:
    """Refuse a field that the entity does not have."""
    *way, last = path.split(".")
    for name in way:
        target = entities()[entity]["associations"].get(name)
        if target is None:
            raise Refused(400, "FRAMEWORK__UNMAPPED_FIELD", f"Field {path} in entity {entity} was not found.")
        entity = target
    if last not in entities()[entity]["fields"]:
        raise Refused(400, "FRAMEWORK__UNMAPPED_FIELD", f"Field {path} in entity {entity} was not found.")


def _sortable(field: str, row: dict[str, Any]) -> Any:
    return row.get(field) or ""


def _values(row: Any, path: str) -> list[Any]:
    """Return all values at the end of a way through rows."""
    found = [row]
    for name in path.split("."):
        found = [one.get(name) for one in found if isinstance(one, dict)]
        found = [part for one in found for part in (one if isinstance(one, list) else [one])]
    return found


def _fits(entity: str, row: dict[str, Any], one: dict[str, Any]) -> bool:
    if one["type"] == "multi":
        if one["operator"] not in ("or", "and"):
            raise Refused(400, "FRAMEWORK__INVALID_FILTER_QUERY", "operator")
        return (any if one["operator"] == "or" else all)(_fits(entity, row, part) for part in one["queries"])
    _field(entity, one["field"])
    values = _values(row, one["field"])
    if one["type"] == "equals":
        return one["value"] in (values or [None])
    if one["type"] == "equalsAny":
        if not one["value"]:
            raise Refused(400, "FRAMEWORK__INVALID_FILTER_QUERY", 'The value for filter "value" must not be empty.')
        return not set(one["value"]).isdisjoint(values)
    if one["type"] != "range" or one["parameters"].keys() - {"gt", "gte", "lt", "lte"}:
        raise Refused(400, "FRAMEWORK__INVALID_FILTER_QUERY", f"unknown filter {one['type']}")
    above, least = one["parameters"].get("gt"), one["parameters"].get("gte")
    if least is not None and not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", str(least)):
        raise Refused(400, "FRAMEWORK__INVALID_FILTER_QUERY", "times are compared as the database keeps them")
    if above is not None:
        return any(value is not None and value > above for value in values)
    return any(value is not None and str(value).replace("T", " ")[:23] >= str(least) for value in values)


def _shown(entity: str, row: dict[str, Any], associations: dict[str, Any]) -> dict[str, Any]:
    """Return a row as it is given out: its fields, and the associations that were asked for."""
    known = entities()[entity]
    shown = {name: value for name, value in row.items() if name in known["fields"] or name == "translated"}
    for name, target in known["associations"].items():
        if name not in associations:
            shown[name] = None
            continue
        more = associations[name].get("associations", {})
        value = row.get(name)
        if isinstance(value, list):
            shown[name] = [_shown(target, one, more) for one in value]
        else:
            shown[name] = _shown(target, value, more) if value else None
    return shown
