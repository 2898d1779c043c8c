"""A real Vendure with Pult's plugin, and a real Pult: what happens in the shop is known here a moment later."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pult.commerce.base import Product, Variant
from pult.commerce.connectors.vendure import standin
from pult.commerce.connectors.vendure.standin import Vendure
from pult.commerce.testing import AT
from pult.platform import webhooks
from tests.e2e.installation import ROOT, Pult, wait_for

MISSING = not (standin.SEEDED / "key").exists()
pytestmark = [
    pytest.mark.skipif(MISSING, reason="Vendure is not installed: `make shops` says why"),
    pytest.mark.timeout(300),
]
BUYER = {"firstName": "Nika", "lastName": "Zupan", "emailAddress": "nika.zupan@kupci.example"}
ADDRESS = {
    "fullName": "Nika Zupan",
    "streetLine1": "Slovenska cesta 1",
    "city": "Ljubljana",
    "postalCode": "1000",
    "countryCode": "SI",
}
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("mutation { step: addItemToOrder(productVariantId: 1007, quantity: 2) { __typename } }", {}),
    (
        "mutation ($input: CreateCustomerInput!) { step: setCustomerForOrder(input: $input) { __typename } }",
        {"input": BUYER},
    ),
    (
        "mutation ($input: CreateAddressInput!) { step: setOrderShippingAddress(input: $input) { __typename } }",
        {"input": ADDRESS},
    ),
    ("mutation { step: setOrderShippingMethod(shippingMethodId: 1) { __typename } }", {}),
    ('mutation { step: transitionOrderToState(state: "ArrangingPayment") { __typename } }', {}),
    (
        'mutation { step: addPaymentToOrder(input: { method: "card", metadata: {} }) { __typename'
        " ... on Order { code id } } }",
        {},
    ),
]


def buy(shop: Vendure) -> dict[str, Any]:
    """Buy two lamps in the storefront's API, as a guest."""
    token, said = "", {}
    for question, variables in STEPS:
        said, token = shop.ask(question, api="shop-api", token=token, **variables)
        assert said["step"]["__typename"] == "Order", said
    found: dict[str, Any] = said["step"]
    return found


def connect(pult: Pult, shop: Vendure, secret: str) -> int:
    """Connect Pult to the shop by its command line; return the number of the shop."""
    command = [sys.executable, "-m", "pult", "shop", "add", "Vendure", "--store", "Trgovina Lipa"]
    command += ["--connector", "vendure", "--set", f"api_url=http://127.0.0.1:{shop.port}/admin-api"]
    command += ["--set", f"api_key={shop.key}", "--set", f"webhook_secret={secret}"]
    environment = {**os.environ, **pult.environment}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120)
    return max(one["id"] for one in pult.api("GET", "/shops")["items"])


def test_an_order_of_the_storefront_is_here_a_moment_later_and_so_is_what_becomes_of_it(
    pult: Pult, tmp_path: Path
) -> None:
    secret = webhooks.new_secret()
    shop = Vendure(tmp_path)
    number = connect(pult, shop, secret)
    shop.notices = {"url": f"{pult.url}/hooks/shops/{number}/notices", "secret": secret}
    with shop:
        lamp = Variant(id="v7", title="Lamp", price=2_495, currency="EUR", sku="LAMP-7")
        shop.tell("keep", {"products": [Product(id="p7", title="Lamp", changed_at=AT, variants=[lamp])]})
        bought = buy(shop)

        def seen() -> dict[str, Any] | None:
            found = pult.api("GET", f"/orders?q={bought['code']}")["items"]
            return found[0] if found else None

        order = wait_for(seen, seconds=60, what="the order to be known")
        assert order is not None
        assert (order["total"], order["payment"]) == (5_390, "paid")

        payment, _ = shop.ask("query ($id: ID!) { order(id: $id) { payments { id } } }", id=bought["id"])
        back = {"paymentId": payment["order"]["payments"][0]["id"], "amount": 2_495, "reason": "damaged"}
        back |= {"lines": [], "shipping": 0, "adjustment": 0}
        shop.ask("mutation ($input: RefundOrderInput!) { refundOrder(input: $input) { __typename } }", input=back)
        wait_for(
            lambda: (seen() or {}).get("payment") == "part_refunded",
            seconds=60,
            what="what was given back, which leaves the order itself as it was",
        )
