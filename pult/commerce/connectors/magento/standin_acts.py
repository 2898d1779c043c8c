"""What can be done in the stand-in for a shop of Magento, and what it refuses."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from pult.commerce.base import Product
from pult.commerce.connectors.magento.standin_things import moment
from pult.commerce.testing import LocalShop

_UNKNOWN = "The entity that was requested doesn't exist. Verify the entity and try again."


class Refused(Exception):
    """What the shop answers instead."""

    def __init__(self, status: int, message: str, parameters: Any) -> None:
        super().__init__(message)
        self.status, self.message, self.parameters = status, message, parameters


class Acts(LocalShop):
    """Rows, and what can be done to them."""

    def __init__(self) -> None:
        super().__init__()
        names = "orders products shipments creditmemos invoices salesRules coupons customers"
        self.rows: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in names.split()}
        self.sources: list[dict[str, Any]] = []
        self.transaction = "pi_1"
        """What the payment's provider calls the payment; empty for one that was paid otherwise."""
        self.online: list[bool] = []
        """Of each refund whether the provider was asked."""
        self.restocked: list[list[int]] = []

    def one(self, name: str, row_id: int) -> dict[str, Any]:
        """Return a row."""
        if row_id not in self.rows[name]:
            raise Refused(404, _UNKNOWN, [])
        return self.rows[name][row_id]

    def invoice(self, order: dict[str, Any]) -> None:
        """Keep the invoice of an order that was paid."""
        if order["total_paid"]:
            own = order["entity_id"]
            self.rows["invoices"][own] = {
                "entity_id": own,
                "order_id": own,
                "state": 2,
                "grand_total": order["grand_total"],
                "transaction_id": self.transaction or None,
                "total_qty": 1,
                "items": [],
            }

    def stock(self, of: Product) -> None:
        """Keep how many pieces of a product lie where."""
        for variant in of.variants:
            for one in variant.stock:
                row = {
                    "sku": variant.sku or variant.id,
                    "source_code": one.place,
                    "quantity": one.quantity,
                    "status": 1,
                }
                self.sources.append(row)

    def act(self, what: str, parts: dict[str, str], body: Any) -> Any:
        """Answer a request that changes something."""
        for pattern, name in _ACTS.items():
            if re.fullmatch(pattern, what):
                return getattr(self, name)(parts, body)
        raise KeyError(what)

    # --- orders

    def _changed(self, order: dict[str, Any]) -> None:
        order["updated_at"] = moment(datetime.now(UTC))

    def _cancel(self, parts: dict[str, str], body: Any) -> Any:
        order = self.one("orders", int(parts["id"]))
        left = (order["total_paid"] or 0) - (order["total_refunded"] or 0)
        if order["state"] in ("canceled", "complete", "closed") or left > 0:
            return False  # Magento says no and not why
        order["state"] = order["status"] = "canceled"
        self._changed(order)
        self.done.append(("cancel", parts["id"]))
        return True

    def _comment(self, parts: dict[str, str], body: Any) -> Any:
        order = self.one("orders", int(parts["id"]))
        order["status_histories"].append({**body["statusHistory"], "entity_id": len(order["status_histories"]) + 1})
        self._changed(order)
        if not body["statusHistory"]["comment"].startswith("[Pult"):
            self.done.append(("note", parts["id"]))
        return True

    def _address(self, parts: dict[str, str], body: Any) -> Any:
        order, given = self.one("orders", int(parts["parent_id"])), body["entity"]
        shipping = order["extension_attributes"]["shipping_assignments"][0]["shipping"]
        if given.get("entity_id") != shipping["address"]["entity_id"] or given.get("parent_id") != order["entity_id"]:
            raise Refused(400, "The order address couldn't be saved.", [])
        shipping["address"] = {**shipping["address"], **given}
        self.done.append(("change_address", parts["parent_id"]))
        return shipping["address"]

    # --- money

    def _refund_online(self, parts: dict[str, str], body: Any) -> Any:
        invoice = self.one("invoices", int(parts["invoiceId"]))
        if not body.get("isOnline"):
            raise Refused(400, "Invoice Document Validation Error(s):\nisOnline", [])
        if not invoice["transaction_id"]:
            raise Refused(400, "The online credit memo can't be created for this invoice.", [])
        return self._refund(self.one("orders", invoice["order_id"]), body, online=True)

    def _refund_offline(self, parts: dict[str, str], body: Any) -> Any:
        return self._refund(self.one("orders", int(parts["orderId"])), body, online=False)

    def _refund(self, order: dict[str, Any], body: Any, *, online: bool) -> int:
        """Give back what is named; every line where none is, all postage where none is named."""
        wanted = {one["order_item_id"]: one["qty"] for one in body.get("items") or []}
        arguments = body.get("arguments") or {}
        total = arguments.get("adjustment_positive", 0) - arguments.get("adjustment_negative", 0)
        total += arguments.get("shipping_amount", order["shipping_amount"])
        for item in order["items"]:
            qty = wanted.get(item["item_id"], 0) if wanted else item["qty_ordered"] - item["qty_refunded"]
            if qty > item["qty_ordered"] - item["qty_refunded"]:
                raise Refused(400, "Creditmemo Document Validation Error(s):\nThe quantity to refund is too high.", [])
            total += item["row_total"] / item["qty_ordered"] * qty
            item["qty_refunded"] += qty
        total, most = round(total, 2), order["total_paid"] - (order["total_refunded"] or 0)
        total = total if wanted else min(total, most)  # of what was invoiced alone
        if total > most + 0.001 or total <= 0:
            raise Refused(400, "The most money available to refund is %1.", [str(most)])
        own = len(self.rows["creditmemos"]) + 1
        comment = {"comment": body["comment"]["comment"], "is_visible_on_front": 0, "parent_id": own, "entity_id": own}
        self.rows["creditmemos"][own] = {
            "entity_id": own,
            "order_id": order["entity_id"],
            "grand_total": total,
            "state": 2,
            "created_at": moment(datetime.now(UTC)),
            "items": [],
            "comments": [comment | {"is_customer_notified": 0}],
        }
        order["total_refunded"] = (order["total_refunded"] or 0) + total
        self.online.append(online)
        self.restocked.append((arguments.get("extension_attributes") or {}).get("return_to_stock_items", []))
        self._changed(order)
        if order["total_refunded"] >= order["grand_total"] - 0.001:
            order["state"] = order["status"] = "closed"
        self.done.append(("cancel" if order["state"] == "closed" and not wanted else "refund", str(order["entity_id"])))
        return own

    # --- codes and accounts

    def _rule(self, parts: dict[str, str], body: Any) -> Any:
        rule = body["rule"]
        if rule.get("simple_action") not in ("by_percent", "cart_fixed") or not rule["website_ids"]:
            raise Refused(400, "Please specify a website.", [])
        own = len(self.rows["salesRules"]) + 1
        self.rows["salesRules"][own] = {**rule, "rule_id": own}
        return self.rows["salesRules"][own]

    def _coupon(self, parts: dict[str, str], body: Any) -> Any:
        coupon = body["coupon"]
        rule = self.one("salesRules", coupon["rule_id"])
        if rule["coupon_type"] != "SPECIFIC_COUPON" or rule["use_auto_generation"]:
            raise Refused(
                400, "Error occurred when saving coupon: %1", ["Specified rule only allows auto generated coupons"]
            )
        if any(one["code"] == coupon["code"] for one in self.rows["coupons"].values()):
            raise Refused(400, "Error occurred when saving coupon: %1", ["Coupon with the same code already exists."])
        own = len(self.rows["coupons"]) + 1
        self.rows["coupons"][own] = {**coupon, "coupon_id": own}
        self.done.append(("discount", coupon["code"]))
        return self.rows["coupons"][own]

    def _drop_rule(self, parts: dict[str, str], body: Any) -> Any:
        own = int(parts["ruleId"])
        self.one("salesRules", own)
        del self.rows["salesRules"][own]
        self.rows["coupons"] = {name: one for name, one in self.rows["coupons"].items() if one["rule_id"] != own}
        return True

    def _register(self, parts: dict[str, str], body: Any) -> Any:
        customer = body["customer"]
        if any(one["email"] == customer["email"] for one in self.rows["customers"].values()):
            raise Refused(400, "A customer with the same email address already exists in an associated website.", [])
        for one in customer.get("addresses", []):
            for name in ("firstname", "lastname", "street", "city", "country_id", "telephone"):
                if not one.get(name):
                    raise Refused(400, '"%fieldName" is required. Enter and try again.', {"fieldName": name})
        own = len(self.rows["customers"]) + 1
        self.rows["customers"][own] = {**customer, "id": own, "created_at": moment(datetime.now(UTC))}
        self.done.append(("register", customer["email"]))
        return self.rows["customers"][own]


_ACTS = {
    r"POST /V1/orders/\d+/cancel": "_cancel",
    r"POST /V1/orders/\d+/comments": "_comment",
    r"PUT /V1/orders/\d+": "_address",
    r"POST /V1/invoice/\d+/refund": "_refund_online",
    r"POST /V1/order/\d+/refund": "_refund_offline",
    r"POST /V1/salesRules": "_rule",
    r"POST /V1/coupons": "_coupon",
    r"DELETE /V1/salesRules/\d+": "_drop_rule",
    r"POST /V1/customers": "_register",
}
