"""A shop of PrestaShop for tests, made from the documentation of its Webservice: who asks gives a key as user, lists
are filtered, sorted and cut as it does, and what is written has to be XML with the published fields."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

from pult.commerce.base import Order, Product, Promotion
from pult.commerce.connectors.prestashop.standin_schema import RESOURCES, Resource
from pult.commerce.connectors.prestashop.standin_things import (
    CANCELLED,
    COUNTRIES,
    CURRENCIES,
    DELIVERED,
    SENT,
    order_rows,
    product_rows,
    promotion_row,
    stamp,
)
from pult.commerce.testing import Answer, Asked, LocalShop

KEY = "A1B2C3D4E5F6G7H8I9J0K1L2M3N4O5P6"
_VERBS = {"order_slip": "refund", "cart_rules": "discount"}
_OTHER = frozenset({"output_format", "display", "date", "sort", "limit", "sendemail", "language"})


class Shop(LocalShop):
    """Keeps rows by resource."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in RESOURCES}
        self.mailed: list[str] = []
        self.denied: set[str] = set()
        """Resources that the key may not touch."""
        self._next = 50_000_000
        for code, name in CURRENCIES.items():
            self.rows["currencies"][int(name)] = {"id": int(name), "iso_code": code}
        for code, name in COUNTRIES.items():
            self.rows["countries"][int(name)] = {
                "id": int(name),
                "iso_code": code,
                "active": "0" if code == "XX" else "1",
            }
        for state in range(1, 9):
            shipped = str(state) in (SENT, DELIVERED)
            self.rows["order_states"][state] = {
                "id": state,
                "paid": "1" if state in (2, 3) or shipped else "0",
                "shipped": "1" if shipped else "0",
            }
        self.rows["languages"][1] = {"id": 1, "iso_code": "sl"}
        self.rows["carriers"][1] = {"id": 1, "name": "Pošta", "url": "https://post.example/@"}
        self.rows["categories"][3] = {"id": 3, "name": [{"id": "1", "value": "Lamps"}]}
        self.rows["contacts"][1] = {"id": 1, "name": [{"id": "1", "value": "Customer service"}]}
        self.rows["product_options"][1] = {"id": 1, "name": [{"id": "1", "value": "Size"}]}

    def __enter__(self) -> Shop:
        super().__enter__()
        self.settings = {"url": f"http://127.0.0.1:{self.port}/shop/", "key": KEY}
        return self

    def keep(self, *things: Order | Product | Promotion) -> None:
        for thing in things:
            if isinstance(thing, Promotion):
                found = {"cart_rules": [promotion_row(thing)]}
            else:
                found = order_rows(thing) if isinstance(thing, Order) else product_rows(thing)
            for resource, rows in found.items():
                self.rows[resource].update({row["id"]: row for row in rows})

    def answer(self, asked: Asked) -> Answer:
        word = base64.b64encode(f"{KEY}:".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {word}":
            return _wrong(401, "Authentication key not found")
        query = dict(parse_qsl(asked.parts.query, keep_blank_values=True))
        resource, _, name = asked.parts.path.removeprefix("/shop/api/").partition("/")
        kind = RESOURCES.get(resource)
        if kind is None:
            return _wrong(400, f'Resource of type "{resource}" does not exists.')
        if resource in self.denied or asked.method not in kind.methods:
            return _wrong(403, f"Method {asked.method} is not allowed for the resource {resource}")
        if asked.method == "GET":
            return self._get(kind, resource, name, query)
        if asked.method == "DELETE":
            return self._delete(resource, name)
        return self._write(asked, kind, resource, name, query)

    def _get(self, kind: Resource, resource: str, name: str, query: dict[str, str]) -> Answer:
        if name:
            row = self.rows[resource].get(int(name))
            if row is None:
                return _wrong(404, "This resource was not found")
            return (200, {kind.one: row}) if query.get("output_format") == "JSON" else (200, _xml(kind, row))
        found = sorted(self.rows[resource].values(), key=lambda row: int(row["id"]))
        for field, value in query.items():
            if field.startswith("filter["):
                inside = field[7:-1]
                if inside not in kind.fields | kind.words | {"id"}:
                    return _wrong(400, "This filter does not exist for this linked table")
                if "date" in inside and query.get("date") != "1":
                    return 200, []  # dates are compared with dates only where it is said so
                try:
                    fits = _filter(value)
                    found = [row for row in found if fits(str(row.get(inside, "")))]
                except ValueError:
                    return _wrong(400, f"The filter {value} is not valid")
            elif field not in _OTHER and not field.startswith("price["):
                return _wrong(400, f"The parameter {field} is not known")
        if query.get("sort", "[id_ASC]") not in ("[id_ASC]", "[id_DESC]"):
            return _wrong(400, "Sort is not valid")
        if limit := query.get("limit"):
            begin, count = limit.split(",") if "," in limit else ("0", limit)
            found = found[int(begin) : int(begin) + int(count)]
        if query.get("display") != "full":
            found = [{"id": row["id"]} for row in found]
        return 200, ({kind.many: found} if found else [])

    def _write(self, asked: Asked, kind: Resource, resource: str, name: str, query: dict[str, str]) -> Answer:
        try:
            thing = ET.fromstring(asked.body).find(kind.one)  # noqa: S314
        except ET.ParseError as error:
            return _wrong(500, f"XML error : {error}")
        if thing is None:
            return _wrong(400, f"The element {kind.one} is missing")
        said: dict[str, Any] = {}
        for one in thing:
            if one.tag in kind.words:
                said[one.tag] = [{"id": word.get("id"), "value": word.text or ""} for word in one]
            elif one.tag in kind.fields:
                said[one.tag] = one.text or ""
            elif one.tag != "id":
                return _wrong(400, f'parameter "{one.tag}" can\'t be set')
        if missing := [field for field in kind.needed if not said.get(field)]:
            return _wrong(400, f'parameter "{sorted(missing)[0]}" required')
        if long := [field for field, most in kind.most.items() if len(said.get(field, "")) > most]:
            return _wrong(400, f'Validation error: "{long[0]}" is too long')
        if asked.method == "PUT":
            if int(name) not in self.rows[resource]:
                return _wrong(404, "Invalid ID")
            row = self.rows[resource][int(name)]
            self._changed(resource, row, said)
            row |= said
            return 200, _xml(kind, row)
        return self._post(kind, resource, said, query)

    def _changed(self, resource: str, row: dict[str, Any], said: dict[str, Any]) -> None:
        if resource == "orders" and said["id_address_delivery"] != row["id_address_delivery"]:
            self.done.append(("change_address", str(row["id"])))
        said["date_upd"] = stamp(datetime.now(UTC))

    def _post(self, kind: Resource, resource: str, said: dict[str, Any], query: dict[str, str]) -> Answer:
        self._next += 1
        now = stamp(datetime.now(UTC))
        row = {"id": self._next, "date_add": now, "date_upd": now, **said}
        if resource == "order_histories":
            order = self.rows["orders"].get(int(said["id_order"]))
            if order is None:
                return _wrong(400, "The order does not exist")
            order |= {"current_state": said["id_order_state"], "date_upd": now}
            verb = "cancel" if said["id_order_state"] == CANCELLED else "history"
            self.done.append((verb, said["id_order"]))
            if query.get("sendemail") == "1":
                self.mailed.append(said["id_order"])
        elif resource == "customer_messages":
            if int(said["id_customer_thread"]) not in self.rows["customer_threads"]:
                return _wrong(400, "The thread does not exist")
            if not re.fullmatch(r"\[[0-9a-zA-Z-]+\]", said["message"]):
                self.done.append(("note", said["id_customer_thread"]))
        elif resource in _VERBS:
            self.done.append((_VERBS[resource], said.get("code") or said.get("id_order", "")))
        self.rows[resource][self._next] = row
        return 201, _xml(kind, row)

    def _delete(self, resource: str, name: str) -> Answer:
        if self.rows[resource].pop(int(name), None) is None:
            return _wrong(404, "Id(s) not exists")
        self.done.append(("undo", name))
        return 200, b""


def _filter(wanted: str) -> Callable[[str], bool]:
    """Return whether a value fits a filter: [a|b], [a,b], >[a], <[a], %[a]%. Raises ValueError."""
    if found := re.fullmatch(r"([<>])\[([0-9]+)\]", wanted):
        sign, limit = found[1], int(found[2])
        return lambda said: int(said) > limit if sign == ">" else int(said) < limit
    if found := re.fullmatch(r"%\[(.*)\]%", wanted):
        inside = found[1].casefold()
        return lambda said: inside in said.casefold()
    if found := re.fullmatch(r"\[([^,]*),([^,]*)\]", wanted):
        begin, end = found[1], found[2]
        return lambda said: begin <= said <= end
    if found := re.fullmatch(r"\[(.*)\]", wanted):
        any_of = {one.casefold() for one in found[1].split("|")}
        return lambda said: said.casefold() in any_of
    raise ValueError(wanted)


def _wrong(status: int, message: str) -> Answer:
    return status, {"errors": [{"code": status, "message": message}]}


def _xml(kind: Resource, row: dict[str, Any]) -> bytes:
    """Return a thing in XML, with its associations."""
    whole = ET.Element("prestashop")
    thing = ET.SubElement(whole, kind.one)
    for field, value in row.items():
        made = ET.SubElement(thing, field)
        if field == "associations":
            for name, rows in value.items():
                inside = ET.SubElement(made, name)
                for one in rows:
                    part = ET.SubElement(inside, "one")
                    for key, word in one.items():
                        ET.SubElement(part, key).text = str(word)
        elif isinstance(value, list):
            for word in value:
                ET.SubElement(made, "language", id=str(word["id"])).text = word["value"]
        else:
            made.text = str(value)
    written: bytes = ET.tostring(whole, encoding="utf-8", xml_declaration=True)
    return written
