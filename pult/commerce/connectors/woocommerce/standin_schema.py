"""What WooCommerce's REST API v3 takes, for the stand-in: names, types and choices as its documentation has them.

The real one passes over what it does not know; here a wrong name is refused, so that no request is sent for nothing.
"""

from __future__ import annotations

from typing import Any

STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "trash")
_PARTS = ("first_name", "last_name", "company", "address_1", "address_2")
_ADDRESS = dict.fromkeys((*_PARTS, "city", "state", "postcode", "country", "phone"), str)
_META = [{"id": int, "key": str, "value": object}]
_LINE = {
    "id": int,
    "name": str,
    "product_id": int,
    "variation_id": int,
    "quantity": int,
    "tax_class": str,
    "subtotal": str,
    "total": str,
    "meta_data": _META,
}
ORDER = {
    "parent_id": int,
    "status": STATUSES,
    "currency": str,
    "customer_id": int,
    "customer_note": str,
    "billing": {**_ADDRESS, "email": str},
    "shipping": _ADDRESS,
    "payment_method": str,
    "payment_method_title": str,
    "transaction_id": str,
    "meta_data": _META,
    "line_items": [_LINE],
    "shipping_lines": [
        {"id": int, "method_title": str, "method_id": str, "instance_id": str, "total": str, "meta_data": _META}
    ],
    "coupon_lines": [{"code": str}],
    "set_paid": bool,
}
REFUND = {
    "amount": str,
    "reason": str,
    "refunded_by": int,
    "meta_data": _META,
    "line_items": [
        {"id": int, "quantity": int, "refund_total": str, "refund_tax": [{"id": int, "amount": str}]},
    ],
    "api_refund": bool,
    "api_restock": bool,
}
NOTE = {"note": str, "customer_note": bool, "added_by_user": bool}
COUPON = {
    "code": str,
    "amount": str,
    "discount_type": ("percent", "fixed_cart", "fixed_product"),
    "description": str,
    "date_expires_gmt": str,
    "individual_use": bool,
    "usage_limit": int,
    "usage_limit_per_user": int,
    "minimum_amount": str,
    "email_restrictions": [str],
    "meta_data": _META,
}
CUSTOMER = {
    "email": str,
    "first_name": str,
    "last_name": str,
    "username": str,
    "password": str,
    "billing": {**_ADDRESS, "email": str},
    "shipping": _ADDRESS,
    "meta_data": _META,
}
LISTS = {
    "page": int,
    "per_page": int,
    "offset": int,
    "order": ("asc", "desc"),
    "orderby": ("date", "id", "include", "title", "slug"),
    "include": str,
    "exclude": str,
    "after": str,
    "before": str,
    "modified_after": str,
    "modified_before": str,
    "dates_are_gmt": ("true", "false"),
}
QUERIES: dict[str, dict[str, Any]] = {
    "orders": {**LISTS, "status": str, "customer": int, "search": str},
    "products": {**LISTS, "sku": str, "search": str},
    "coupons": {**LISTS, "code": str, "search": str},
    "customers": {**LISTS, "email": str, "role": str},
    "variations": LISTS,
    "refunds": LISTS,
    "notes": {"type": ("any", "customer", "internal")},
    "delete": {"force": ("true", "false")},
    "": {},
}


def problem(given: Any, wanted: Any, name: str = "") -> str:
    """Return the name of the first parameter that is not as it has to be, nothing where all are."""
    if isinstance(wanted, dict):
        if not isinstance(given, dict):
            return name or "body"
        for key, value in given.items():
            if key not in wanted:
                return f"{name}.{key}" if name else key
            if found := problem(value, wanted[key], f"{name}.{key}" if name else key):
                return found
        return ""
    if isinstance(wanted, list):
        if not isinstance(given, list):
            return name
        return next((found for one in given if (found := problem(one, wanted[0], name))), "")
    if isinstance(wanted, tuple):
        return "" if given in wanted else name
    if wanted is int and isinstance(given, bool):
        return name
    return "" if isinstance(given, wanted) else name


def bad_query(given: dict[str, str], wanted: dict[str, Any]) -> str:
    """Return the name of the first parameter of an address that is not as it has to be."""
    for name, value in given.items():
        if name not in wanted:
            return name
        if wanted[name] is int and not value.isdigit():
            return name
        if isinstance(wanted[name], tuple) and value not in wanted[name]:
            return name
    return "per_page" if not 1 <= int(given.get("per_page", 10)) <= 100 else ""
