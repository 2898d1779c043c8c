"""A shop that is files."""

from __future__ import annotations

import csv
import os
import shutil
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pult.accounts import queries as accounts
from pult.commerce import actions, queries, reading
from pult.commerce.base import ShopError
from pult.commerce.models import Buyer, Order, Product, Reading

pytestmark = pytest.mark.django_db(databases="__all__")


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")


@pytest.fixture
def csv_shop(store: accounts.StoreInfo, tmp_path: Path) -> int:
    return actions.connect(store_id=store.id, connector="csv", name="Datoteke", settings={"folder": str(tmp_path)})


def found(number: str, store: accounts.StoreInfo) -> queries.OrderView:
    view = queries.order(queries.find_orders(number, store_ids=[store.id])[0].id)
    assert view is not None
    return view


def test_files_with_the_names_of_pult_need_no_mapping(csv_shop: int, store: accounts.StoreInfo, tmp_path: Path) -> None:
    write(
        tmp_path,
        orders="id,number,buyer,placed_at,currency,shipping,parcel,sent_at\n"
        "1,A-1,9,2026-11-01T10:00:00,EUR,4.00,RR1SI,2026-11-02T08:00:00\n",
        customers="key,id,email,name,birthday,city,country\n"
        "9,9,maja@customers.example,Maja Kos,1990-02-28,Ljubljana,si\n",
        order_lines="order,product,sku,quantity,price\n1,7,LAMP-7,2,49.90\n1,8,BULB,1,3.5\n",
        payments="order,method,amount\n1,paypal,107.30\n",
        products="id,title,price,stock,DOT\n7,Svetilka,49.90,3,\n9,Guma 205/55,89.00,8,2325\n",
    )
    assert reading.read(csv_shop)
    whole = found("A-1", store)
    assert [(line.title, line.quantity, line.total) for line in whole.order.lines] == [
        ("Svetilka", 2, 9980),
        ("BULB", 1, 350),
    ]
    assert (whole.order.total, whole.order.payments[0].amount, whole.item.open_parcels) == (10_730, 10_730, 1)
    assert whole.order.placed_at == datetime(2026, 11, 1, 9, tzinfo=UTC)
    assert (whole.order.ship_to.city, whole.order.ship_to.country) == ("Ljubljana", "SI")
    assert whole.item.customer_id is not None
    assert queries.card([whole.item.customer_id], store_ids=[store.id]).birthday == date(1990, 2, 28)
    (tyre,) = queries.find_products("2325", store_ids=[store.id])
    assert tyre.attributes == {"DOT": "2325"}


def test_reductions_lie_in_a_file_of_their_own(csv_shop: int, store: accounts.StoreInfo, tmp_path: Path) -> None:
    write(
        tmp_path,
        orders="id,placed_at\n",
        promotions="id,title,code,percent,amount,starts_at,ends_at,products,delivery,minimum\n"
        "1,Jesenska,JESEN,12.5,,2026-11-01,2026-12-01T00:00:00,7|9,,\n"
        "2,Brez poštnine,,,,,2026-12-01,,yes,50.00\n"
        "3,Mimo,,,5.00,,2026-11-02,,,\n",
    )
    assert reading.read(csv_shop)
    now = datetime(2026, 11, 15, tzinfo=UTC)
    first, second = [one.promotion for one in queries.promotions(store_ids=[store.id], at=now)]
    assert (first.percent, first.code, first.product_ids, first.currency) == (12.5, "JESEN", ["7", "9"], "EUR")
    assert (second.delivery, second.minimum, second.percent) == (True, 5_000, None)
    for spoilt in ("120", "-1", "nan", "half"):
        write(tmp_path, promotions=f"id,title,percent\n1,Jesenska,{spoilt}\n")
        with pytest.raises(ShopError, match=r"promotions.csv, row 1"):
            reading.read(csv_shop)


def test_a_mapping_names_columns_words_and_signs(csv_shop: int, store: accounts.StoreInfo, tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text(
        'currency = "PLN"\ntime_zone = "Europe/Warsaw"\ndecimal = ","\ndelimiter = ";"\nencoding = "cp1250"\n'
        '[orders]\nfile = "zamówienia.csv"\n'
        'columns = { id = "Nr", placed_at = "Data", total = "Suma", status = "Status", name = "Klient" }\n'
        '[states]\n"Wysłane" = { payment = "paid", fulfilment = "sent" }\n',
        encoding="utf-8",
    )
    (tmp_path / "zamówienia.csv").write_text(
        'Nr;Data;Suma;Status;Klient\n77;2026-07-01 12:00;"1 234,50";Wysłane;Wiśniewska\n', encoding="cp1250"
    )
    assert reading.read(csv_shop)
    order = found("77", store).order
    assert (order.total, order.currency, order.payment, order.fulfilment) == (123_450, "PLN", "paid", "sent")
    assert order.buyer.name == "Wiśniewska"
    assert order.placed_at == datetime(2026, 7, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("orders", "told"),
    [
        ("id,placed_at,total\n1,2026-11-01,9\n2,2026-11-01,ten\n", "orders.csv, row 2: 'ten' is no amount"),
        ("id,placed_at\n1,yesterday\n", "orders.csv, row 1"),
        ("id,placed_at\n,2026-11-01\n", "orders.csv, row 1: an id is missing"),
        ("id\n1\n", "orders.csv, row 1: a time is missing"),
        ("id,placed_at\n1,0001-01-01\n", "row 1: '0001-01-01' is no time at which a shop sells"),
        ("id,placed_at\n1,9999-12-31T23:59:59-12:00\n", "is no time at which a shop sells"),
        ("id,placed_at,total\n1,2026-11-01,1e999999999\n", "row 1: '1e999999999' is no amount"),
        ("id,placed_at,total\n1,2026-11-01,1e30\n", "row 1: '1e30' is too large"),
        ("id,placed_at,currency\n1,2026-11-01,EUROS\n", "row 1: 'EUROS' is no currency"),
        (f"id,placed_at\n{'9' * 201},2026-11-01\n", "is longer than 200 characters"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_row(csv_shop: int, tmp_path: Path, orders: str, told: str) -> None:
    write(tmp_path, orders=orders)
    with pytest.raises(ShopError, match=told):
        reading.read(csv_shop)
    assert told in Reading.objects.get(kind="order").error
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ('[orders]\nfile = "../../etc/passwd"', "has to lie beside"),
        ('[orders]\nfile = "other.csv"', "there is no file other.csv"),
        ('[orders]\nfile = "orders.csv"\ncolumns = { colour = "x" }', "orders has no field 'colour'"),
        ('[orders]\nfile = "orders.csv"\ncolumns = { id = "nr" }', "there is no column 'nr' for id"),
        ("delimiter = '|'", "mapping.toml"),
        ('time_zone = "/etc/passwd"', "there is no time zone '/etc/passwd'"),
        ("[", "mapping.toml"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_told(csv_shop: int, tmp_path: Path, mapping: str, told: str) -> None:
    write(tmp_path, orders="id,placed_at\n1,2026-11-01\n")
    (tmp_path / "mapping.toml").write_text(mapping)
    with pytest.raises(ShopError, match=told):
        reading.read(csv_shop)


@pytest.mark.parametrize(
    ("line", "told"),
    [("1,9999999999,1.00", "'9999999999' is too many"), ("1,2000000000,90000000000000", "a sum is too large")],
)
def test_a_line_that_cannot_be_kept_is_told_with_its_order(csv_shop: int, tmp_path: Path, line: str, told: str) -> None:
    write(tmp_path, orders="id,placed_at\n1,2026-11-01\n", order_lines=f"order,quantity,price\n{line}\n")
    with pytest.raises(ShopError, match=told):
        reading.read(csv_shop)


def test_whatever_stops_a_reading_is_shown(csv_shop: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, orders="id,placed_at\n1,2026-11-01\n")

    def take(*_: object, **__: object) -> actions.Taken:
        raise OverflowError("too much for the database")

    monkeypatch.setattr(actions, "take", take)
    with pytest.raises(OverflowError):
        reading.read(csv_shop)
    assert Reading.objects.get(kind="order").error == "OverflowError: too much for the database"


def test_an_attribute_of_a_product_may_have_lines_and_tabs(csv_shop: int, tmp_path: Path) -> None:
    told = "first\nsecond\x0bthird\u2028fourth"
    write(tmp_path, orders="id,placed_at\n", products=f'id,title,"how\tit is"\np,Lamp,"{told}"\n')
    assert reading.read(csv_shop)
    assert Product.objects.get().body["attributes"] == {"how\tit is": told}


def test_reading_goes_on_where_it_stopped(csv_shop: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"{n},2026-11-01\n" for n in range(1_200))
    write(tmp_path, orders=f"id,placed_at\n{rows}")
    taken: list[int] = []
    honest = actions.take

    def dying(shop_id: int, things: Any, *, live: bool) -> actions.Taken:
        taken.append(len(things))
        if len(taken) == 3:
            raise RuntimeError("the process was killed")
        return honest(shop_id, things, live=live)

    monkeypatch.setattr(actions, "take", dying)
    with pytest.raises(RuntimeError):
        reading.read(csv_shop)
    assert Order.objects.count() == 1_000
    assert reading.read(csv_shop)
    assert Order.objects.count() == 1_200
    assert taken == [500, 500, 200, 200]


def test_a_second_reading_tells_what_is_new(csv_shop: int, tmp_path: Path) -> None:
    write(tmp_path, orders="id,placed_at\n1,2026-11-01\n")
    reading.read(csv_shop)
    told: list[reading.Progress] = []
    write(tmp_path, orders="id,placed_at\n1,2026-11-01\n2,2026-11-02\n")
    reading.read(csv_shop, told=told.append)
    assert told[-1].taken == actions.Taken(made=1, known=1)
    assert told[-1].finished


OLIST = """
currency = "BRL"
time_zone = "America/Sao_Paulo"
[orders]
file = "orders.csv"
[orders.columns]
id = "order_id"
buyer = "customer_id"
status = "order_status"
placed_at = "order_purchase_timestamp"
sent_at = "order_delivered_carrier_date"
delivered_at = "order_delivered_customer_date"
promised_at = "order_estimated_delivery_date"
[buyers]
file = "customers.csv"
columns = { key = "customer_id", id = "customer_unique_id", city = "customer_city", region = "customer_state" }
[lines]
file = "order_items.csv"
[lines.columns]
order = "order_id"
id = "order_item_id"
product = "product_id"
price = "price"
shipping = "freight_value"
[payments]
file = "order_payments.csv"
[payments.columns]
order = "order_id"
id = "payment_sequential"
method = "payment_type"
amount = "payment_value"
[products]
file = "products.csv"
columns = { id = "product_id", category = "product_category_name" }
[states]
canceled = { state = "cancelled" }
unavailable = { state = "cancelled" }
delivered = { state = "completed", payment = "paid", fulfilment = "delivered" }
shipped = { payment = "paid", fulfilment = "sent" }
"""


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.corpus
@pytest.mark.program
@pytest.mark.timeout(300)
@pytest.mark.parametrize("step", [10, pytest.param(1, marks=pytest.mark.soak)])
def test_a_real_shops_history_is_on_the_cards(store: accounts.StoreInfo, tmp_path: Path, step: int) -> None:
    """Olist's 10,864 orders, every `step`th card counted again from the files; read twice they change nothing."""
    source = Path(os.environ.get("PULT_DATA", "../shared/data")) / "olist"
    if not source.is_dir():
        pytest.skip(f"there is no {source}")
    shutil.copytree(source, tmp_path / "olist")
    (tmp_path / "olist" / "mapping.toml").write_text(OLIST)
    shop_id = actions.connect(
        store_id=store.id, connector="csv", name="olist", settings={"folder": str(tmp_path / "olist")}
    )
    told: dict[str, reading.Progress] = {}
    for expected in ((10_864, 0), (0, 10_864)):
        reading.read(shop_id, told=lambda progress: told.update({progress.kind: progress}))
        assert (told["order"].taken.made, told["order"].taken.known) == expected
        assert told["order"].taken.changed == told["product"].taken.changed == 0
    person = {row["customer_id"]: row["customer_unique_id"] for row in _rows(source / "customers.csv")}
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for row in _rows(source / "order_items.csv"):
        spent[row["order_id"]] += Decimal(row["price"]) + Decimal(row["freight_value"])
    wanted: dict[str, list[Any]] = defaultdict(lambda: [0, 0, 0])
    for row in _rows(source / "orders.csv"):
        sums = wanted[person[row["customer_id"]]]
        cancelled = row["order_status"] in {"canceled", "unavailable"}
        sums[0] += 1
        sums[1] += 0 if cancelled else int(spent[row["order_id"]] * 100)
        away = row["order_delivered_carrier_date"] and not row["order_delivered_customer_date"]
        sums[2] += 1 if away and not cancelled else 0
    known = dict(Buyer.objects.filter(shop_id=shop_id).values_list("external_id", "customer_id"))
    assert known.keys() == wanted.keys()
    for external_id, sums in list(wanted.items())[::step]:
        card = queries.card([known[external_id]], store_ids=[store.id])
        paid = sum(worth.paid for worth in card.worth)
        assert [card.order_count, paid, card.open_parcels] == sums, external_id
