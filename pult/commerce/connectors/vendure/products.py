"""Products as the Admin API gives them: price with tax, stock by place, facets and own fields as attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pult.commerce.base import Product, ShopError, Stock, Variant
from pult.commerce.connectors.vendure.asking import Vendure, moment

_PRODUCT = """
  id updatedAt name slug enabled featuredAsset {{ preview }}
  facetValues {{ name facet {{ name }} }} collections {{ name }} {own}
  variants {{
    id updatedAt name sku enabled priceWithTax currencyCode trackInventory
    options {{ name group {{ name }} }} facetValues {{ name facet {{ name }} }} {own_of_variants}
    stockLevels {{ updatedAt stockOnHand stockAllocated stockLocation {{ name }} }}
  }}
"""
_OWN = """
query OwnFields {
  product: __type(name: "ProductCustomFields") { fields { name type { kind ofType { kind } } } }
  variant: __type(name: "ProductVariantCustomFields") { fields { name type { kind ofType { kind } } } }
}
"""
_PLAIN = frozenset({"SCALAR", "ENUM"})


def asked(vendure: Vendure) -> str:
    """Return what is asked of a product, with the fields that this shop has added."""
    try:
        own = vendure.ask(_OWN)
    except ShopError as error:
        if not error.permanent:
            raise
        own = {}  # a shop that does not say what it can be asked
    return _PRODUCT.format(own=_fields(own.get("product")), own_of_variants=_fields(own.get("variant")))


def one(vendure: Vendure) -> str:
    """Return the question for one product."""
    return f"query Product($id: ID!) {{ product(id: $id) {{ {asked(vendure)} }} }}"


def product(vendure: Vendure, raw: Mapping[str, Any]) -> Product:
    """Return a product. Raises KeyError, TypeError, ValueError for what is none."""
    template = str(vendure.settings.get("product_url") or "")
    moments = [raw["updatedAt"]]
    for variant in raw["variants"]:
        moments += [variant["updatedAt"], *(level["updatedAt"] for level in variant["stockLevels"])]
    collections = raw["collections"]
    return Product(
        id=str(raw["id"]),
        title=str(raw["name"]),
        changed_at=max(moment(at) for at in moments),
        variants=[_variant(vendure, one) for one in raw["variants"] if one["enabled"]],
        category=collections[0]["name"] if collections else "",
        url=template.replace("{slug}", raw["slug"]).replace("{id}", str(raw["id"])),
        picture=(raw.get("featuredAsset") or {}).get("preview") or "",
        attributes=_facets(raw) | _own(raw),
        active=bool(raw["enabled"]),
    )


def counted(vendure: Vendure, raw: Mapping[str, Any]) -> bool:
    """Say whether the shop counts how many pieces of a variant there are."""
    return raw["trackInventory"] == "TRUE" or (raw["trackInventory"] == "INHERIT" and vendure.facts.counts)


def _variant(vendure: Vendure, raw: Mapping[str, Any]) -> Variant:
    levels = raw["stockLevels"] if counted(vendure, raw) else []
    return Variant(
        id=str(raw["id"]),
        title=str(raw["name"]),
        price=vendure.minor(raw["priceWithTax"], raw["currencyCode"]),
        currency=str(raw["currencyCode"]),
        sku=raw.get("sku") or "",
        attributes={one["group"]["name"]: one["name"] for one in raw["options"]} | _facets(raw) | _own(raw),
        stock=[Stock(one["stockLocation"]["name"], one["stockOnHand"] - one["stockAllocated"]) for one in levels],
    )


def _facets(raw: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for value in raw["facetValues"]:
        found.setdefault(value["facet"]["name"], []).append(value["name"])
    return {name: ", ".join(values) for name, values in found.items()}


def _own(raw: Mapping[str, Any]) -> dict[str, str]:
    given = raw.get("customFields")
    if not isinstance(given, dict):
        return {}
    return {name: _text(value) for name, value in given.items() if value not in (None, "", [])}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "✓" if value else "–"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _fields(described: Mapping[str, Any] | None) -> str:
    names = [field["name"] for field in (described or {}).get("fields") or [] if _is_plain(field["type"])]
    return f"customFields {{ {' '.join(names)} }}" if names else ""


def _is_plain(kind: Mapping[str, Any]) -> bool:
    return kind["kind"] in _PLAIN or (kind["kind"] in {"NON_NULL", "LIST"} and kind["ofType"]["kind"] in _PLAIN)
