"""Vouchers of Saleor that anybody may use. What catalogue promotions take off stands in the prices already."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from pult.commerce.base import Gone, Promotion
from pult.commerce.connectors.saleor import parsing

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When vouchers changed, of which Saleor does not say it: what is read last counts."""


def promotion(raw: dict[str, Any]) -> Promotion | Gone:
    """Return a voucher; Gone for one of many codes, which are somebody's own, for what was made here for one person,
    and for one whose goods cannot be named. Raises what base.ODD names where it makes no sense."""
    codes = [edge["node"] for edge in (raw["codes"] or {"edges": []})["edges"]]
    hidden = raw["onlyForStaff"] or str(raw["name"] or "").startswith("Pult ")
    if len(codes) != 1 or hidden or _unnamed(raw) or raw["discountValue"] is None:
        return Gone("promotion", raw["id"])
    used_up = raw["usageLimit"] is not None and raw["used"] >= raw["usageLimit"]
    percent = raw["discountValueType"] == "PERCENTAGE"
    currency = str(raw["currency"] or "")
    delivery = raw["type"] == "SHIPPING"
    least = raw["minSpent"]
    fields = {
        "id": raw["id"],
        "title": raw["name"] or codes[0]["code"],
        "changed_at": NEVER,
        "code": codes[0]["code"],
        "percent": raw["discountValue"] if percent else None,
        "amount": None if percent else parsing.minor(raw["discountValue"], currency),
        "currency": currency,
        "minimum": parsing.minor(least["amount"], least["currency"]) if least and least["amount"] else None,
        "delivery": delivery,
        "starts_at": raw["startDate"],
        "ends_at": raw["endDate"],
        "product_ids": [edge["node"]["id"] for edge in _edges(raw["products"])],
        "categories": [edge["node"]["name"] for edge in _edges(raw["categories"])],
        "active": bool(codes[0]["isActive"]) and not used_up,
    }
    return msgspec.convert(fields, Promotion)


def _edges(of: dict[str, Any] | None) -> list[dict[str, Any]]:
    return list((of or {}).get("edges") or [])


def _unnamed(raw: dict[str, Any]) -> bool:
    """Say whether a voucher is for goods that are named otherwise than here, or are too many to name."""
    if raw["type"] != "SPECIFIC_PRODUCT":
        return False
    more = any(
        (raw[name] or {"pageInfo": {"hasNextPage": False}})["pageInfo"]["hasNextPage"]
        for name in ("products", "categories")
    )
    others = _edges(raw["collections"]) or _edges(raw["variants"])
    return bool(more or others) or not (_edges(raw["products"]) or _edges(raw["categories"]))
