"""What can be done in the stand-in for a shop of Saleor, and what it refuses."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

from pult.commerce.connectors.saleor.standin_things import CHANNEL, CHANNEL_ID, amount, gid, moment
from pult.commerce.testing import LocalShop

_REQUIRED = ("streetAddress1", "city", "postalCode", "country", "firstName")


class PermissionDenied(Exception):
    """Who asks may not."""


def _error(field: str | None, code: str, message: str = "No.") -> dict[str, Any]:
    return {"errors": [{"field": field, "message": message, "code": code}]}


class Acts(LocalShop):
    """Orders, vouchers and accounts, and their mutations."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[str, dict[str, Any]] = {}
        self.products: dict[str, dict[str, Any]] = {}
        self.drafts: dict[str, dict[str, Any]] = {}
        self.vouchers: dict[str, dict[str, Any]] = {}
        self.users: dict[str, dict[str, Any]] = {}
        self.forgotten: set[str] = set()
        self.denied: set[str] = set()
        """Permissions that the app lacks."""
        self.permitted = True
        self.provider = "SUCCESS"
        """What the payment app answers when it is asked to give back: SUCCESS, PENDING or FAILURE."""

    def permit(self, permission: str) -> None:
        """Refuse who has no token, or an app that lacks a permission."""
        if not self.permitted or permission in self.denied:
            raise PermissionDenied(f"To access this path, you need one of the following permissions: {permission}")

    def typed(self, given: str, kind: str) -> str:
        """Return a global id if it is one of that type."""
        try:
            found = base64.b64decode(given, validate=True).decode().partition(":")[0]
        except ValueError:
            raise GraphQLError(f"Invalid ID: {given}. Expected: {kind}.") from None
        if found != kind:
            raise GraphQLError(f"Invalid ID: {given}. Expected: {kind}, received: {found}.")
        return given

    def mutations(self) -> dict[str, Any]:
        """Return the resolvers of what can be done."""
        return {
            "updatePrivateMetadata": self._mark,
            "orderCancel": self._cancel,
            "orderUpdate": self._update,
            "orderNoteAdd": self._note,
            "orderGrantRefundCreate": self._grant,
            "transactionRequestRefundForGrantedRefund": self._pay_back,
            "transactionRequestAction": self._act,
            "voucherCreate": self._make_voucher,
            "voucherChannelListingUpdate": self._list_voucher,
            "voucherDelete": self._drop_voucher,
            "customerCreate": self._register,
            "draftOrderCreate": self._draft,
        }

    # --- questions

    def one_order(self, info: Any, id: str | None = None, externalReference: str | None = None) -> Any:
        self.permit("MANAGE_ORDERS")
        if id is None:
            return next((one for one in self.drafts.values() if one["reference"] == externalReference), None)
        return self.orders.get(self.typed(id, "Order")) or self.drafts.get(id)

    def one_user(self, info: Any, email: str) -> Any:
        self.permit("MANAGE_USERS")
        return self.users.get(email)

    def found_vouchers(self, info: Any, **given: Any) -> Any:
        self.permit("MANAGE_DISCOUNTS")
        text = (given.get("filter") or {}).get("search", "").lower()
        found = [one for one in self.vouchers.values() if text in f"{one['name']} {one['code']}".lower()]
        return {"edges": [{"node": one} for one in found]}

    def variants(self, info: Any, ids: list[str], channel: str, first: int) -> Any:
        wanted = {self.typed(one, "ProductVariant") for one in ids}
        found = [one for of in self.products.values() for one in of["variants"] if one["id"] in wanted]
        return {"edges": [{"node": one} for one in found if channel == CHANNEL]}

    def deliveries(self, info: Any, channel: str, address: Any = None) -> Any:
        methods = {"Post": 400, "Courier": 700}
        return [
            {"id": gid("ShippingMethod", name), "name": name, "active": True, "price": amount(price)}
            for name, price in methods.items()
            if channel == CHANNEL
        ]

    # --- orders

    def _of(self, order_id: str) -> dict[str, Any] | None:
        self.permit("MANAGE_ORDERS")
        return self.orders.get(self.typed(order_id, "Order"))

    def _changed(self, order: dict[str, Any]) -> None:
        order["updatedAt"] = moment(datetime.now(UTC))

    def _mark(self, info: Any, id: str, input: list[dict[str, str]]) -> Any:
        order = self._of(id)
        if order is None:
            return _error("id", "NOT_FOUND")
        names = {one["key"] for one in input}
        order["privateMetadata"] = [one for one in order["privateMetadata"] if one["key"] not in names] + input
        return {"errors": []}

    def _cancel(self, info: Any, id: str) -> Any:
        order = self._of(id)
        if order is None:
            return _error("id", "NOT_FOUND", f"Couldn't resolve to a node: {id}")
        if order["status"] in ("CANCELED", "EXPIRED") or order["fulfillments"]:
            return _error("order", "CANNOT_CANCEL_ORDER", "This order can't be canceled.")
        order["status"] = "CANCELED"
        self._changed(order)
        self.done.append(("cancel", id))
        return {"errors": [], "order": order}

    def _update(self, info: Any, id: str, input: dict[str, Any]) -> Any:
        order = self._of(id)
        if order is None:
            return _error("id", "NOT_FOUND", f"Couldn't resolve to a node: {id}")
        given = input["shippingAddress"]
        if missing := next((name for name in _REQUIRED if not given.get(name)), None):
            return _error(missing, "REQUIRED", "This field is required.")
        fields = ("firstName", "lastName", "companyName", "streetAddress1", "streetAddress2", "city", "postalCode")
        order["shippingAddress"] = {
            **{name: given.get(name) or "" for name in (*fields, "cityArea", "countryArea")},
            "country": {"code": given["country"]},
            "phone": given.get("phone"),
        }
        self._changed(order)
        self.done.append(("change_address", id))
        return {"errors": [], "order": order}

    def _note(self, info: Any, order: str, input: dict[str, Any]) -> Any:
        of = self._of(order)
        if of is None:
            return _error("order", "NOT_FOUND")
        if not input["message"].strip():
            return _error("message", "REQUIRED", "Message can't be empty.")
        event = {"id": gid("OrderEvent", input["message"]), "type": "NOTE_ADDED", "message": input["message"]}
        of["events"].append(event)
        self.done.append(("note", order))
        return {"errors": [], "event": event}

    # --- money

    def _grant(self, info: Any, id: str, input: dict[str, Any]) -> Any:
        order = self._of(id)
        if order is None:
            return _error("id", "NOT_FOUND")
        if not (input.get("amount") or input.get("lines") or input.get("grantRefundForShipping")):
            return _error("amount", "REQUIRED")
        known = {one["id"] for one in order["lines"]}
        if any(one["id"] not in known for one in input.get("lines") or []):
            return _error("lines", "INVALID", "Provided input for lines is invalid.")
        wanted = self.typed(input["transactionId"], "TransactionItem")
        paid = next((one for one in order["transactions"] if one["id"] == wanted), None)
        if paid is None:
            return _error("transactionId", "NOT_FOUND")
        value = float(input["amount"])
        if value > paid["chargedAmount"]["amount"]:
            return _error("amount", "AMOUNT_GREATER_THAN_AVAILABLE")
        grant = {
            "id": gid("OrderGrantedRefund", f"{id} {len(order['grantedRefunds'])}"),
            "createdAt": moment(datetime.now(UTC)),
            "reason": input.get("reason") or "",
            "status": "NONE",
            "amount": {"amount": value, "currency": "EUR"},
            "transaction": {"id": wanted},
        }
        order["grantedRefunds"].append(grant)
        return {"errors": [], "grantedRefund": grant}

    def _pay_back(self, info: Any, grantedRefundId: str) -> Any:
        self.permit("HANDLE_PAYMENTS")
        wanted = self.typed(grantedRefundId, "OrderGrantedRefund")
        for order in self.orders.values():
            for grant in order["grantedRefunds"]:
                if grant["id"] == wanted:
                    return self._asked_back(order, grant)
        return _error("grantedRefundId", "NOT_FOUND")

    def _asked_back(self, order: dict[str, Any], grant: dict[str, Any]) -> Any:
        paid = next(one for one in order["transactions"] if one["id"] == grant["transaction"]["id"])
        if grant["status"] == "SUCCESS":
            return _error("grantedRefundId", "REFUND_ALREADY_PROCESSED")
        if grant["status"] == "PENDING":
            return _error("grantedRefundId", "REFUND_IS_PENDING")
        if grant["amount"]["amount"] > paid["chargedAmount"]["amount"]:
            return _error("grantedRefundId", "AMOUNT_GREATER_THAN_AVAILABLE")
        grant["status"] = self.provider
        value = grant["amount"]["amount"]
        at = moment(datetime.now(UTC))
        event = {"id": gid("TransactionEvent", f"{grant['id']} {len(paid['events'])}"), "createdAt": at, "message": ""}
        kind = {"SUCCESS": "REFUND_SUCCESS", "FAILURE": "REFUND_FAILURE", "PENDING": "REFUND_REQUEST"}[self.provider]
        paid["events"].append({**event, "type": kind, "amount": grant["amount"]})
        if self.provider != "FAILURE":
            paid["chargedAmount"] = _less(paid["chargedAmount"], value)
            order["totalCharged"] = _less(order["totalCharged"], value)
        if self.provider == "SUCCESS":
            paid["refundedAmount"] = _less(paid["refundedAmount"], -value)
            order["totalRefunded"] = _less(order["totalRefunded"], -value)
        if order["status"] != "CANCELED":
            self.done.append(("refund", order["id"]))
        self._changed(order)
        return {"errors": [], "transaction": paid}

    def _act(self, info: Any, id: str, actionType: str) -> Any:
        self.permit("HANDLE_PAYMENTS")
        wanted = self.typed(id, "TransactionItem")
        for order in self.orders.values():
            for paid in order["transactions"]:
                if paid["id"] == wanted and actionType in paid["actions"]:
                    paid["canceledAmount"], paid["authorizedAmount"] = paid["authorizedAmount"], amount(0)
                    return {"errors": []}
        return _error("id", "NOT_FOUND")

    # --- codes, accounts, drafts

    def _make_voucher(self, info: Any, input: dict[str, Any]) -> Any:
        self.permit("MANAGE_DISCOUNTS")
        (code,) = input["addCodes"]
        if any(one["code"] == code for one in self.vouchers.values()):
            return _error("codes", "ALREADY_EXISTS", "Voucher with given code already exists.")
        made = {
            "id": gid("Voucher", code),
            "name": input.get("name"),
            "code": code,
            "used": 0,
            "channelListings": [],
            "input": input,
        }
        self.vouchers[made["id"]] = made
        self.done.append(("discount", code))
        return {"errors": [], "voucher": made}

    def _list_voucher(self, info: Any, id: str, input: dict[str, Any]) -> Any:
        self.permit("MANAGE_DISCOUNTS")
        voucher = self.vouchers.get(self.typed(id, "Voucher"))
        if voucher is None:
            return _error("id", "NOT_FOUND")
        for one in input["addChannels"]:
            if one["channelId"] != CHANNEL_ID:
                return _error("channelId", "NOT_FOUND")
            if not one.get("discountValue"):
                return _error("discountValue", "REQUIRED", "Value is required for voucher.")
            made = {"id": gid("VoucherChannelListing", id), "discountValue": one["discountValue"]}
            voucher["channelListings"].append(made | {"minSpent": one.get("minAmountSpent")})
        return {"errors": [], "voucher": voucher}

    def _drop_voucher(self, info: Any, id: str) -> Any:
        self.permit("MANAGE_DISCOUNTS")
        return {"errors": []} if self.vouchers.pop(self.typed(id, "Voucher"), None) else _error("id", "NOT_FOUND")

    def _register(self, info: Any, input: dict[str, Any]) -> Any:
        self.permit("MANAGE_USERS")
        if input["email"] in self.users:
            return _error("email", "UNIQUE", "User with this Email already exists.")
        if input.get("redirectUrl") and not input.get("channel"):
            return _error("channel", "MISSING_CHANNEL_SLUG")
        made = {"id": gid("User", input["email"]), "privateMetadata": input.get("privateMetadata") or []}
        self.users[input["email"]] = made
        self.done.append(("register", input["email"]))
        return {"errors": [], "user": made}

    def _draft(self, info: Any, input: dict[str, Any]) -> Any:
        self.permit("MANAGE_ORDERS")
        if input.get("channelId") != CHANNEL_ID:
            return _error("channelId", "NOT_FOUND")
        known = {one["id"] for of in self.products.values() for one in of["variants"]}
        if any(self.typed(one["variantId"], "ProductVariant") not in known for one in input["lines"]):
            return _error("lines", "NOT_AVAILABLE_IN_CHANNEL", "Variants are not available in the channel.")
        if any(one["quantity"] < 1 for one in input["lines"]):
            return _error("quantity", "ZERO_QUANTITY", "Ensure this value is greater than 0.")
        reference = input.get("externalReference")
        if any(one["reference"] == reference for one in self.drafts.values()):
            return _error("externalReference", "UNIQUE", "Order with this External reference already exists.")
        made = {"id": gid("Order", f"draft {reference}"), "number": str(1_000 + len(self.drafts))}
        self.drafts[made["id"]] = {**made, "reference": reference, "input": input}
        self.done.append(("draft_order", made["id"]))
        return {"errors": [], "order": made}


def _less(of: dict[str, Any], value: float) -> dict[str, Any]:
    return {**of, "amount": round(of["amount"] - value, 2)}
