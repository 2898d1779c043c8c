"""What can be done in the stand-in for a shop of Shopware, and what it refuses."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pult.commerce.connectors.shopware.standin_things import country, moment, state, uid
from pult.commerce.testing import Answer, Asked, LocalShop

ACCESS_KEY = "SWSCBHFSNTVMAWNZDNFKSHLAYW"
DOMAIN = "https://shop.example"
_STEPS: dict[str, dict[str, tuple[set[str], str]]] = {
    "order": {"cancel": ({"open", "in_progress"}, "cancelled")},
    "order_transaction": {
        "cancel": ({"open", "in_progress", "reminded", "authorized", "unconfirmed"}, "cancelled"),
        "refund": ({"paid", "paid_partially", "refunded_partially"}, "refunded"),
        "refund_partially": ({"paid", "paid_partially"}, "refunded_partially"),
    },
}
"""From which states a step leads to which."""
_TYPES: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "text": (str,),
    "int": (int,),
    "number": (int, float),
    "bool": (bool,),
    "time": (str,),
    "date": (str,),
    "json": (dict, list),
    "list": (list,),
}


class Refused(Exception):
    """What the shop answers instead."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail

    def told(self) -> dict[str, Any]:
        """Return the error as Shopware writes it."""
        return {"status": str(self.status), "code": self.code, "title": self.code, "detail": self.detail}


class Acts(LocalShop):
    """Rows of entities, what is written to them, and the steps of their states."""

    def __init__(self) -> None:
        super().__init__()
        channel: dict[str, Any] = {
            "id": uid("Storefront"),
            "accessKey": ACCESS_KEY,
            "customerGroupId": uid("group"),
            "languageId": uid("sl"),
            "paymentMethodId": uid("invoice"),
            "domains": [{"id": uid("domain"), "url": "default.headless0"}, {"id": uid("url"), "url": DOMAIN}],
        }
        self.rows: dict[str, dict[str, dict[str, Any]]] = {
            "order": {},
            "product": {},
            "customer": {},
            "promotion": {},
            "sales_channel": {channel["id"]: channel},
        }
        self.history: list[dict[str, Any]] = []
        self.denied: set[str] = set()
        """Privileges that the integration lacks."""
        self.plugin = "completed"
        """What becomes of a refund when the payment's plugin is asked for it."""
        self.mails: list[str] = []
        self.definitions: dict[str, Any] = json.loads(
            (Path(__file__).parent / "payloads" / "entities.json").read_text()
        )

    def permit(self, privilege: str) -> None:
        """Refuse who lacks a privilege."""
        if privilege in self.denied:
            missing = json.dumps({"message": "Missing privilege", "missingPrivileges": [privilege]})
            raise Refused(403, "FRAMEWORK__MISSING_PRIVILEGE_ERROR", missing)

    def act(self, asked: Asked) -> Answer:
        """Answer a request that changes something."""
        path, method = asked.parts.path, asked.method
        if (method, path) == ("POST", "/api/_action/sync"):
            return self._sync(asked.json())
        if found := re.fullmatch(r"/api/_action/(order|order_transaction)/([0-9a-f]{32})/state/(\w+)", path):
            return self._step(*found.groups())
        if found := re.fullmatch(r"/api/_action/order_transaction_capture_refund/([0-9a-f]{32})", path):
            return self._by_plugin(found[1])
        if method == "GET" and re.fullmatch(r"/api/_action/number-range/reserve/customer/[0-9a-f]{32}", path):
            return 200, {"number": str(10_000 + len(self.rows["customer"]))}
        if method == "DELETE" and (found := re.fullmatch(r"/api/promotion/([0-9a-f]{32})", path)):
            if self.rows["promotion"].pop(found[1], None) is None:
                raise Refused(404, "FRAMEWORK__RESOURCE_NOT_FOUND", "The promotion resource was not found.")
            return 204, b""
        raise Refused(404, "0", f'No route found for "{method} {path}"')

    # --- writing

    def _sync(self, operations: dict[str, Any]) -> Answer:
        for operation in operations.values():
            if operation["action"] != "upsert":
                raise Refused(400, "FRAMEWORK__INVALID_SYNC_OPERATION", "action")
            for row in operation["payload"]:
                self.permit(f"{operation['entity']}:update")
                self._check(operation["entity"], row)
        for operation in operations.values():
            for row in operation["payload"]:
                getattr(self, f"_write_{operation['entity']}")(row)
        return 200, {"data": {}, "notFound": [], "deleted": []}

    def _check(self, entity: str, row: dict[str, Any], *, within: bool = False) -> None:
        """Refuse a row that the entity's definition does not take."""
        known = self.definitions[entity]
        for name, value in row.items():
            if name in known["associations"]:
                for one in value if isinstance(value, list) else [value]:
                    self._check(known["associations"][name], one, within=True)
                continue
            kind = known["fields"].get(name)
            if kind is None or name in known["protected"]:
                raise Refused(400, "FRAMEWORK__WRITE_UNEXPECTED_FIELD_ERROR", f"{entity}.{name}")
            if value is not None and not isinstance(value, _TYPES[kind]):
                raise Refused(400, "FRAMEWORK__WRITE_TYPE_INTEND_ERROR", f"{entity}.{name}: {value!r}")
            if kind == "id" and value is not None and not re.fullmatch("[0-9a-f]{32}", str(value)):
                raise Refused(400, "FRAMEWORK__INVALID_UUID", f"Value is not a valid UUID: {value}")
        new = row["id"] not in self._known(entity)
        given = {f"{name}Id" for name in known["associations"] if name in row}
        missing = [name for name in known["required"] if new and not _said(row, name) and name not in given]
        missing = [name for name in missing if not within or not name.endswith("Id")]
        if missing and set(row) != {"id"}:
            raise Refused(
                400, "c1051bb4-1103-4974-8973-15a0d4c9ee5b", f"/{missing[0]}: This value should not be blank."
            )

    def _known(self, entity: str) -> set[str]:
        orders = self.rows["order"].values()
        found: dict[str, set[str]] = {
            "order_delivery": {one["id"] for of in orders for one in of["deliveries"]},
            "order_transaction": {one["id"] for of in orders for one in of["transactions"]},
            "order_address": {one["id"] for of in orders for one in of["addresses"]},
        }
        return found.get(entity, set(self.rows.get(entity, {})))

    def _changed(self, row: dict[str, Any]) -> None:
        row["updatedAt"] = moment(datetime.now(UTC))

    def _merge(self, row: dict[str, Any], given: dict[str, Any]) -> None:
        """Write fields; custom fields are put together."""
        more = {**(row.get("customFields") or {}), **given.get("customFields", {})}
        row.update({**given, "customFields": more or None})
        self._changed(row)

    def _write_order(self, given: dict[str, Any]) -> None:
        row = self.rows["order"][given["id"]]
        self._merge(row, given)
        if "internalComment" in given:
            self.done.append(("note", given["id"]))

    def _write_order_address(self, given: dict[str, Any]) -> None:
        order = self.rows["order"][given["orderId"]]
        code = next(code for code in ("SI", "HR", "PL") if uid(code) == given["countryId"])
        order["addresses"].append({**given, "country": country(code), "createdAt": moment(datetime.now(UTC))})

    def _write_order_delivery(self, given: dict[str, Any]) -> None:
        for order in self.rows["order"].values():
            for one in order["deliveries"]:
                if one["id"] == given["id"]:
                    one["shippingOrderAddressId"] = given["shippingOrderAddressId"]
                    one["shippingOrderAddress"] = next(
                        place for place in order["addresses"] if place["id"] == given["shippingOrderAddressId"]
                    )
                    self._changed(one)
                    self.done.append(("change_address", order["id"]))

    def _transactions(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        return [(of, one) for of in self.rows["order"].values() for one in of["transactions"]]

    def _write_order_transaction(self, given: dict[str, Any]) -> None:
        self._merge(next(one for _, one in self._transactions() if one["id"] == given["id"]), given)

    def _write_order_transaction_capture_refund(self, given: dict[str, Any]) -> None:
        if given["stateId"] != state("open", "order_transaction_capture_refund.state")["id"]:
            raise Refused(400, "SYSTEM__STATE_MACHINE_INVALID_STATE", "stateId")
        for _, one in self._transactions():
            for capture in one["captures"]:
                if capture["id"] == given["captureId"]:
                    now = {"createdAt": moment(datetime.now(UTC)), "stateMachineState": state("open")}
                    capture["refunds"].append({**given, **now})

    def _write_promotion(self, given: dict[str, Any]) -> None:
        if any(one["code"] == given["code"] for one in self.rows["promotion"].values() if one["id"] != given["id"]):
            raise Refused(400, "CHECKOUT__DUPLICATE_PROMOTION_CODE", given["code"])
        self.rows["promotion"][given["id"]] = given
        self.done.append(("discount", given["code"]))

    def _write_customer(self, given: dict[str, Any]) -> None:
        if given["id"] in self.rows["customer"]:
            self._merge(self.rows["customer"][given["id"]], given)
            return
        if given["defaultShippingAddressId"] not in {one["id"] for one in given["addresses"]}:
            raise Refused(400, "FRAMEWORK__WRITE_CONSTRAINT_VIOLATION", "defaultShippingAddressId")
        self.rows["customer"][given["id"]] = given
        self.done.append(("register", given["email"]))

    # --- steps

    def _step(self, entity: str, row_id: str, name: str) -> Answer:
        self.permit(f"{entity}:update")
        rows = self.rows["order"] if entity == "order" else {one["id"]: one for _, one in self._transactions()}
        row = rows.get(row_id)
        if row is None:
            raise Refused(404, f"CHECKOUT__{entity.upper()}_NOT_FOUND", row_id)
        before, after = _STEPS[entity].get(name, (set(), ""))
        now = row["stateMachineState"]["technicalName"]
        if now not in before:
            raise Refused(400, "SYSTEM__ILLEGAL_STATE_TRANSITION", f'Illegal transition "{name}" from state "{now}".')
        row["stateMachineState"] = state(after, f"{entity}.state")
        self._changed(row)
        if entity == "order":
            self.done.append(("cancel", row_id))
        else:
            of = next(of for of, one in self._transactions() if one["id"] == row_id)
            self._note_refund(of)
        return 200, row["stateMachineState"]

    def _note_refund(self, of: dict[str, Any]) -> None:
        if of["stateMachineState"]["technicalName"] != "cancelled":
            self.done.append(("refund", of["id"]))

    def _by_plugin(self, refund_id: str) -> Answer:
        for of, one in self._transactions():
            for refund in (refund for capture in one["captures"] for refund in capture["refunds"]):
                if refund["id"] == refund_id:
                    if refund["stateMachineState"]["technicalName"] != "open":
                        raise Refused(400, "CHECKOUT__REFUND_PROCESS_ERROR", "not open")
                    refund["stateMachineState"] = state(self.plugin, "order_transaction_capture_refund.state")
                    self._changed(refund)
                    self._note_refund(of)
                    return 204, b""
        raise Refused(404, "CHECKOUT__REFUND_PROCESS_ERROR", "unknown refund")

    def recover(self, asked: Asked) -> Answer:
        """Send the mail in which somebody is asked for a password."""
        said = asked.json()
        if asked.headers.get("sw-access-key") != ACCESS_KEY:
            raise Refused(
                403, "FRAMEWORK__API_INVALID_ACCESS_KEY", "Access key is invalid and could not be identified."
            )
        if said.get("storefrontUrl") != DOMAIN:
            raise Refused(400, "VIOLATION::NO_SUCH_CHOICE_ERROR", "The value you selected is not a valid choice.")
        if not any(one["email"] == said["email"] for one in self.rows["customer"].values()):
            raise Refused(404, "CHECKOUT__CUSTOMER_NOT_FOUND", said["email"])
        self.mails.append(said["email"])
        return 200, {"success": True, "apiAlias": "array_struct"}


def _said(row: dict[str, Any], name: str) -> bool:
    return row.get(name) is not None and row[name] != ""
