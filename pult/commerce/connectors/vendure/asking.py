"""Asking the Admin API: who Pult is there, which channel, what its amounts mean, and what its refusals say.

https://docs.vendure.io/guides/core-concepts/auth/, https://docs.vendure.io/guides/core-concepts/money/
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from pult.commerce.base import Refusal, Refused, ShopError, ShopInfo
from pult.platform import graphql, httpclient, money

TIMEOUT = 20.0
LONGEST = 3_600.0
"""Seconds after which a shop is asked again that wants to be left alone for longer."""
_LOGIN = """
mutation Login($name: String!, $password: String!) {
  login(username: $name, password: $password) { __typename ... on ErrorResult { errorCode message } }
}
"""
_FACTS = """
query Facts {
  activeChannel { defaultLanguageCode defaultCurrencyCode }
  globalSettings { trackInventory serverConfig { moneyStrategyPrecision } }
}
"""
_PRODUCTS = """
query Products($ids: [String!]!) {
  productVariants(options: { filter: { id: { in: $ids } }, take: 1000 }) { items { productId } }
}
"""
_CODES: dict[str, Refusal] = {
    "CANCEL_ACTIVE_ORDER_ERROR": "not_possible",
    "ALREADY_REFUNDED_ERROR": "already_done",
    "REFUND_AMOUNT_ERROR": "too_much",
    "QUANTITY_TOO_GREAT_ERROR": "too_much",
    "REFUND_ORDER_STATE_ERROR": "not_paid",
    "EMPTY_ORDER_LINE_SELECTION_ERROR": "unknown_line",
    "INSUFFICIENT_STOCK_ERROR": "no_stock",
    "COUPON_CODE_INVALID_ERROR": "bad_code",
    "COUPON_CODE_EXPIRED_ERROR": "bad_code",
    "COUPON_CODE_LIMIT_ERROR": "bad_code",
    "EMAIL_ADDRESS_CONFLICT_ERROR": "already_done",
}
"""What Vendure calls its refusals; what is not named is not_possible."""


class Facts(NamedTuple):
    """What holds for the whole shop: digits after the point of its amounts, whether it counts what lies in stock."""

    digits: int
    counts: bool
    language: str
    currency: str


class Vendure:
    """One shop, asked as an administrator. Made anew for everything that is done."""

    def __init__(self, shop: ShopInfo) -> None:
        self.settings = shop.settings
        self.url = str(shop.settings["api_url"]).rstrip("/")
        self._facts: Facts | None = None
        self._headers: dict[str, str] = {}
        if channel := shop.settings.get("channel"):
            self._headers["vendure-token"] = str(channel)
        self._known = bool(key := shop.settings.get("api_key"))
        if key:
            self._headers["vendure-api-key"] = str(key)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Return what the shop says to a question. Raises ShopError."""
        if not self._known:
            self._log_in()
        return self._asked(query, variables).data

    def do(self, query: str, **variables: Any) -> dict[str, Any]:
        """Have the one thing done that a mutation names, and return what became of it. Raises Refused, ShopError."""
        try:
            (said,) = self.ask(query, **variables).values()
        except ShopError as error:
            if "not currently authorized" in str(error):
                raise Refused("not_allowed", str(error)) from error
            raise
        found: dict[str, Any] = said or {}
        if code := found.get("errorCode"):
            told = found.get("transitionError") or found.get("message") or code
            raise Refused(_CODES.get(str(code), "not_possible"), str(told))
        return found

    @property
    def facts(self) -> Facts:
        """What holds for the whole shop."""
        if self._facts is None:
            said = self.ask(_FACTS)
            everywhere = said["globalSettings"]
            self._facts = Facts(
                int(everywhere["serverConfig"]["moneyStrategyPrecision"]),
                bool(everywhere["trackInventory"]),
                str(said["activeChannel"]["defaultLanguageCode"]),
                str(said["activeChannel"]["defaultCurrencyCode"]),
            )
        return self._facts

    def minor(self, amount: Any, currency: str) -> int:
        """Return an amount of the shop's, which counts with the same number of digits in every currency, as ours."""
        spare = self.facts.digits - money.digits(currency)
        if spare <= 0:
            return int(amount) * int(10**-spare)
        return round(int(amount) / int(10**spare))

    def theirs(self, amount: int, currency: str) -> int:
        """Return an amount of ours as the shop writes it."""
        spare = self.facts.digits - money.digits(currency)
        return amount * int(10**spare) if spare >= 0 else round(amount / int(10**-spare))

    def products_of(self, variants: list[str]) -> list[str]:
        """Return the products that variants belong to."""
        if not variants:
            return []
        found = self.ask(_PRODUCTS, ids=variants)["productVariants"]["items"]
        return list(dict.fromkeys(str(one["productId"]) for one in found))

    def _log_in(self) -> None:
        name, password = self.settings.get("username"), self.settings.get("password")
        answer = self._asked(_LOGIN, {"name": name or "", "password": password or ""})
        if told := answer.data["login"].get("message"):
            raise ShopError(f"login: {told}", permanent=True)
        token = answer.headers.get("vendure-auth-token")
        if not token:
            raise ShopError("login: the shop gives no token; its tokenMethod has to name bearer", permanent=True)
        self._headers["authorization"] = f"Bearer {token}"
        self._known = True

    def _asked(self, query: str, variables: dict[str, Any]) -> graphql.Answer:
        name = query.split("(")[0].split("{")[0].strip()
        try:
            return graphql.ask(self.url, query, variables, headers=self._headers, timeout=TIMEOUT)
        except httpclient.Temporary as error:
            raise ShopError(f"{name}: {error}", after=error.after and min(error.after, LONGEST)) from error
        except httpclient.HttpError as error:
            raise ShopError(f"{name}: {error}", permanent=True) from error


def moment(said: str) -> datetime:
    """Return a time of the shop's."""
    return datetime.fromisoformat(said).astimezone(UTC)


def written(at: datetime) -> str:
    """Return a time as the shop writes it, to the thousandth of a second."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
