"""What can be done in the stand-in: mutations of the published schema, with userErrors where Shopify has them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pult.commerce.base import Place
from pult.commerce.connectors.shopify.standin_things import bag, stamp
from pult.platform.money import minor


def wrong(message: str, *field: str, code: str | None = None) -> list[dict[str, Any]]:
    """Return errors as Shopify says them."""
    return [{"field": list(field), "message": message, "code": code}]


class Acts:
    """Orders, drafts, discounts and customers that can be made and changed."""

    done: list[tuple[str, str]]

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.products: dict[str, dict[str, Any]] = {}
        self.discounts: dict[str, dict[str, Any]] = {}
        self.codes: dict[str, dict[str, Any]] = {}
        self.drafts: dict[str, dict[str, Any]] = {}
        self.customers: dict[str, dict[str, Any]] = {}
        self.invited: list[str] = []
        self.restocked: list[dict[str, Any]] = []
        self.slow_jobs = False
        """Cancellations are worked on for a while after the shop has answered."""
        self.rates: list[dict[str, Any]] = [
            {"handle": "post-1", "title": "Pošta", "price": {"amount": "4.00", "currencyCode": "EUR"}}
        ]
        self._refunded: dict[str, Any] = {}
        self._jobs: list[str] = []
        self._next = 5_000_000

    def _new_id(self, kind: str) -> str:
        self._next += 1
        return f"gid://shopify/{kind}/{self._next}"

    def _touch(self, node: dict[str, Any]) -> None:
        node["updatedAt"] = stamp(datetime.now(UTC))

    # --- orders

    def order_cancel(self, _: Any, given: dict[str, Any]) -> Any:
        order = self.orders.get(given["orderId"])
        if order is None:
            return {"job": None, "orderCancelUserErrors": wrong("Order not found", "orderId", code="NOT_FOUND")}
        if order["cancelledAt"]:
            return {"job": None, "orderCancelUserErrors": wrong("Order is cancelled", "orderId", code="INVALID")}
        order["cancellation"] = {"staffNote": given.get("staffNote")}
        if given.get("refundMethod", {}).get("originalPaymentMethodsRefund"):
            for one in [one for one in order["transactions"] if one["kind"] == "SALE"]:
                self._give_back(order, one["id"], one["amountSet"]["presentmentMoney"]["amount"], "")
        self._jobs.append(given["orderId"])
        if not self.slow_jobs:
            self._work()
        self.done.append(("cancel", given["orderId"]))
        return {"job": {"id": "gid://shopify/Job/1", "done": not self.slow_jobs}, "orderCancelUserErrors": []}

    def _work(self) -> None:
        for order_id in self._jobs:
            self.orders[order_id]["cancelledAt"] = stamp(datetime.now(UTC))
            self._touch(self.orders[order_id])
        self._jobs.clear()

    def job(self, _: Any, given: dict[str, Any]) -> Any:
        waiting = bool(self._jobs)
        self._work()
        return {"id": given["id"], "done": not waiting}

    def order_update(self, _: Any, given: dict[str, Any]) -> Any:
        said = given["input"]
        order = self.orders.get(said["id"])
        if order is None:
            return {"order": None, "userErrors": wrong("Order does not exist", "id")}
        if "shippingAddress" in said:
            new = said["shippingAddress"]
            if not new.get("countryCode"):
                return {"order": None, "userErrors": wrong("Country is not supported", "shippingAddress", "country")}
            order["shippingAddress"] = _address(new)
            self.done.append(("change_address", said["id"]))
        if "note" in said:
            order["note"] = said["note"]
            self.done.append(("note", said["id"]))
        for one in said.get("metafields", []):
            order["metafield"] = {"value": one["value"]}
        self._touch(order)
        return {"order": {"id": order["id"]}, "userErrors": []}

    def refund_create(self, _: Any, given: dict[str, Any]) -> Any:
        key = given.get("@idempotent")
        if key is None:
            return {"refund": None, "userErrors": wrong("The @idempotent directive is required for this mutation.")}
        if key in self._refunded:
            return self._refunded[key]
        said = given["input"]
        order = self.orders.get(said["orderId"])
        if order is None:
            return {"refund": None, "userErrors": wrong("Order does not exist", "orderId")}
        lines = {one["id"]: one for one in order["lineItems"]}
        for one in said.get("refundLineItems", []):
            if one["lineItemId"] not in lines or one["quantity"] > lines[one["lineItemId"]]["quantity"]:
                return {"refund": None, "userErrors": wrong("Quantity cannot refund more items than were purchased")}
            if one["restockType"] != "NO_RESTOCK":
                self.restocked.append(one)
        paid = {one["id"]: one for one in order["transactions"]}
        for one in said["transactions"]:
            if one["parentId"] not in paid or one["gateway"] != paid[one["parentId"]]["gateway"]:
                return {"refund": None, "userErrors": wrong("Parent transaction is invalid", "transactions")}
        for one in said["transactions"]:
            self._give_back(order, one["parentId"], one["amount"], said.get("note", ""))
        self._touch(order)
        self.done.append(("refund", order["id"]))
        answer = {"refund": {"id": order["refunds"][-1]["id"]}, "userErrors": []}
        self._refunded[key] = answer
        return answer

    def _give_back(self, order: dict[str, Any], parent: str, amount: str, note: str) -> None:
        currency = order["presentmentCurrencyCode"]
        sum_ = bag(minor(amount, currency), currency)
        parent_one = next(one for one in order["transactions"] if one["id"] == parent)
        order["transactions"] = [
            *order["transactions"],
            {
                **parent_one,
                "id": self._new_id("OrderTransaction"),
                "kind": "REFUND",
                "amountSet": sum_,
                "parentTransaction": {"id": parent},
            },
        ]
        refund = {"id": self._new_id("Refund"), "createdAt": stamp(datetime.now(UTC)), "note": note}
        order["refunds"] = [*order["refunds"], {**refund, "totalRefundedSet": sum_}]
        order["displayFinancialStatus"] = "PARTIALLY_REFUNDED"

    # --- discounts

    def discount_create(self, _: Any, given: dict[str, Any]) -> Any:
        said = given["basicCodeDiscount"]
        if said["code"] in self.codes:
            taken = wrong(
                "Code must be unique. Please try a different code.", "basicCodeDiscount", "code", code="TAKEN"
            )
            return {"codeDiscountNode": None, "userErrors": taken}
        value = said["customerGets"]["value"]
        if not 0 < value.get("percentage", 0.5) <= 1:
            outside = wrong("Value must be between 0.0 and 1.0", "percentage", code="VALUE_OUTSIDE_RANGE")
            return {"codeDiscountNode": None, "userErrors": outside}
        node: dict[str, Any] = {"id": self._new_id("DiscountCodeNode"), "given": said}
        node["codeDiscount"] = {"__typename": "DiscountCodeBasic", "title": said["title"]}
        self.codes[said["code"]] = node
        self.done.append(("discount", said["code"]))
        return {"codeDiscountNode": node, "userErrors": []}

    def discount_delete(self, _: Any, given: dict[str, Any]) -> Any:
        for code, node in list(self.codes.items()):
            if node["id"] == given["id"]:
                del self.codes[code]
                self.done.append(("undo", code))
        return {"deletedCodeDiscountId": given["id"], "userErrors": []}

    # --- drafts

    def calculate(self, _: Any, given: dict[str, Any]) -> Any:
        said = given["input"]
        if bad := self._bad_draft(said):
            return {"calculatedDraftOrder": None, "userErrors": bad}
        currency = said["presentmentCurrencyCode"]
        goods, postage = self._reckoned(said)
        return {
            "calculatedDraftOrder": {
                "totalPriceSet": bag(goods + postage, currency),
                "totalShippingPriceSet": bag(postage, currency),
                "totalTaxSet": bag(goods * 22 // 122, currency),
                "totalDiscountsSet": bag(0, currency),
                "availableShippingRates": self.rates if said.get("shippingAddress") else [],
            },
            "userErrors": [],
        }

    def _bad_draft(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        if not said.get("lineItems"):
            return wrong("Add at least 1 product", "lineItems")
        if any(one["variantId"] not in self._sold() for one in said["lineItems"]):
            return wrong("Product with ID is no longer available.", "lineItems")
        handle = said.get("shippingLine", {}).get("shippingRateHandle")
        if handle is not None and handle not in {one["handle"] for one in self.rates}:
            return wrong("Shipping rate is invalid", "shippingLine")
        if any(len(tag) > 40 for tag in said.get("tags", [])):
            return wrong("Tags are too long", "tags")
        if any(code not in self.codes for code in said.get("discountCodes", [])):
            return wrong("Discount code is invalid", "discountCodes")
        return []

    def _sold(self) -> dict[str, Any]:
        return {one["id"]: one for product in self.products.values() for one in product["variants"]}

    def _reckoned(self, said: dict[str, Any]) -> tuple[int, int]:
        currency = said["presentmentCurrencyCode"]
        goods = Decimal(0)
        for one in said["lineItems"]:
            price = one.get("priceOverride", {}).get("amount") or self._sold()[one["variantId"]]["price"]
            goods += Decimal(price) * one["quantity"]
        if said.get("appliedDiscount", {}).get("value") == 100.0:
            goods = Decimal(0)
        handle = said.get("shippingLine", {}).get("shippingRateHandle")
        postage = next((one["price"]["amount"] for one in self.rates if one["handle"] == handle), "0")
        return minor(goods, currency), minor(postage, currency)

    def draft_create(self, _: Any, given: dict[str, Any]) -> Any:
        said = given["input"]
        if bad := self._bad_draft(said):
            return {"draftOrder": None, "userErrors": bad}
        node: dict[str, Any] = {
            "id": self._new_id("DraftOrder"),
            "createdAt": stamp(datetime.now(UTC)),
            "tags": said.get("tags", []),
            "invoiceUrl": f"https://shop.example/1/invoices/{self._next}",
            "status": "OPEN",
            "order": None,
            "given": said,
        }
        self.drafts[node["id"]] = node
        if "appliedDiscount" not in said:
            self.done.append(("draft_order", node["id"]))
        return {"draftOrder": node, "userErrors": []}

    def draft_complete(self, _: Any, given: dict[str, Any]) -> Any:
        draft = self.drafts.get(given["id"])
        if draft is None or draft["status"] == "COMPLETED":
            return {"draftOrder": None, "userErrors": wrong("This order has been paid", "id")}
        said, currency = draft["given"], draft["given"]["presentmentCurrencyCode"]
        goods, postage = self._reckoned(said)
        like = next(iter(self.orders.values()))
        order = {
            **like,
            "id": self._new_id("Order"),
            "name": f"#{self._next}",
            "createdAt": stamp(datetime.now(UTC)),
            "processedAt": stamp(datetime.now(UTC)),
            "shippingAddress": _address(said.get("shippingAddress", {})),
            "totalPriceSet": bag(goods + postage, currency),
            "totalShippingPriceSet": bag(postage, currency),
            "transactions": [],
            "refunds": [],
            "metafield": None,
            "note": said.get("note"),
            "tags": draft["tags"],
        }
        self._touch(order)
        self.orders[order["id"]] = order
        draft |= {"status": "COMPLETED", "order": {"id": order["id"]}}
        self.done.append(("resend", order["id"]))
        return {"draftOrder": draft, "userErrors": []}

    def draft_delete(self, _: Any, given: dict[str, Any]) -> Any:
        draft = self.drafts.pop(given["input"]["id"], None)
        if draft is None:
            return {"deletedId": None, "userErrors": wrong("Draft order not found", "id")}
        self.done.append(("undo", draft["id"]))
        return {"deletedId": draft["id"], "userErrors": []}

    # --- customers

    def customer_create(self, _: Any, given: dict[str, Any]) -> Any:
        said = given["input"]
        if said["email"] in self.customers:
            return {"customer": None, "userErrors": wrong("Email has already been taken", "email")}
        node: dict[str, Any] = {"id": self._new_id("Customer"), "tags": said.get("tags", []), "state": "DISABLED"}
        node["defaultAddress"] = None
        self.customers[said["email"]] = node
        self.done.append(("register", said["email"]))
        return {"customer": node, "userErrors": []}

    def address_create(self, _: Any, given: dict[str, Any]) -> Any:
        for node in self.customers.values():
            if node["id"] == given["customerId"] and node["defaultAddress"] is None:
                node["defaultAddress"] = {"id": self._new_id("MailingAddress"), "given": given["address"]}
                return {"address": node["defaultAddress"], "userErrors": []}
        return {"address": None, "userErrors": wrong("Address already exists", "address")}

    def invite(self, _: Any, given: dict[str, Any]) -> Any:
        for email, node in self.customers.items():
            if node["id"] == given["customerId"] and node["state"] == "DISABLED":
                node["state"] = "INVITED"
                self.invited.append(email)
                return {"customer": {"id": node["id"]}, "userErrors": []}
        return {"customer": None, "userErrors": wrong("Customer cannot be invited", "customerId")}


def _address(said: dict[str, Any]) -> dict[str, Any]:
    name = " ".join(part for part in (said.get("firstName"), said.get("lastName")) if part)
    return {
        "name": name or Place().name,
        "company": said.get("company"),
        "address1": said.get("address1"),
        "address2": said.get("address2"),
        "city": said.get("city"),
        "zip": said.get("zip"),
        "province": None,
        "provinceCode": said.get("provinceCode"),
        "countryCodeV2": said.get("countryCode"),
        "phone": said.get("phone"),
    }
