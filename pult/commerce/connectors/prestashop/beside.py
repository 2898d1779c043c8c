"""What stands beside PrestaShop's orders and products, in resources of their own: it is asked for once a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pult.commerce.base import ShopInfo
from pult.commerce.connectors.prestashop.asking import of, rows

Row = dict[str, Any]


class Beside:
    """What stands beside the things of one page, by id or by whose it is. What was not asked for is empty."""

    def __init__(self) -> None:
        self.currencies: dict[str, str] = {}
        self.languages: dict[str, str] = {}
        self.states: dict[str, Row] = {}
        self.countries: dict[str, str] = {}
        self.regions: dict[str, str] = {}
        self.addresses: dict[str, Row] = {}
        self.customers: dict[str, Row] = {}
        self.carriers: dict[str, Row] = {}
        self.payments: dict[str, list[Row]] = {}
        self.slips: dict[str, list[Row]] = {}
        self.parcels: dict[str, list[Row]] = {}
        self.histories: dict[str, list[Row]] = {}
        self.combinations: dict[str, list[Row]] = {}
        self.categories: dict[str, str] = {}
        self.stock: dict[tuple[str, str], int] = {}
        self._values: dict[str, tuple[str, str]] = {}
        self._features: dict[str, tuple[str, str]] = {}

    def options(self, combination: Mapping[str, Any]) -> dict[str, str]:
        """Return in what a combination differs: size and colour."""
        return _named(combination, "product_option_values", "id", self._values)

    def features(self, product: Mapping[str, Any]) -> dict[str, str]:
        """Return what is said of a product besides."""
        return _named(product, "product_features", "id_feature_value", self._features)

    def add_options(self, values: Sequence[Row], groups: Sequence[Row]) -> None:
        """Know the words of options."""
        names = {str(one["id"]): words(one.get("name")) for one in groups}
        for one in values:
            self._values[str(one["id"])] = (names.get(str(one.get("id_attribute_group")), ""), words(one.get("name")))

    def add_features(self, values: Sequence[Row], features: Sequence[Row]) -> None:
        """Know the words of features."""
        names = {str(one["id"]): words(one.get("name")) for one in features}
        for one in values:
            self._features[str(one["id"])] = (names.get(str(one.get("id_feature")), ""), words(one.get("value")))


def _named(said: Mapping[str, Any], name: str, field: str, known: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in _associated(said, name):
        label, value = known.get(str(one.get(field)), ("", ""))
        if label and value:
            found[label] = value
    return found


def _associated(said: Mapping[str, Any], name: str) -> list[Row]:
    found = said.get("associations")
    inside = found.get(name) if isinstance(found, dict) else None
    return [one for one in inside if isinstance(one, dict)] if isinstance(inside, list) else []


def _linked(found: Iterable[Row], name: str, field: str) -> set[str]:
    return {str(one.get(field)) for thing in found for one in _associated(thing, name)}


def words(value: object) -> str:
    """Return a word, in the first language where it is said in several."""
    if isinstance(value, list):
        return words(value[0].get("value")) if value and isinstance(value[0], dict) else ""
    return "" if value is None else str(value)


def _by(found: Iterable[Row], field: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for one in found:
        groups[str(one.get(field))].append(one)
    return dict(groups)


def _each(found: Iterable[Row]) -> dict[str, Row]:
    return {str(one["id"]): one for one in found}


def _all(found: Iterable[Mapping[str, Any]], *fields: str) -> set[str]:
    return {str(one.get(field)) for one in found for field in fields}


def currencies(shop: ShopInfo) -> dict[str, str]:
    """Return the shop's currencies. Raises ShopError."""
    return {str(one["id"]): words(one.get("iso_code")) for one in rows(shop, "currencies", {})}


def known(shop: ShopInfo) -> Beside:
    """Ask for what stands beside every order: currencies, states and languages. Raises ShopError."""
    found = Beside()
    found.currencies = currencies(shop)
    found.states = _each(rows(shop, "order_states", {}))
    found.languages = {str(one["id"]): words(one.get("iso_code")) for one in rows(shop, "languages", {})}
    return found


def of_orders(shop: ShopInfo, orders: Sequence[Row], beside_all: Beside | None = None) -> Beside:
    """Ask for what stands beside these orders, and not again for what stands beside all. Raises ShopError."""
    found = Beside()
    if not orders:
        return found
    ids = _all(orders, "id")
    always = beside_all or known(shop)
    found.currencies, found.states, found.languages = always.currencies, always.states, always.languages
    found.customers = _each(of(shop, "customers", "id", _all(orders, "id_customer")))
    places = _all(orders, "id_address_delivery", "id_address_invoice")
    found.addresses = _each(of(shop, "addresses", "id", places))
    addresses = found.addresses.values()
    nations = of(shop, "countries", "id", _all(addresses, "id_country"))
    found.countries = {str(one["id"]): words(one.get("iso_code")) for one in nations}
    regions = of(shop, "states", "id", _all(addresses, "id_state"))
    found.regions = {str(one["id"]): words(one.get("name")) for one in regions}
    found.payments = _by(of(shop, "order_payments", "order_reference", _all(orders, "reference")), "order_reference")
    found.slips = _by(of(shop, "order_slip", "id_order", ids), "id_order")
    found.histories = _by(of(shop, "order_histories", "id_order", ids), "id_order")
    parcels = of(shop, "order_carriers", "id_order", ids)
    found.parcels = _by(parcels, "id_order")
    found.carriers = _each(of(shop, "carriers", "id", _all(parcels, "id_carrier")))
    return found


def of_products(shop: ShopInfo, products: Sequence[Row]) -> Beside:
    """Ask for what stands beside these products. Raises ShopError."""
    found = Beside()
    if not products:
        return found
    ids = _all(products, "id")
    combined = [one["id"] for one in products if _associated(one, "combinations")]
    combinations = of(shop, "combinations", "id_product", combined)
    found.combinations = _by(combinations, "id_product")
    for lot in of(shop, "stock_availables", "id_product", ids):
        place = (str(lot.get("id_product")), str(lot.get("id_product_attribute")))
        found.stock[place] = found.stock.get(place, 0) + int(lot.get("quantity") or 0)
    categories = of(shop, "categories", "id", _all(products, "id_category_default"))
    found.categories = {str(one["id"]): words(one.get("name")) for one in categories}
    chosen = _linked(combinations, "product_option_values", "id")
    values = of(shop, "product_option_values", "id", chosen)
    found.add_options(values, of(shop, "product_options", "id", _all(values, "id_attribute_group")))
    said = _linked(products, "product_features", "id_feature_value")
    known = of(shop, "product_feature_values", "id", said)
    found.add_features(known, of(shop, "product_features", "id", _all(known, "id_feature")))
    return found
