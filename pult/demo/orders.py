"""The demo shop's orders: one for each matter that is about one, as files that the CSV connector reads."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from pult.commerce.base import Promotion
from pult.demo.generate import CONVERSATIONS, SEED, Matter, matters
from pult.demo.letters import PRICES, RATES
from pult.demo.lexicon import lexicon
from pult.demo.people import Shopper
from pult.demo.shop import STORES, DemoStore

Row = dict[str, str]

_BEFORE_BUYING = frozenset(
    {"tyre_dot", "tyre_fit", "stock", "product_question", "price", "newsletter", "account", "other_shop"}
)
_NOT_SENT = frozenset({"cancel", "change_address", "gift"})
_ON_ITS_WAY = frozenset({"late_parcel", "tracking_stuck", "big_delivery", "pickup"})
_MAPPING = """\
# What the words of this shop mean (docs/shops.md).
[states]
new = { payment = "paid", fulfilment = "none" }
unpaid = { payment = "failed", fulfilment = "none" }
sent = { payment = "paid", fulfilment = "sent" }
delivered = { state = "completed", payment = "paid", fulfilment = "delivered" }
refunded = { state = "completed", payment = "refunded", fulfilment = "returned" }
cancelled = { state = "cancelled", payment = "voided", fulfilment = "none" }
"""
_POSTAGE = 4
_SHELF = 7
"""How many of everything are in stock; tyres are of two weeks."""


def write(folder: Path, now: datetime, *, seed: str = SEED, count: int = CONVERSATIONS) -> dict[str, Path]:
    """Write the files of every store below `folder` and return each store's folder by its name."""
    folders = {}
    orders: dict[str, list[Row]] = {store.name: [] for store in STORES}
    lines: dict[str, list[Row]] = {store.name: [] for store in STORES}
    for matter in matters(now, seed=seed, count=count):
        for order, line in _orders_of(matter, now):
            orders[matter.store.name].append(order)
            lines[matter.store.name].append(line)
    for number, store in enumerate(STORES, start=1):
        place = folders[store.name] = folder / f"store-{number}"
        place.mkdir(parents=True, exist_ok=True)
        (place / "mapping.toml").write_text(_MAPPING, encoding="utf-8")
        _save(place / "orders.csv", orders[store.name])
        _save(place / "order_lines.csv", lines[store.name])
        _save(place / "products.csv", list(_products(store)))
    return folders


def _save(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


def _orders_of(matter: Matter, now: datetime) -> Iterator[tuple[Row, Row]]:
    """Give the order that a conversation is about, and now and then an older one of the same customer."""
    rng = random.Random(f"{matter.case.facts['order']}:orders")  # noqa: S311
    case, key = matter.case, matter.case.scenario.key
    if key not in _BEFORE_BUYING:
        status = "delivered"
        if key in _ON_ITS_WAY and now - matter.start < timedelta(days=12):
            status = "sent"
        elif key in _NOT_SENT and now - matter.start < timedelta(days=4):
            status = "new"
        elif key == "cancel":
            status = "cancelled"
        elif key == "payment":
            status = "unpaid"
        elif key == "refund_when" and now - matter.start > timedelta(days=6):
            status = "refunded"
        good = next(name for name, product in lexicon(case.shopper.language).goods.items() if product is case.product)
        yield _order(rng, case.facts["order"], good, case.shopper, case.ordered_at, status, case.facts)
    if rng.random() < 0.35:
        good = rng.choice(list(PRICES))
        at = matter.start - timedelta(days=rng.randint(40, 500), minutes=rng.randint(0, 900))
        number = f"D-{rng.randint(10_000, 99_999)}"
        parcel = {"tracking": f"DEMO{rng.randint(10**8, 10**9 - 1)}", "carrier": case.facts["carrier"]}
        yield _order(rng, number, good, case.shopper, at, "delivered", parcel)


def _order(
    rng: random.Random, number: str, good: str, shopper: Shopper, at: datetime, status: str, parcel: dict[str, str]
) -> tuple[Row, Row]:
    price = round(PRICES[good] * RATES.get(shopper.language, 1)) + 0.9
    sent = at + timedelta(hours=rng.randint(14, 40)) if status in {"sent", "delivered", "refunded"} else None
    arrived = sent + timedelta(hours=rng.randint(20, 70)) if sent and status != "sent" else None
    product = lexicon(shopper.language).goods[good]
    order = {
        "id": number,
        "number": number,
        "buyer": f"C{shopper.number + 1:04d}",
        "email": shopper.email,
        "phone": shopper.phone,
        "name": shopper.name,
        "language": shopper.language,
        "placed_at": at.isoformat(timespec="seconds"),
        "status": status,
        "currency": "PLN" if shopper.language == "pl" else "EUR",
        "shipping": str(_POSTAGE),
        "promised_at": (at + timedelta(days=5)).isoformat(timespec="seconds"),
        "sent_at": sent.isoformat(timespec="seconds") if sent else "",
        "delivered_at": arrived.isoformat(timespec="seconds") if arrived else "",
        "parcel": parcel["tracking"] if sent else "",
        "carrier": parcel["carrier"] if sent else "",
        "street": shopper.street,
        "city": shopper.city,
    }
    line = {
        "order": number,
        "product": good,
        "sku": good.upper(),
        "title": _title(product.nom),
        "quantity": str(4 if good == "tyres" else 1),
        "price": f"{price:.2f}",
    }
    return order, line


def promotions(currency: str, now: datetime) -> list[Promotion]:
    """Return what a store of the demo offers: something off tyres by itself, and a code for everything."""
    return [
        Promotion(
            id="tyres",
            title="−15 %",
            changed_at=now,
            percent=15,
            currency=currency,
            starts_at=now - timedelta(days=3),
            ends_at=now + timedelta(days=45),
            product_ids=["tyres"],
        ),
        Promotion(
            id="WELCOME-10",
            title="WELCOME-10",
            changed_at=now,
            code="WELCOME-10",
            percent=10,
            currency=currency,
            starts_at=now - timedelta(days=90),
            ends_at=now + timedelta(days=365),
        ),
    ]


def _title(name: str) -> str:
    name = name.removeprefix("the ")
    return name[:1].upper() + name[1:]


def _products(store: DemoStore) -> Iterable[Row]:
    language = store.language
    for good, product in lexicon(language).goods.items():
        yield {
            "id": good,
            "title": _title(product.nom),
            "sku": good.upper(),
            "price": f"{round(PRICES[good] * RATES.get(language, 1)) + 0.9:.2f}",
            "stock": str(_SHELF + len(good)),
            "DOT": "2326" if good == "tyres" else "",
        }
