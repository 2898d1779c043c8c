"""What WooCommerce says, as its REST API v3 has it. https://woocommerce.github.io/woocommerce-rest-api-docs/

Only what is read here; other fields, which plugins add by the dozen, are passed over.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

Number: TypeAlias = int | float | str | None
"""Amounts are written as text; some versions and plugins give numbers, or nothing at all."""
Text: TypeAlias = str | int | float | None


class Meta(msgspec.Struct, frozen=True):
    """A word that the shop or a plugin keeps with a thing."""

    key: Text = ""
    value: Any = None


class Address(msgspec.Struct, frozen=True):
    """A postal address; `email` is that of the bill only."""

    first_name: Text = ""
    last_name: Text = ""
    company: Text = ""
    address_1: Text = ""
    address_2: Text = ""
    city: Text = ""
    state: Text = ""
    postcode: Text = ""
    country: Text = ""
    email: Text = ""
    phone: Text = ""


class Tax(msgspec.Struct, frozen=True):
    """The part of a line's tax that one rate makes."""

    id: Text = ""
    total: Number = None


class Item(msgspec.Struct, frozen=True):
    """A line of goods, or of delivery (`method_title`). `subtotal` is before, `total` after discounts, without tax."""

    id: int | str
    name: Text = ""
    method_title: Text = ""
    product_id: Text = 0
    variation_id: Text = 0
    quantity: Number = 1
    subtotal: Number = None
    subtotal_tax: Number = None
    total: Number = None
    total_tax: Number = None
    taxes: list[Tax] = []
    sku: Text = ""
    meta_data: list[Meta] = []


class RefundNote(msgspec.Struct, frozen=True):
    """A refund as its order names it; `total` is below zero."""

    id: int | str
    reason: Text = ""
    total: Number = None


class Order(msgspec.Struct, frozen=True):
    """An order. Moments with `_gmt` are of UTC, and say so nowhere."""

    id: int | str
    status: str
    currency: str
    date_created_gmt: str | None
    date_modified_gmt: str | None = None
    number: Text = ""
    total: Number = None
    total_tax: Number = None
    shipping_total: Number = None
    shipping_tax: Number = None
    discount_total: Number = None
    discount_tax: Number = None
    customer_id: Text = 0
    customer_note: Text = ""
    billing: Address = Address()
    shipping: Address = Address()
    payment_method: Text = ""
    payment_method_title: Text = ""
    transaction_id: Text = ""
    date_paid_gmt: str | None = None
    date_completed_gmt: str | None = None
    meta_data: list[Meta] = []
    line_items: list[Item] = []
    shipping_lines: list[Item] = []
    refunds: list[RefundNote] = []
    payment_url: Text = ""


class Attribute(msgspec.Struct, frozen=True):
    """A product's attribute with all its `options`, or a variation's with one."""

    name: Text = ""
    option: Text = None
    options: list[Text] = []


class Named(msgspec.Struct, frozen=True):
    """A category or a brand."""

    id: Text = 0
    name: Text = ""


class Image(msgspec.Struct, frozen=True):
    """A picture."""

    src: Text = ""


class Variation(msgspec.Struct, frozen=True):
    """What is bought of a product with variations, and what a plain product says of itself as well."""

    id: int | str
    sku: Text = ""
    global_unique_id: Text = ""
    price: Number = None
    regular_price: Number = None
    manage_stock: bool | str | None = False
    stock_quantity: Number = None
    stock_status: Text = ""
    attributes: list[Attribute] = []


class Product(Variation, frozen=True, kw_only=True):
    """A product; `variations` are the ids of its variations."""

    name: Text = ""
    type: Text = "simple"
    status: Text = "publish"
    permalink: Text = ""
    date_created_gmt: str | None = None
    date_modified_gmt: str | None = None
    categories: list[Named] = []
    brands: list[Named] = []
    images: list[Image] = []
    variations: list[Text] = []


class Coupon(msgspec.Struct, frozen=True):
    """A coupon. `discount_type` is percent, fixed_cart or fixed_product."""

    id: int | str
    code: Text = ""
    amount: Number = None
    discount_type: Text = ""
    status: Text = "publish"
    description: Text = ""
    date_created_gmt: str | None = None
    date_modified_gmt: str | None = None
    date_expires_gmt: str | None = None
    usage_count: Number = 0
    usage_limit: Number = None
    free_shipping: bool | None = False
    minimum_amount: Number = None
    product_ids: list[Text] = []
    product_categories: list[Text] = []
    meta_data: list[Meta] = []
