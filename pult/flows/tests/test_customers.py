"""People: found by what they write from, merged by hand, and taken apart again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from pult.accounts import queries as accounts_queries
from pult.channels import queries as channels_queries
from pult.customers import actions, queries
from pult.customers.errors import MergeRefused
from pult.flows import privacy
from pult.flows.tests.conftest import mail
from pult.platform import erasures, events

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]


def two(arrive: Call, api: Call) -> tuple[int, int]:
    arrive(
        mail(), mail(message_id="<9@x>", sender="M. Kos <maja.kos@posta.example>", subject="Vračilo", text="Vračam.")
    )
    ids = sorted(item["customer"]["id"] for item in api("GET", "/conversations").json()["items"])
    return ids[0], ids[1]


def test_the_same_address_in_another_writing_is_the_same_person(arrive: Call, api: Call) -> None:
    arrive(mail(), mail(message_id="<2@x>", sender="MAJA@Customers.Example", text="Drugič"))
    assert len({item["customer"]["id"] for item in api("GET", "/conversations").json()["items"]}) == 1


def test_a_new_address_with_a_known_name_is_nobody_known(arrive: Call, api: Call) -> None:
    arrive(mail(), mail(message_id="<2@x>", sender="Maja Kos <forged@elsewhere.example>", text="Moj naslov je nov"))
    assert len({item["customer"]["id"] for item in api("GET", "/conversations").json()["items"]}) == 2


def test_a_merge_joins_identities_and_conversations_and_can_be_undone(arrive: Call, api: Call) -> None:
    kept, absorbed = two(arrive, api)
    merge = api("POST", f"/customers/{kept}/merge", {"other_id": absorbed})
    assert merge.status_code == 201, merge.content
    card = api("GET", f"/customers/{kept}").json()
    assert {i["value"] for i in card["identities"]} == {"maja@customers.example", "maja.kos@posta.example"}
    assert card["conversation_count"] == 2
    assert {item["customer"]["id"] for item in api("GET", "/conversations").json()["items"]} == {kept}
    assert api("GET", f"/customers/{absorbed}").json()["id"] == kept
    assert api("POST", f"/customers/merges/{merge.json()['id']}/undo").status_code == 204
    assert api("GET", f"/customers/{kept}").json()["conversation_count"] == 1
    assert {item["customer"]["id"] for item in api("GET", "/conversations").json()["items"]} == {kept, absorbed}
    history = api("GET", f"/customers/{kept}/merges").json()["items"]
    assert [(m["absorbed_id"], m["undone_at"] is not None) for m in history] == [(absorbed, True)]
    line = accounts_queries.access_log(customer_id=kept).items[0]
    assert (line.kind, line.subject, line.subject_ids) == ("open", "customer", sorted([kept, absorbed]))


def test_after_a_merge_a_mail_from_either_address_is_the_one_person(arrive: Call, api: Call) -> None:
    kept, absorbed = two(arrive, api)
    api("POST", f"/customers/{kept}/merge", {"other_id": absorbed})
    arrive(mail(message_id="<3@x>", sender="maja.kos@posta.example", text="Še nekaj"))
    assert api("GET", f"/customers/{kept}").json()["conversation_count"] == 3


def test_merges_that_make_no_sense_are_refused(arrive: Call, api: Call) -> None:
    kept, absorbed = two(arrive, api)
    assert api("POST", f"/customers/{kept}/merge", {"other_id": kept}).status_code == 409
    merge_id = api("POST", f"/customers/{kept}/merge", {"other_id": absorbed}).json()["id"]
    assert api("POST", f"/customers/{kept}/merge", {"other_id": absorbed}).status_code == 409
    assert api("POST", f"/customers/{kept}/merge", {"other_id": 10**9}).status_code == 404
    api("POST", f"/customers/merges/{merge_id}/undo")
    assert api("POST", f"/customers/merges/{merge_id}/undo").status_code == 409


def test_a_chain_of_merges_comes_apart_in_reverse(db: None) -> None:
    a, b, c = (actions.identify(kind="email", value=f"{n}@x.example", name=n).id for n in "abc")
    first = actions.merge(kept_id=b, absorbed_id=a, staff_id=None, actor="system")
    second = actions.merge(kept_id=c, absorbed_id=b, staff_id=None, actor="system")
    view = queries.customer(a)
    assert view is not None
    assert (view.id, view.all_ids) == (c, sorted([a, b, c]))
    with pytest.raises(MergeRefused):
        actions.unmerge(merge_id=first, staff_id=None, actor="system")
    actions.unmerge(merge_id=second, staff_id=None, actor="system")
    actions.unmerge(merge_id=first, staff_id=None, actor="system")
    assert [queries.resolve(n) for n in (a, b, c)] == [a, b, c]


def test_people_are_found_by_name_without_marks_and_by_part_of_an_address(arrive: Call, api: Call) -> None:
    arrive(mail(sender="Živa Čuk <ziva.cuk@customers.example>"))
    for asked in ("ziva", "čuk", "ziva.cuk@cust", "Ziv"):
        assert len(api("GET", f"/customers?q={asked}").json()["items"]) == 1, asked
    assert api("GET", "/customers?q=nobody").json()["items"] == []


def test_a_changed_name_is_found_and_kept(arrive: Call, api: Call) -> None:
    arrive(mail())
    customer_id = api("GET", "/conversations").json()["items"][0]["customer"]["id"]
    changed = api("PATCH", f"/customers/{customer_id}", {"name": "Marija Kos", "notes": "Kliče raje popoldne."})
    assert changed.json()["name"] == "Marija Kos"
    assert len(api("GET", "/customers?q=marija").json()["items"]) == 1
    arrive(mail(message_id="<5@x>", text="Še enkrat"))
    assert api("GET", f"/customers/{customer_id}").json()["name"] == "Marija Kos"


def test_erasing_leaves_nothing_to_be_found(arrive: Call, api: Call) -> None:
    arrive(mail())
    customer_id = api("GET", "/conversations").json()["items"][0]["customer"]["id"]
    actions.erase(customer_id)
    assert api("GET", "/customers?q=maja").json()["items"] == []
    assert api("GET", f"/customers/{customer_id}").json()["identities"] == []


def test_erasure_reaches_words_files_and_what_arrived_and_holds_after_a_restore(
    arrive: Call, api: Call, agent: Any, tmp_path: Any, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    arrive(mail(text="Moja skrivnost je malina."))
    item = api("GET", "/conversations").json()["items"][0]
    customer_id = item["customer"]["id"]
    whole = privacy.export(customer_id)
    assert "malina" in json.dumps(whole, ensure_ascii=False)
    assert api("DELETE", f"/customers/{customer_id}").status_code == 403
    privacy.erase(customer_id)
    assert api("GET", "/conversations?q=malina").json()["items"] == []
    detail = api("GET", f"/conversations/{item['id']}")
    assert "malina" not in detail.content.decode()
    assert "maja" not in detail.content.decode().lower()
    assert channels_queries.waiting() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM channels_rawpayload")
        assert cursor.fetchone()[0] == 0
    assert erasures.apply_all() == 1
    arrive(mail(message_id="<77@x>", text="Spet jaz"))
    assert len(api("GET", "/conversations?q=spet").json()["items"]) == 1


def test_who_erased_a_customer_stays_in_the_log(arrive: Call, api: Call, person: Call) -> None:
    arrive(mail())
    customer_id = api("GET", "/conversations").json()["items"][0]["customer"]["id"]
    _, boss = person("Boss", "admin")
    api("GET", f"/customers/{customer_id}")
    seen = boss("GET", f"/customers/{customer_id}/erasure").json()
    assert boss("DELETE", f"/customers/{customer_id}?confirm={seen['confirm']}").status_code == 204
    lines = boss("GET", f"/access-log?customer={customer_id}").json()["items"]
    found = [(line["kind"], line["actor"].partition(":")[0], line["subject_ids"]) for line in lines]
    assert found == [("erase", "token", [customer_id])], "who had looked is forgotten with the customer"
    events.sequence()
    (event,) = events.read(0, kinds=["customer.erased"])
    assert (event.entity_id, event.actor.partition(":")[0]) == (customer_id, "token")
    assert boss("DELETE", "/customers/999999").status_code == 404
    assert len(boss("GET", "/access-log?kind=erase").json()["items"]) == 1


def test_taking_a_merge_back_leaves_what_the_desk_wrote_since(arrive: Call, api: Call) -> None:
    arrive(mail(), mail(sender="Tine <tine@customers.example>", message_id="<2@customers.example>"))
    kept, other = (item["customer"]["id"] for item in api("GET", "/conversations").json()["items"])
    merge = api("POST", f"/customers/{kept}/merge", {"other_id": other}).json()
    api("PATCH", f"/customers/{kept}", {"name": "Novo ime"})
    assert api("POST", f"/customers/merges/{merge['id']}/undo").status_code == 204
    assert api("GET", f"/customers/{kept}").json()["name"] == "Novo ime"


def test_erasure_reaches_the_line_of_somebody_elses_conversation(arrive: Call, api: Call) -> None:
    arrive(mail())
    conversation_id = api("GET", "/conversations").json()["items"][0]["id"]
    arrive(
        mail(
            sender="Tine Malina <tine@customers.example>",
            message_id="<2@customers.example>",
            text="Moja skrivnost.",
            In_Reply_To="<1@customers.example>",
        )
    )
    tine = api("GET", "/customers?q=tine").json()["items"][0]["id"]
    privacy.erase(tine)
    line = api("GET", f"/conversations/{conversation_id}").content.decode()
    assert "skrivnost" not in line
    assert "Malina" not in line


def test_a_merge_taken_back_gives_each_their_own_contacts(arrive: Call, api: Call) -> None:
    kept, absorbed = two(arrive, api)
    times = {one: api("GET", f"/customers/{one}").json() for one in (kept, absorbed)}
    merge = api("POST", f"/customers/{kept}/merge", {"other_id": absorbed}).json()
    both = api("GET", f"/customers/{kept}").json()
    assert both["last_contact_at"] == max(one["last_contact_at"] for one in times.values())
    assert both["first_contact_at"] == min(one["first_contact_at"] for one in times.values())
    api("POST", f"/customers/merges/{merge['id']}/undo")
    for one, before in times.items():
        after = api("GET", f"/customers/{one}").json()
        for field in ("first_contact_at", "last_contact_at"):
            assert after[field] == before[field]
