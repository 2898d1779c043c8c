"""The doors to orders and shops: what they say, who may pass, and what the access log keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from pult.accounts import actions as accounts
from pult.accounts import queries as accounts_queries
from pult.accounts.access import SYSTEM
from pult.commerce import actions, notices
from pult.commerce.connectors.http.standin import Shop as Standin
from pult.commerce.models import Notice
from pult.commerce.testing import an_order
from pult.commerce.tests.conftest import ordered
from pult.commerce.tests.test_csv import write
from pult.customers import actions as customers
from pult.platform import queue

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def maja(shop_id: int) -> int:
    actions.take(shop_id, [ordered(str(number), hours=number) for number in range(1, 8)], live=False)
    return customers.identify(kind="email", value="maja@customers.example").id


def test_a_card_and_then_the_other_orders_page_by_page(maja: int, api: Any) -> None:
    card = api("GET", f"/customers/{maja}/card").json()["shop"]
    assert (card["order_count"], len(card["orders"])) == (7, 5)
    assert card["worth"] == [{"currency": "EUR", "orders": 7, "paid": 7 * 5390, "refunded": 0}]
    rest = api("GET", f"/customers/{maja}/orders?after={card['next']}&limit=5").json()
    seen = [order["id"] for order in card["orders"] + rest["items"]]
    assert len(set(seen)) == 7
    assert rest["next"] is None
    assert api("GET", f"/customers/{maja}/orders?after=tomorrow").status_code == 400
    assert api("GET", f"/customers/{maja}/orders?only=lost").status_code == 422


def test_an_order_is_shown_whole(maja: int, api: Any) -> None:
    (found,) = api("GET", "/orders?q=3").json()["items"][:1]
    whole = api("GET", f"/orders/{found['id']}").json()
    assert (whole["number"], whole["shipping"], whole["ship_to"]["city"]) == ("3", 400, "Ljubljana")
    assert whole["lines"][0]["sku"] == "LAMP-7"
    assert whole["payments"] == []


def test_who_sees_another_store_sees_none_of_it(maja: int, api: Any, person: Any) -> None:
    (found,) = api("GET", "/orders?q=3").json()["items"][:1]
    other = accounts.create_store(SYSTEM, name="Druga", language="hr")
    _, stranger = person("Ivo", store_id=other.id)
    assert stranger("GET", f"/customers/{maja}/card").json()["shop"]["order_count"] == 0
    assert stranger("GET", f"/customers/{maja}/orders").json()["items"] == []
    assert stranger("GET", "/orders?q=3").json()["items"] == []
    assert stranger("GET", f"/orders/{found['id']}").status_code == 404


def test_every_look_at_orders_leaves_a_line(maja: int, api: Any) -> None:
    api("GET", f"/customers/{maja}/orders")
    found = api("GET", "/orders?q=3").json()["items"][0]["id"]
    api("GET", f"/orders/{found}")
    lines = [(line.kind, line.customer_id) for line in accounts_queries.access_log().items if line.subject == "order"]
    assert lines == [("open", maja), ("search", None), ("list", maja)]


def test_an_admin_connects_a_shop_and_sees_how_far_it_is(store: Any, person: Any, tmp_path: Path) -> None:
    _, admin = person("Vera", role="admin")
    write(tmp_path, orders="id,placed_at,email\n1,2026-11-01T10:00:00,a@customers.example\n")
    wanted = {"store_id": store.id, "connector": "csv", "name": "Spletna", "settings": {"folder": str(tmp_path)}}
    made = admin("POST", "/shops", wanted)
    assert made.status_code == 201
    queue.run_due()
    (shop,) = admin("GET", "/shops").json()["items"]
    assert {one["kind"]: (one["done"], one["running"], one["error"]) for one in shop["readings"]} == {
        "product": (0, False, ""),
        "promotion": (0, False, ""),
        "order": (1, False, ""),
    }
    assert admin("POST", "/shops", wanted).status_code == 409
    (tmp_path / "orders.csv").write_text("id,placed_at\n2,yesterday\n")
    assert admin("POST", f"/shops/{shop['id']}/read").status_code == 202
    queue.run_due()
    (shop,) = admin("GET", "/shops").json()["items"]
    assert "orders.csv, row 1" in next(one["error"] for one in shop["readings"] if one["kind"] == "order")


def test_a_shop_that_makes_no_sense_is_refused_in_words(store: Any, person: Any) -> None:
    _, admin = person("Vera", role="admin")
    body = {"store_id": store.id, "connector": "csv", "name": "Spletna", "settings": {"folder": "/x", "speed": 3}}
    refused = admin("POST", "/shops", body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "settings"
    assert admin("POST", "/shops", body | {"connector": "bazaar", "settings": {}}).status_code == 422


def test_every_kind_of_shop_says_what_it_has_to_know(person: Any) -> None:
    _, admin = person("Vera", role="admin")
    kinds = {
        one["name"]: [field["label"] for field in one["fields"]] for one in admin("GET", "/connectors").json()["items"]
    }
    assert kinds["csv"] == ["Folder with the files, on the server"]


def test_an_agent_connects_no_shop(store: Any, api: Any) -> None:
    body = {"store_id": store.id, "connector": "csv", "name": "Spletna", "settings": {"folder": "/x"}}
    assert api("POST", "/shops", body).status_code == 403
    assert api("GET", "/shops").status_code == 403


def test_a_shop_that_sends_notices_says_where_to_and_gives_its_secret_once(
    store: Any, person: Any, api: Any, client: Client, settings: Any
) -> None:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]
    _, admin = person("Vera", role="admin")
    wanted = {"store_id": store.id, "connector": "http", "name": "Lastna"}
    inner = admin("POST", "/shops", wanted | {"settings": {"base_url": "http://10.0.0.1/shop"}})
    assert inner.json()["errors"][0]["field"] == "settings.base_url"
    with Standin() as own:
        made = admin("POST", "/shops", wanted | {"settings": {"base_url": own.settings["base_url"]}}).json()
        assert made["notices"]["url"].endswith(f"/hooks/shops/{made['id']}/notices")
        assert (made["notices"]["last_at"], made["settings"]["webhook_secret"]) == (None, False)
        assert api("POST", f"/shops/{made['id']}/secret").status_code == 403
        own.secret = admin("POST", f"/shops/{made['id']}/secret").json()["secret"]
        assert own.secret not in admin("GET", "/shops").content.decode()
        headers, body = own.notice(an_order(1), "n1", content=b"nonsense")
        path = made["notices"]["url"].partition("//")[2].partition("/")[2]
        assert client.post(f"/{path}", body, content_type="application/json", headers=headers).status_code == 200
    for _ in range(7):
        Notice.objects.update(claimed_until=None)
        notices.run_batch()
    (shop,) = admin("GET", "/shops").json()["items"]
    assert (shop["notices"]["failed"], shop["notices"]["waiting"]) == (1, 0)
    assert shop["notices"]["error"]
    again = admin("POST", f"/shops/{made['id']}/notices/retry").json()["notices"]
    assert (again["failed"], again["waiting"]) == (0, 1)


def test_files_send_no_notices_and_have_no_secret(shop_id: int, person: Any) -> None:
    _, admin = person("Vera", role="admin")
    assert admin("GET", "/shops").json()["items"][0]["notices"] is None
    assert admin("POST", f"/shops/{shop_id}/secret").status_code == 404
