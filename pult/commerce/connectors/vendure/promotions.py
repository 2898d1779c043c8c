"""Promotions as the Admin API gives them: what Vendure's own actions and conditions mean.

https://docs.vendure.io/guides/core-concepts/promotions/. What a shop has added itself is a promotion without a figure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pult.commerce.base import Promotion
from pult.commerce.connectors.vendure.asking import Vendure, moment

PROMOTION = """
  id updatedAt name description couponCode enabled startsAt endsAt
  conditions { code args { name value } } actions { code args { name value } }
"""
"""What is asked of a promotion."""
ONE = f"query Promotion($id: ID!) {{ promotion(id: $id) {{ {PROMOTION} }} }}"


def promotion(vendure: Vendure, raw: Mapping[str, Any]) -> Promotion:
    """Return a promotion. Raises KeyError, TypeError, ValueError for what is none."""
    actions = {one["code"]: _arguments(one) for one in raw["actions"]}
    conditions = {one["code"]: _arguments(one) for one in raw["conditions"]}
    currency = vendure.facts.currency
    percent, amount = _off(actions)
    least = conditions.get("minimum_order_amount", {}).get("amount")
    goods = actions.get("products_percentage_discount", {}).get("productVariantIds", "[]")
    return Promotion(
        id=str(raw["id"]),
        title=raw.get("name") or raw.get("couponCode") or "",
        changed_at=moment(raw["updatedAt"]),
        code=raw.get("couponCode") or "",
        percent=percent,
        amount=None if amount is None else vendure.minor(amount, currency),
        currency=currency if amount is not None or least else "",
        minimum=vendure.minor(least, currency) if least else None,
        delivery="free_shipping" in actions,
        starts_at=moment(raw["startsAt"]) if raw.get("startsAt") else None,
        ends_at=moment(raw["endsAt"]) if raw.get("endsAt") else None,
        product_ids=vendure.products_of([str(one) for one in json.loads(goods)]),
        active=bool(raw["enabled"]),
    )


def _off(actions: Mapping[str, Mapping[str, str]]) -> tuple[float | None, int | None]:
    for code in ("order_percentage_discount", "products_percentage_discount"):
        if code in actions:
            return float(actions[code]["discount"]), None
    fixed = actions.get("order_fixed_discount")
    return None, int(float(fixed["discount"])) if fixed else None


def _arguments(operation: Mapping[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in operation["args"]}
