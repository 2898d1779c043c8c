"""Which of the things that a message names our shops know, and which of them speak of another shop."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from pult.commerce import base
from pult.commerce.index import ORDERS, PRODUCTS
from pult.commerce.mentions import numbers, questions, reading
from pult.commerce.mentions.merchants import Merchant, Names, known
from pult.commerce.models import Merchant as MerchantRow
from pult.commerce.models import Numbering
from pult.platform.db import Part, among, json_out, rows
from pult.platform.fulltext import scope_mark
from pult.platform.words import fold, forms, tokens

MOST_PARCELS = 3


class Rules(msgspec.Struct, frozen=True):
    """By what a message is read: the shapes of our numbers (none: nobody has learned them yet), whether all our shops
    tell of parcels, and other shops."""

    shapes: tuple[str, ...]
    tells_parcels: bool
    merchants: Names


class OrderNamed(msgspec.Struct, frozen=True):
    """An order of ours that a message names by its number or by its parcel's."""

    text: str
    order_id: int
    number: str
    customer_id: int | None
    by: str


class Reason(msgspec.Struct, frozen=True):
    """Why something was taken for what it is: the rule, the words of the message, and the carrier or the other shop.

    Rules: "unknown_number" (the message calls it an order, and it does not look like ours), "unknown_own" (it does),
    "unknown_parcel", "bought_there", "mail_domain".
    """

    rule: str
    text: str
    name: str = ""


class About(msgspec.Struct, frozen=True):
    """What a message is about: orders of ours; numbers like ours that are none; why it seems to be about another shop's
    order (empty: it does not)."""

    orders: list[OrderNamed]
    unknown: list[Reason]
    not_ours: list[Reason]


NOTHING = About([], [], [])


def rule_parts(*, store_ids: Collection[int]) -> list[Part]:
    """Return what has to be read for `rules_of`."""
    where, stores = among("s.store_id", sorted(store_ids))
    return [
        Part(
            "numberings",
            "s.name, t.name, n.learned, n.told, n.tells_parcels",
            "FROM commerce_shop s JOIN accounts_store t ON t.id = s.store_id"
            f" LEFT JOIN commerce_numbering n ON n.shop_id = s.id WHERE {where}",
            stores,
        ),
        Part("merchants", "m.name, m.words, m.domains, m.ours", "FROM commerce_merchant m"),
    ]


def rules_of(found: Mapping[str, Sequence[Sequence[Any]]]) -> Rules:
    """Return the rules from what was read."""
    shapes: dict[str, None] = {}
    for row in found["numberings"]:
        for kept in (row[2], row[3]):
            shapes.update(dict.fromkeys(json_out(kept) or ()))
    kept_here = tuple(
        Merchant(row[0], tuple(json_out(row[1])), tuple(json_out(row[2])), bool(row[3]))
        for row in sorted(found["merchants"], key=lambda row: str(row[0]))
    )
    own = tuple(sorted({name for row in found["numberings"] for name in row[:2]}))
    tells = bool(found["numberings"]) and all(row[4] for row in found["numberings"])
    return Rules(tuple(shapes), tells, known(kept_here, own))


def about(text: str, rules: Rules, *, store_ids: Collection[int], bought_lately: bool) -> About:
    """Return what a message is about.

    Args:
        bought_lately: its writer has an order of ours that may still be on its way: a parcel that no shop has told of
            yet says nothing.
    """
    named = reading.read(text, shapes=rules.shapes, merchants=rules.merchants)
    if not (named.numbers or named.parcels or named.others):
        return NOTHING
    ours = _orders([one.text for one in named.numbers], store_ids) if named.numbers else {}
    orders = [ours[numbers.plain(one.text)] for one in named.numbers if numbers.plain(one.text) in ours]
    unknown, reasons = [], []
    for one in named.numbers:
        if numbers.plain(one.text) in ours or not rules.shapes:
            continue
        if numbers.fits(one.text, rules.shapes):
            unknown.append(Reason("unknown_own", one.text))
        else:
            reasons.append(Reason("unknown_number", one.text))
    for parcel in named.parcels[:MOST_PARCELS]:
        order = _by_parcel(parcel.number, store_ids)
        if order is not None:
            orders.append(order)
        elif rules.tells_parcels and not named.sent_back and not bought_lately:
            reasons.append(Reason("unknown_parcel", parcel.number, parcel.carrier))
    reasons += [Reason(other.rule, other.text, other.name) for other in named.others]
    once = list({order.order_id: order for order in reversed(orders)}.values())[::-1]
    return About(once, unknown, [] if orders else reasons)


def _orders(texts: Sequence[str], store_ids: Collection[int]) -> dict[str, OrderNamed]:
    """Return the orders of these numbers, by the number without its sign; the newest of those that share one."""
    written = sorted({way for text in texts for way in _written(text)})
    where, stores = among("s.store_id", sorted(store_ids))
    either = []
    values: list[Any] = []
    for column in ("o.number", "o.external_id"):
        condition, wanted = among(column, written)
        either.append(
            f"SELECT {column}, o.id, o.number, o.customer_id FROM commerce_shop s"
            f" JOIN commerce_order o ON o.shop_id = s.id WHERE {where} AND {condition}"
        )
        values += [*stores, *wanted]
    found: dict[str, OrderNamed] = {}
    for text, order_id, number, customer_id in sorted(rows(" UNION ALL ".join(either), values), key=lambda row: row[1]):
        found[numbers.plain(text)] = OrderNamed(text, order_id, number, customer_id, "number")
    return found


def _written(text: str) -> set[str]:
    bare = text.strip().lstrip("#")
    return {way for one in (bare, bare.upper(), bare.lower()) for way in (one, f"#{one}")}


def _by_parcel(number: str, store_ids: Collection[int]) -> OrderNamed | None:
    marks = [scope_mark(store_id) for store_id in sorted(store_ids)]
    hits = ORDERS.find([[fold(number)]], any_mark=marks, limit=1) if marks else []
    if not hits:
        return None
    (row,) = rows("SELECT o.number, o.customer_id FROM commerce_order o WHERE o.id = %s", [hits[0].id]) or [None]
    return None if row is None else OrderNamed(number, hits[0].id, row[0], row[1], "parcel")


MOST_PRODUCTS = 20
_TITLE = 0.6
"""So many words of a product's name make it one that a message names."""


def products_of(lines: Iterable[tuple[int, str]]) -> list[base.Product]:
    """Return products by their shop and their id there."""
    wanted = list(dict.fromkeys(one for one in lines if one[1]))[:MOST_PRODUCTS]
    if not wanted:
        return []
    pairs = " OR ".join(["(p.shop_id = %s AND p.external_id = %s)"] * len(wanted))
    found = rows(
        f"SELECT p.shop_id, p.external_id, p.body FROM commerce_product p WHERE {pairs}",
        [value for pair in wanted for value in pair],
    )
    known = {(row[0], row[1]): msgspec.convert(json_out(row[2]), base.Product) for row in found}
    return [known[pair] for pair in wanted if pair in known]


def products_named(text: str, what: questions.Asked, *, store_ids: Collection[int]) -> list[base.Product]:
    """Return products that a message names by their code, else by most words of their name."""
    marks = [scope_mark(store_id) for store_id in sorted(store_ids)]
    if not marks:
        return []
    ids = [hit.id for code in questions.codes(text) for hit in PRODUCTS.find([[fold(code)]], any_mark=marks, limit=2)]
    if ids:
        return _products(ids)
    if not what.usual:
        return []
    words = sorted({form for sentence in what.sentences for form in sentence if len(form) > 4})[:60]
    hits = PRODUCTS.find([words], any_mark=marks, limit=40) if words else []
    return [product for product in _products([hit.id for hit in hits]) if _is_named(product, what)][:MOST_PRODUCTS]


def _products(ids: Sequence[int]) -> list[base.Product]:
    if not ids:
        return []
    where, values = among("p.id", list(ids))
    found = rows(f"SELECT p.id, p.body FROM commerce_product p WHERE {where} AND p.active", values)
    known = {row[0]: msgspec.convert(json_out(row[1]), base.Product) for row in found}
    return [known[product_id] for product_id in dict.fromkeys(ids) if product_id in known]


def _is_named(product: base.Product, what: questions.Asked) -> bool:
    title = [word for word in tokens(product.title) if len(word) > 2]
    said = {form for sentence in what.sentences for form in sentence}
    hits = sum(any(form in said for form in forms(word, (what.language,))) for word in title)
    return bool(title) and hits >= max(1, len(title) * _TITLE)


class NumberingView(msgspec.Struct, frozen=True):
    """How a shop's numbers look: learned from its orders, and told by an admin."""

    shop_id: int
    name: str
    learned: list[str]
    told: list[str]


def numberings(*, store_ids: Collection[int]) -> list[NumberingView]:
    """Return how the shops of these stores write their numbers."""
    where, stores = among("s.store_id", sorted(store_ids))
    found = rows(
        f"SELECT s.id, s.name, n.learned, n.told FROM commerce_shop s LEFT JOIN {Numbering._meta.db_table} n"
        f" ON n.shop_id = s.id WHERE {where} ORDER BY s.name, s.id",
        stores,
    )
    return [NumberingView(row[0], row[1], json_out(row[2]) or [], json_out(row[3]) or []) for row in found]


def merchants() -> list[Merchant]:
    """Return the other shops that are kept here, by name."""
    kept = MerchantRow.objects.order_by("name").values_list("name", "words", "domains", "ours")
    return [Merchant(name, tuple(words), tuple(domains), ours) for name, words, domains, ours in kept]
