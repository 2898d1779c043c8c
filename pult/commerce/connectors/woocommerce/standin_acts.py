"""What can be done in the stand-in: writes are held against the published parameters."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from pult.commerce.connectors.woocommerce import standin_schema as schema
from pult.commerce.testing import Answer


def error(status: int, code: str, message: str) -> Answer:
    """Return an error as WordPress writes it."""
    return status, {"code": code, "message": message, "data": {"status": status}}


class Acts:
    """Orders, coupons and customers that can be made and changed. `given_back` lists the money that a gateway moved."""

    done: list[tuple[str, str]]

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, dict[str, Any]]] = {
            "orders": {},
            "products": {},
            "coupons": {},
            "customers": {},
        }
        self.variations: dict[int, list[dict[str, Any]]] = {}
        self.refunds: dict[int, list[dict[str, Any]]] = {}
        self.notes: dict[int, list[dict[str, Any]]] = {}
        self.given_back: list[tuple[int, str]] = []
        self.gateways = {"stripe": ["products", "refunds"], "bacs": ["products"]}
        self.generates_passwords = True
        flat = {"id": 1, "instance_id": 1, "title": "Pošta", "enabled": True, "method_id": "flat_rate"}
        free = {"id": 2, "instance_id": 2, "title": "Prevzem", "enabled": True, "method_id": "local_pickup"}
        self.fixed: dict[str, object] = {
            "shipping/zones": [
                {"id": 0, "name": "Rest of the world", "order": 0},
                {"id": 1, "name": "Home", "order": 1},
                {"id": 2, "name": "Europe", "order": 2},
            ],
            "shipping/zones/1/locations": [{"code": "SI", "type": "country"}],
            "shipping/zones/2/locations": [{"code": "EU", "type": "continent"}],
            "shipping/zones/0/methods": [],
            "shipping/zones/1/methods": [
                flat | {"settings": {"cost": {"id": "cost", "value": "4.00"}}},
                free | {"settings": {"cost": {"id": "cost", "value": ""}}},
            ],
            "shipping/zones/2/methods": [flat | {"settings": {"cost": {"value": "5 + [qty] * 2"}}}],
            "data/continents/eu": {"code": "EU", "countries": [{"code": "HR"}, {"code": "SI"}]},
        }
        self._next = 5_000_000

    def now(self) -> str:
        """Return this moment as the shop writes it."""
        raise NotImplementedError

    def write(self, method: str, route: str, query: dict[str, str], body: Any) -> Answer:
        """Take a POST, PUT or DELETE."""
        if method == "DELETE":
            return self._delete(route, query)
        if method == "POST" and route == "orders":
            return self._checked(body, schema.ORDER) or self._make_order(body)
        if method == "PUT" and (found := re.fullmatch(r"orders/([0-9]+)", route)):
            return self._checked(body, schema.ORDER) or self._change_order(int(found[1]), body)
        if method == "POST" and (found := re.fullmatch(r"orders/([0-9]+)/refunds", route)):
            return self._checked(body, schema.REFUND) or self._refund(int(found[1]), body)
        if method == "POST" and (found := re.fullmatch(r"orders/([0-9]+)/notes", route)):
            return self._checked(body, schema.NOTE, "note") or self._note(int(found[1]), body)
        if method == "POST" and route == "coupons":
            return self._checked(body, schema.COUPON, "code") or self._coupon(body)
        if method == "POST" and route == "customers":
            needed = ("email",) if self.generates_passwords else ("email", "password")
            return self._checked(body, schema.CUSTOMER, *needed) or self._customer(body)
        return error(404, "rest_no_route", "No route was found matching the URL and request method.")

    def _checked(self, body: Any, wanted: Any, *needed: str) -> Answer | None:
        if bad := schema.problem(body, wanted):
            return error(400, "rest_invalid_param", f"Invalid parameter(s): {bad}")
        if missing := [name for name in needed if name not in body]:
            return error(400, "rest_missing_callback_param", f"Missing parameter(s): {', '.join(missing)}")
        return None

    def _new_id(self) -> int:
        self._next += 1
        return self._next

    def _make_order(self, body: dict[str, Any]) -> Answer:
        lines: list[dict[str, Any]] = []
        for one in body.get("line_items", []):
            row = self.rows["products"].get(one.get("product_id", 0))
            if row is None:
                return error(400, "woocommerce_rest_invalid_product_id", "Invalid product ID.")
            total = Decimal(one.get("total", Decimal(row["price"]) * one["quantity"]))
            lines.append(
                {
                    "id": self._new_id(),
                    "name": row["name"],
                    "product_id": row["id"],
                    "variation_id": one.get("variation_id", 0),
                    "quantity": one["quantity"],
                    "subtotal": str(one.get("subtotal", total)),
                    "total": str(total),
                    "total_tax": "0.00",
                    "taxes": [],
                    "meta_data": [],
                    "sku": row["sku"],
                }
            )
        for coupon in body.get("coupon_lines", []):
            if not any(one["code"] == coupon["code"].lower() for one in self.rows["coupons"].values()):
                return error(400, "woocommerce_rest_invalid_coupon", "Coupon does not exist!")
        untaxed = {"total_tax": "0.00", "taxes": []}
        ways = [{"id": self._new_id(), **untaxed, **one} for one in body.get("shipping_lines", [])]
        postage = sum((Decimal(one["total"]) for one in ways), Decimal(0))
        number = self._new_id()
        row = {
            "id": number,
            "number": str(number),
            "order_key": f"wc_order_{number}",
            "created_via": "rest-api",
            "date_created_gmt": self.now(),
            "date_modified_gmt": self.now(),
            "customer_id": 0,
            "billing": {},
            "shipping": {},
            "refunds": [],
            "meta_data": [],
            **body,
            "line_items": lines,
            "shipping_lines": ways,
            "shipping_total": str(postage),
            "total": str(sum((Decimal(line["total"]) for line in lines), postage)),
            "payment_url": f"https://shop.example/checkout/order-pay/{number}/?pay_for_order=true&key=wc_order_{number}",
        }
        self.rows["orders"][number] = row
        self.done.append(("draft_order" if body.get("status", "pending") == "pending" else "resend", str(number)))
        return 201, row

    def _change_order(self, number: int, body: dict[str, Any]) -> Answer:
        row = self.rows["orders"].get(number)
        if row is None:
            return error(400, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
        if "shipping" in body:
            row["shipping"] = row["shipping"] | body["shipping"]
            self.done.append(("change_address", str(number)))
        if body.get("status", row["status"]) != row["status"]:
            row["status"] = body["status"]
            self.done.append(("cancel" if body["status"] == "cancelled" else body["status"], str(number)))
        row["meta_data"] = [*row["meta_data"], *body.get("meta_data", [])]
        row["date_modified_gmt"] = self.now()
        return 200, row

    def _refund(self, number: int, body: dict[str, Any]) -> Answer:
        row = self.rows["orders"].get(number)
        if row is None:
            return error(404, "woocommerce_rest_invalid_order_id", "Invalid order ID.")
        left = Decimal(row["total"]) + sum((Decimal(one["total"]) for one in row["refunds"]), Decimal(0))
        amount = Decimal(body["amount"])
        if not 0 < amount <= left:
            return error(500, "woocommerce_rest_cannot_create_order_refund", "Invalid refund amount.")
        known = {line["id"] for line in row["line_items"] + row["shipping_lines"]}
        if any(one["id"] not in known for one in body.get("line_items", [])):
            return error(500, "woocommerce_rest_cannot_create_order_refund", "Invalid line item.")
        if body.get("api_refund", True):
            if "refunds" not in self.gateways.get(row["payment_method"], []):
                told = "The payment gateway for this order does not support automatic refunds."
                return error(500, "woocommerce_rest_cannot_create_order_refund", told)
            self.given_back.append((number, str(amount)))
        made = {
            "id": self._new_id(),
            "date_created_gmt": self.now(),
            "amount": str(amount),
            "reason": body.get("reason", ""),
            "meta_data": body.get("meta_data", []),
            "line_items": body.get("line_items", []),
        }
        self.refunds.setdefault(number, []).insert(0, made)
        row["refunds"] = [*row["refunds"], {"id": made["id"], "reason": made["reason"], "total": f"-{amount}"}]
        if row["status"] != "cancelled":
            self.done.append(("refund", str(number)))
        if amount == left:
            row["status"] = "refunded"
        row["date_modified_gmt"] = self.now()
        return 201, made

    def _note(self, number: int, body: dict[str, Any]) -> Answer:
        if number not in self.rows["orders"]:
            return error(404, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
        made = {"id": self._new_id(), "author": "Pult", "date_created_gmt": self.now(), **body}
        self.notes.setdefault(number, []).insert(0, made)
        self.done.append(("note", str(number)))
        return 201, made

    def _coupon(self, body: dict[str, Any]) -> Answer:
        code = body["code"].lower()
        if any(one["code"] == code for one in self.rows["coupons"].values()):
            return error(400, "woocommerce_rest_coupon_code_already_exists", "The coupon code already exists")
        made = {"id": self._new_id(), "date_created_gmt": self.now(), "date_modified_gmt": self.now(), **body}
        made["code"] = code
        self.rows["coupons"][made["id"]] = made
        self.done.append(("discount", code))
        return 201, made

    def _customer(self, body: dict[str, Any]) -> Answer:
        if any(one["email"] == body["email"] for one in self.rows["customers"].values()):
            return error(400, "registration-error-email-exists", "An account is already registered with your address.")
        made = {"id": self._new_id(), "date_created_gmt": self.now(), "role": "customer", **body}
        self.rows["customers"][made["id"]] = made
        self.done.append(("register", body["email"]))
        return 201, made

    def _delete(self, route: str, query: dict[str, str]) -> Answer:
        if query.get("force") != "true":
            return error(501, "woocommerce_rest_trash_not_supported", "The resource does not support trashing.")
        if found := re.fullmatch(r"coupons/([0-9]+)", route):
            rows = list(self.rows["coupons"].values())
        elif found := re.fullmatch(r"orders/[0-9]+/notes/([0-9]+)", route):
            rows = [note for notes in self.notes.values() for note in notes]
        else:
            return error(404, "rest_no_route", "No route was found matching the URL and request method.")
        gone = next((one for one in rows if one["id"] == int(found[1])), None)
        if gone is not None:
            self.rows["coupons"].pop(gone["id"], None)
            for notes in self.notes.values():
                notes[:] = [one for one in notes if one is not gone]
            self.done.append(("undo", route))
            return 200, gone
        return error(404, "woocommerce_rest_invalid_id", "Invalid resource ID.")
