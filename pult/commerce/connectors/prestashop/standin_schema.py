"""What PrestaShop's Webservice keeps, for the stand-in: resources with their fields, as its documentation has them.

`needed` may not be missing when a thing is made, `most` is how long a text may be, `words` are said in languages.
"""

from __future__ import annotations

from typing import NamedTuple


class Resource(NamedTuple):
    """A resource: the names of a thing and of a list of them in answers, its fields, and which methods it takes."""

    one: str
    many: str
    fields: frozenset[str]
    needed: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    most: dict[str, int] = {}
    methods: tuple[str, ...] = ("GET", "POST", "PUT", "DELETE")


def _of(text: str) -> frozenset[str]:
    return frozenset(text.split())


RESOURCES: dict[str, Resource] = {
    "orders": Resource(
        "order",
        "orders",
        _of(
            "id_address_delivery id_address_invoice id_cart id_currency id_lang id_customer id_carrier current_state"
            " module invoice_number invoice_date delivery_number delivery_date valid date_add date_upd shipping_number"
            " note id_shop_group id_shop secure_key payment recyclable gift gift_message mobile_theme"
            " total_discounts total_discounts_tax_incl total_discounts_tax_excl"
            " total_paid total_paid_tax_incl total_paid_tax_excl"
            " total_paid_real total_products total_products_wt total_shipping total_shipping_tax_incl"
            " total_shipping_tax_excl carrier_tax_rate total_wrapping total_wrapping_tax_incl total_wrapping_tax_excl"
            " round_mode round_type conversion_rate reference"
        ),
        _of("id_address_delivery id_address_invoice id_cart id_currency id_lang id_customer id_carrier module payment"),
    ),
    "order_histories": Resource(
        "order_history",
        "order_histories",
        _of("id_employee id_order_state id_order date_add"),
        _of("id_order_state id_order"),
    ),
    "order_slip": Resource(
        "order_slip",
        "order_slips",
        _of(
            "id_customer id_order conversion_rate total_products_tax_excl total_products_tax_incl"
            " amount total_shipping_tax_excl total_shipping_tax_incl shipping_cost shipping_cost_amount partial"
            " date_add date_upd order_slip_type"
        ),
        _of(
            "id_customer id_order conversion_rate total_products_tax_excl total_products_tax_incl"
            " total_shipping_tax_excl total_shipping_tax_incl"
        ),
    ),
    "addresses": Resource(
        "address",
        "addresses",
        _of(
            "id_customer id_manufacturer id_supplier id_warehouse id_country id_state alias company lastname firstname"
            " vat_number address1 address2 postcode city other phone phone_mobile dni deleted date_add date_upd"
        ),
        _of("id_country alias lastname firstname address1 city"),
        most={"alias": 32, "address1": 128, "address2": 128, "postcode": 12, "city": 64, "other": 300, "phone": 32},
    ),
    "cart_rules": Resource(
        "cart_rule",
        "cart_rules",
        _of(
            "id_customer date_from date_to description quantity quantity_per_user priority partial_use code"
            " minimum_amount minimum_amount_tax minimum_amount_currency minimum_amount_shipping country_restriction"
            " carrier_restriction group_restriction cart_rule_restriction product_restriction shop_restriction"
            " free_shipping reduction_percent reduction_amount reduction_tax reduction_currency reduction_product"
            " reduction_exclude_special gift_product gift_product_attribute highlight active date_add date_upd"
        ),
        _of("date_from date_to name"),
        _of("name"),
        {"code": 254},
    ),
    "customer_threads": Resource(
        "customer_thread",
        "customer_threads",
        _of("id_lang id_shop id_customer id_order id_product id_contact email token status date_add date_upd"),
        _of("id_lang id_contact token"),
        most={"email": 255, "token": 12},
    ),
    "customer_messages": Resource(
        "customer_message",
        "customer_messages",
        _of("id_employee id_customer_thread ip_address message file_name user_agent private date_add date_upd read"),
        _of("message"),
    ),
    "products": Resource(
        "product",
        "products",
        _of("reference ean13 price active date_upd id_category_default manufacturer_name final usual"),
        words=_of("name"),
    ),
    "combinations": Resource("combination", "combinations", _of("id_product reference ean13 price")),
    "order_payments": Resource(
        "order_payment",
        "order_payments",
        _of("order_reference id_currency amount payment_method conversion_rate transaction_id card_number date_add"),
    ),
    "order_carriers": Resource(
        "order_carrier", "order_carriers", _of("id_order id_carrier weight tracking_number date_add")
    ),
    "customers": Resource(
        "customer", "customers", _of("email firstname lastname id_lang birthday is_guest date_add date_upd")
    ),
    "carriers": Resource("carrier", "carriers", _of("name url active deleted")),
    "countries": Resource("country", "countries", _of("iso_code active"), words=_of("name")),
    "states": Resource("state", "states", _of("iso_code name")),
    "currencies": Resource("currency", "currencies", _of("iso_code active")),
    "languages": Resource("language", "languages", _of("iso_code active")),
    "order_states": Resource("order_state", "order_states", _of("paid shipped delivery"), words=_of("name")),
    "categories": Resource("category", "categories", _of("active"), words=_of("name")),
    "contacts": Resource("contact", "contacts", _of("email"), words=_of("name")),
    "stock_availables": Resource(
        "stock_available",
        "stock_availables",
        _of("id_product id_product_attribute id_shop quantity"),
        methods=("GET", "PUT"),
    ),
    "product_options": Resource("product_option", "product_options", _of("group_type"), words=_of("name")),
    "product_option_values": Resource(
        "product_option_value", "product_option_values", _of("id_attribute_group"), words=_of("name")
    ),
    "product_features": Resource("product_feature", "product_features", _of("position"), words=_of("name")),
    "product_feature_values": Resource(
        "product_feature_value", "product_feature_values", _of("id_feature custom"), words=_of("value")
    ),
}
