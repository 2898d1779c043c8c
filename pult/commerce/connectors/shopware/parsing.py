"""Orders and products of Shopware, as they look from here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from pult.commerce.base import Gone, Order, Product, Promotion, ShopInfo
from pult.platform import money

LEFT = frozenset({"shipped", "shipped_partially", "returned", "returned_partially"})
"""States of a delivery that has left."""
DEFAULT_CURRENCY = "b7d2554b0ce847cd82f3ac9bd1c0dfca"
"""The id of the currency in which every product has a price; the same in all shops."""
RECORD = "pult_refund_"
"""Custom field of a payment: what was given back elsewhere, by the key under which it was noted."""
_STATES = {"completed": "completed", "cancelled": "cancelled"}
_PAYMENTS = {
    "open": "pending",
    "reminded": "pending",
    "in_progress": "pending",
    "unconfirmed": "pending",
    "paid_partially": "pending",
    "authorized": "authorised",
    "paid": "paid",
    "refunded": "refunded",
    "refunded_partially": "part_refunded",
    "chargeback": "refunded",
    "cancelled": "voided",
    "failed": "failed",
}
_FULFILMENTS = {
    "open": "none",
    "cancelled": "none",
    "shipped": "sent",
    "shipped_partially": "part",
    "returned": "returned",
    "returned_partially": "sent",
}
_REDUCTIONS = frozenset({"promotion", "discount", "credit"})


def state(raw: dict[str, Any]) -> str:
    """Return the technical name of something's state."""
    return str((raw.get("stateMachineState") or {}).get("technicalName") or "")


def label(raw: dict[str, Any] | None, field: str = "name") -> str:
    """Return a text in the language that was asked for, or that the shop falls back to."""
    of = raw or {}
    return str((of.get("translated") or {}).get(field) or of.get(field) or "")


def order(shop: ShopInfo, raw: dict[str, Any], sent: dict[str, str]) -> Order:
    """Return an order; `sent` says when its deliveries left. Raises what base.ODD names where it makes no sense."""
    currency = str(raw["currency"]["isoCode"])
    items = [one for one in raw["lineItems"] or [] if not one.get("parentId")]
    goods = [one for one in items if one.get("type") not in _REDUCTIONS]
    taken = [one for one in items if one.get("type") in _REDUCTIONS]
    deliveries = sorted(
        raw["deliveries"] or [], key=lambda one: -float((one.get("shippingCosts") or {}).get("totalPrice") or 0)
    )
    first = deliveries[0] if deliveries else {}
    transactions = sorted(raw["transactions"] or [], key=lambda one: str(one["createdAt"]))
    paid = paying(transactions)
    total = minor(raw["amountTotal"], currency)
    fields = {
        "id": raw["id"],
        "number": str(raw["orderNumber"]),
        "placed_at": raw["orderDateTime"],
        "changed_at": max(_moments(raw)),
        "currency": currency,
        "total": total,
        "state": _STATES.get(state(raw), "open"),
        "payment": _PAYMENTS.get(state(paid), "") if paid else "",
        "fulfilment": _FULFILMENTS.get(state(first), ""),
        "shipping": minor(raw["shippingTotal"], currency),
        "tax": total - minor(raw["amountNet"], currency),
        "discount": -sum(minor(one["totalPrice"], currency) for one in taken),
        "buyer": _buyer(raw),
        "ship_to": place(first.get("shippingOrderAddress")),
        "bill_to": place(raw["billingAddress"]),
        "lines": [_line(one, currency) for one in sorted(goods, key=lambda one: int(one.get("position") or 0))],
        "payments": [_payment(one, currency) for one in transactions],
        "refunds": [refund for one in transactions for refund in refunds(one, currency)],
        "shipments": [parcel for one in deliveries for parcel in _parcels(one, sent)],
        "note": raw.get("customerComment") or "",
        "url": f"{str(shop.settings['base_url']).rstrip('/')}/admin#/sw/order/detail/{raw['id']}",
    }
    return msgspec.convert(fields, Order)


def minor(amount: object, currency: str) -> int:
    """Return an amount as Shopware gives it, a number of major units, in minor units."""
    return money.minor(str(amount), currency)


def _moments(raw: dict[str, Any]) -> Iterator[str]:
    """Give the moments at which an order or anything that hangs on it was made or changed."""
    of: list[Any] = [raw, raw["orderCustomer"], raw["billingAddress"], *(raw["lineItems"] or [])]
    for one in raw["deliveries"] or []:
        of += [one, one.get("shippingOrderAddress")]
    for one in raw["transactions"] or []:
        captures = one.get("captures") or []
        of += [one, *captures, *(refund for capture in captures for refund in capture.get("refunds") or [])]
    for one in of:
        for name in ("createdAt", "updatedAt"):
            if one and one.get(name):
                yield str(one[name])


def paying(transactions: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the payment that counts: the last that was not given up, else the last, else none."""
    good = [one for one in transactions if state(one) not in ("cancelled", "failed")]
    return (good or transactions or [{}])[-1]


def _buyer(raw: dict[str, Any]) -> dict[str, Any]:
    of, address = raw["orderCustomer"] or {}, raw["billingAddress"] or {}
    account = of.get("customer") or {}
    known = bool(account) and not account.get("guest")
    locale = ((raw["language"] or {}).get("locale") or {}).get("code") or ""
    return {
        "id": account["id"] if known else "",
        "email": of.get("email") or "",
        "phone": address.get("phoneNumber") or "",
        "name": name(of) or name(address),
        "language": str(locale).partition("-")[0].lower(),
        "birthday": str(account["birthday"])[:10] if known and account.get("birthday") else None,
        "registered_at": account.get("createdAt") if known else None,
    }


def name(of: dict[str, Any]) -> str:
    """Return the name of a person or of an address."""
    return f"{of.get('firstName') or ''} {of.get('lastName') or ''}".strip()


def place(raw: dict[str, Any] | None) -> dict[str, Any]:
    """Return an address, empty where there is none."""
    if not raw:
        return {}
    lines = (raw["street"], raw.get("additionalAddressLine1"), raw.get("additionalAddressLine2"))
    return {
        "name": name(raw),
        "company": raw.get("company") or "",
        "lines": [line for line in lines if line],
        "postcode": raw.get("zipcode") or "",
        "city": raw["city"],
        "region": label(raw.get("countryState")),
        "country": (raw.get("country") or {}).get("iso") or "",
        "phone": raw.get("phoneNumber") or "",
    }


def _line(raw: dict[str, Any], currency: str) -> dict[str, Any]:
    payload = raw.get("payload") if isinstance(raw.get("payload"), dict) else {}
    chosen = payload.get("options") if isinstance(payload, dict) else None
    return {
        "id": raw["id"],
        "title": raw["label"],
        "quantity": raw["quantity"],
        "price": minor(raw["unitPrice"], currency),
        "total": minor(raw["totalPrice"], currency),
        "sku": str((payload or {}).get("productNumber") or ""),
        "product_id": str((payload or {}).get("parentId") or raw.get("productId") or ""),
        "variant_id": raw.get("productId") or "",
        "options": {str(one["group"]): str(one["option"]) for one in chosen or [] if isinstance(one, dict)},
    }


def _payment(raw: dict[str, Any], currency: str) -> dict[str, Any]:
    return {
        "id": raw["id"],
        "method": label(raw.get("paymentMethod")),
        "state": _PAYMENTS.get(state(raw), ""),
        "amount": minor(raw["amount"]["totalPrice"], currency),
        "at": raw["createdAt"],
    }


def refunds(raw: dict[str, Any], currency: str) -> list[dict[str, Any]]:
    """Return what was given back of a payment: by its plugin, or elsewhere and noted here."""
    found = [
        {
            "id": one["id"],
            "amount": minor(one["amount"]["totalPrice"], currency),
            "at": one.get("updatedAt") or one["createdAt"],
            "reason": one.get("reason") or "",
        }
        for capture in raw.get("captures") or []
        for one in capture.get("refunds") or []
        if state(one) == "completed"
    ]
    for key, one in sorted((raw.get("customFields") or {}).items()):
        if key.startswith(RECORD) and isinstance(one, dict):
            found.append({"id": key, "amount": one["amount"], "at": one["at"], "reason": str(one.get("reason", ""))})
    return found


def _parcels(raw: dict[str, Any], sent: dict[str, str]) -> Iterator[dict[str, Any]]:
    method = raw.get("shippingMethod") or {}
    track = label(method, "trackingUrl")
    left = sent.get(raw["id"]) if state(raw) in LEFT else None
    codes = raw.get("trackingCodes") or ([""] if left else [])
    for number, code in enumerate(codes):
        yield {
            "id": f"{raw['id']}-{number}",
            "number": str(code),
            "carrier": label(method),
            "url": track.replace("%s", str(code)) if "%s" in track and code else "",
            "sent_at": left,
            "promised_at": None,
        }


def product(shop: ShopInfo, raw: dict[str, Any], currencies: dict[str, str]) -> Product:
    """Return a product with its variants. Raises what base.ODD names where it makes no sense."""
    children = raw.get("children") or []
    moments = [one[at] for one in (raw, *children) for at in ("createdAt", "updatedAt") if one.get(at)]
    variants = [_variant(shop, one, raw, currencies) for one in children or [raw]]
    categories = raw.get("categories") or []
    media = ((raw.get("cover") or {}).get("media")) or {}
    fields = {
        "id": raw["id"],
        "title": label(raw),
        "changed_at": max(moments),
        "variants": [one for one in variants if one is not None],
        "category": label(categories[0]) if categories else "",
        "vendor": label(raw.get("manufacturer")),
        "url": f"{str(shop.settings['base_url']).rstrip('/')}/detail/{raw['id']}",
        "picture": media.get("url") or "",
        "attributes": _options(raw.get("properties") or []),
        "active": bool(raw.get("active")),
    }
    return msgspec.convert(fields, Product)


def _variant(
    shop: ShopInfo, raw: dict[str, Any], parent: dict[str, Any], currencies: dict[str, str]
) -> dict[str, Any] | None:
    prices = raw.get("price") or parent.get("price") or []
    wanted = [one for one in prices if currencies.get(one["currencyId"]) == shop.currency]
    usual = [one for one in prices if one["currencyId"] == DEFAULT_CURRENCY]
    price = next(iter(wanted or usual), None)
    if price is None:
        return None
    currency = currencies[price["currencyId"]]
    now = minor(price["gross"], currency)
    listed = price.get("listPrice") or {}
    before = minor(listed["gross"], currency) if listed.get("gross") else now
    options = _options(raw.get("options") or [])
    stock = raw.get("availableStock") if raw.get("availableStock") is not None else raw.get("stock")
    return {
        "id": raw["id"],
        "title": ", ".join(options.values()) or label(raw) or label(parent),
        "price": now,
        "currency": currency,
        "sku": raw["productNumber"],
        "barcode": raw.get("ean") or "",
        "before": before if before > now else None,
        "attributes": options,
        "stock": [] if stock is None else [{"place": "", "quantity": stock}],
    }


def _options(raws: Iterable[dict[str, Any]]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for raw in raws:
        found.setdefault(label(raw.get("group")), []).append(label(raw))
    return {group: ", ".join(names) for group, names in found.items() if group}


def promotion(raw: dict[str, Any], currencies: dict[str, str]) -> Promotion | Gone:
    """Return a promotion; Gone for what is somebody's own or takes off more than can be said in a line. Raises what
    base.ODD names where it makes no sense."""
    taken = raw["discounts"] or []
    own = raw["useIndividualCodes"] or raw.get("customerRestriction") or str(label(raw)).startswith("Pult ")
    if len(taken) != 1 or own or taken[0].get("considerAdvancedRules") or taken[0]["scope"] not in ("cart", "delivery"):
        return Gone("promotion", raw["id"])
    (one,) = taken
    currency = currencies[DEFAULT_CURRENCY]
    percent, least = one["type"] == "percentage", one["type"] == "absolute"
    delivery = one["scope"] == "delivery"
    used_up = (
        raw.get("maxRedemptionsGlobal") is not None and int(raw.get("orderCount") or 0) >= raw["maxRedemptionsGlobal"]
    )
    fields = {
        "id": raw["id"],
        "title": label(raw) or raw.get("code") or "",
        "changed_at": max(str(of[at]) for of in (raw, one) for at in ("createdAt", "updatedAt") if of.get(at)),
        "code": (raw.get("code") or "") if raw["useCodes"] else "",
        "percent": one["value"] if percent else None,
        "amount": minor(one["value"], currency) if least else None,
        "currency": currency if least else "",
        "delivery": delivery,
        "starts_at": raw.get("validFrom"),
        "ends_at": raw.get("validUntil"),
        "active": bool(raw["active"]) and not used_up,
    }
    return msgspec.convert(fields, Promotion)
