"""History comes in whole, once, and announced to nobody."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from django.core.management import CommandError, call_command

from pult.accounts.models import Staff, Store, Team
from pult.channels import actions as channels
from pult.conversations import queries
from pult.conversations.actions import create_tag
from pult.conversations.filters import Filters
from pult.conversations.models import Attachment, Conversation, Message
from pult.customers.models import Customer, Identity
from pult.flows import history
from pult.flows.history_format import HistoryConversation, HistoryCustomer, HistoryFile, HistoryMessage, Person
from pult.platform.models import Event, Job

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def shop() -> Store:
    store = Store.objects.create(name="Trgovina", language="sl")
    channels.create_inbox(store_id=store.id, channel="email", name="Pomoč", address="pomoc@shop.example")
    Staff.objects.create(email="ana@desk.example", name="Ana")
    Team.objects.create(name="Returns")
    return store


def line(number: int, **changes: object) -> HistoryConversation:
    """One conversation with a question, a note and an answer."""
    at = START + timedelta(hours=number)
    given: dict[str, object] = {
        "id": f"old-{number}",
        "inbox": "pomoc@shop.example",
        "customer": HistoryCustomer(name="Špela Žagar", emails=["Spela.Zagar@mail.example"], phones=["+447700900001"]),
        "subject": "Kje je moj paket?",
        "language": "sl",
        "assignee": "ana@desk.example",
        "team": "returns",
        "tags": ["delivery"],
        "messages": [
            HistoryMessage(
                id=f"{number}.1@mail.example",
                direction="in",
                at=at,
                author=Person("spela.zagar@mail.example", "Špela Žagar"),
                to=[Person("pomoc@shop.example")],
                text=f"Naročila sem kavni aparat, zadeva številka N{number}.\n> citat",
                reply=f"Naročila sem kavni aparat, zadeva številka N{number}.",
                files=[HistoryFile(name="slika.png", type="image/png", content=b"\x89PNG")],
            ),
            HistoryMessage(id=f"{number}.2@desk", direction="note", at=at + timedelta(minutes=5), text="Preverjam."),
            HistoryMessage(
                id=f"{number}.3@shop.example",
                direction="out",
                at=at + timedelta(minutes=30),
                staff="ana@desk.example",
                to=[Person("spela.zagar@mail.example")],
                text="Paket je na poti.",
                in_reply_to=f"{number}.1@mail.example",
            ),
        ],
    }
    return HistoryConversation(**{**given, **changes})  # type: ignore[arg-type]


def lines(*found: HistoryConversation) -> io.BytesIO:
    return io.BytesIO(b"".join(msgspec.json.encode(one) + b"\n" for one in found))


def test_a_conversation_comes_in_whole(shop: Store) -> None:
    report = history.import_lines(lines(line(1)))

    assert (report.conversations, report.messages, report.known, report.refused) == (1, 3, 0, [])
    row = Conversation.objects.get()
    assert row.subject == "Kje je moj paket?"
    assert (row.status, row.message_count, row.attachment_count) == ("closed", 3, 1)
    assert (row.last_direction, row.snippet) == ("out", "Paket je na poti.")
    assert row.last_message_at == START + timedelta(hours=1, minutes=30)
    assert row.customer_name == "Špela Žagar"
    assert row.assignee is not None
    assert row.assignee.email == "ana@desk.example"
    assert row.tag_ids == [create_tag(name="delivery", hue=1)]
    said = list(Message.objects.order_by("created_at"))
    assert [m.direction for m in said] == ["in", "note", "out"]
    assert [m.state for m in said] == ["received", "received", "sent"]
    assert said[2].staff_id == row.assignee_id
    assert Attachment.objects.get().message_id == said[0].id
    person = Customer.objects.get()
    assert person.first_contact_at == START + timedelta(hours=1)
    assert set(Identity.objects.values_list("kind", "value")) == {
        ("email", "spela.zagar@mail.example"),
        ("phone", "+447700900001"),
    }


def test_an_import_is_announced_to_nobody_but_a_new_tag_to_the_open_screens(shop: Store) -> None:
    history.import_lines(lines(line(1), line(2, status="open")))

    assert list(Event.objects.values_list("kind", flat=True)) == ["tag.changed"]
    assert not Job.objects.exists()


def test_what_was_imported_is_found_by_inflected_words(shop: Store) -> None:
    history.import_lines(lines(*(line(number) for number in range(1, 4))))

    everything = Filters()
    allowed = frozenset({shop.id})

    def found(query: str) -> int:
        page = queries.search(query, everything, store_ids=allowed, staff_id=None, all_stores=True)
        return len(page.items)

    assert found("aparata n2") == 1
    assert found("aparata") == 3
    assert found("spela.zagar@mail.example") == 3
    assert found("hladilnik") == 0


def test_the_same_file_twice_changes_nothing(shop: Store) -> None:
    history.import_lines(lines(line(1), line(2)))
    again = history.import_lines(lines(line(1), line(2), line(3)))

    assert (again.conversations, again.known) == (1, 2)
    assert Conversation.objects.count() == 3
    assert Message.objects.count() == 9
    assert Customer.objects.count() == 1


def test_a_stopped_import_goes_on_where_it_stopped(shop: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "BATCH", 2)
    everything = [line(number) for number in range(1, 8)]

    def stop_after_two(report: history.Report) -> None:
        if report.conversations >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        history.import_lines(lines(*everything), progress=stop_after_two)
    assert Conversation.objects.count() == 4

    report = history.import_lines(lines(*everything))

    assert (report.known, report.conversations) == (4, 3)
    assert Conversation.objects.count() == 7


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"inbox": "nobody@shop.example"}, "inbox"),
        ({"assignee": "stranger@desk.example"}, "colleague"),
        ({"team": "Unknown"}, "team"),
        ({"customer": HistoryCustomer(name="Nobody")}, "no address"),
        ({"status": "snoozed"}, "snoozed_until"),
    ],
)
def test_a_line_that_names_what_is_not_there_is_refused_alone(
    shop: Store, changes: dict[str, object], reason: str
) -> None:
    report = history.import_lines(lines(line(1), line(2, **changes), line(3)))

    assert [(bad.line, reason in bad.reason) for bad in report.refused] == [(2, True)]
    assert Conversation.objects.count() == 2


def test_broken_lines_are_told_with_their_numbers(shop: Store) -> None:
    file = io.BytesIO(b"{not json}\n\n" + msgspec.json.encode(line(1)) + b'\n{"id": "x"}\n')

    report = history.import_lines(file)

    assert [bad.line for bad in report.refused] == [1, 4]
    assert report.conversations == 1


def test_signs_that_no_database_keeps_are_left_out(shop: Store) -> None:
    raw = msgspec.json.encode(line(1)).replace("Naročila sem".encode(), b"Naro\\u0000sem")

    report = history.import_lines(io.BytesIO(raw))

    assert report.conversations == 1
    assert Message.objects.order_by("created_at")[0].text.startswith("Narosem kavni aparat")


def test_a_person_who_was_merged_gets_the_conversation_as_the_one_he_became(shop: Store) -> None:
    history.import_lines(lines(line(1)))
    known = Customer.objects.get()
    kept = Customer.objects.create(name="Špela Novak", created_at=START)
    Customer.objects.filter(id=known.id).update(merged_into=kept)

    history.import_lines(lines(line(2)))

    assert Conversation.objects.order_by("-id")[0].customer_id == kept.id
    kept.refresh_from_db()
    assert kept.name == "Špela Novak"


def test_people_are_known_by_any_of_their_addresses_and_what_is_known_stays(shop: Store) -> None:
    first = HistoryCustomer(name="Špela Žagar", emails=["spela@mail.example"])
    second = HistoryCustomer(name="Š. Ž.", emails=["new@mail.example", "SPELA@mail.example"], company="Žagar d.o.o.")

    history.import_lines(lines(line(1, customer=first), line(2, customer=second)))

    person = Customer.objects.get()
    assert (person.name, person.company) == ("Špela Žagar", "Žagar d.o.o.")
    assert Identity.objects.filter(customer=person).count() == 2
    assert not Identity.objects.exclude(verified_at=None).exists()


def test_files_are_read_from_beside_the_import_and_nowhere_else(shop: Store, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_bytes(b"inside")
    with_file = [HistoryFile(name="a.txt", path="files/a.txt")]
    outside = [HistoryFile(name="b.txt", path="../../etc/passwd")]
    message = line(1).messages[0]
    good = msgspec.structs.replace(message, files=with_file)
    bad = msgspec.structs.replace(message, id="other", files=outside)
    path = tmp_path / "old.jsonl"
    path.write_bytes(lines(line(1, messages=[good]), line(2, messages=[bad])).getvalue())

    report = history.import_file(path)

    assert [refusal.line for refusal in report.refused] == [2]
    assert Attachment.objects.get().size == len(b"inside")


def test_card_numbers_are_not_kept(shop: Store) -> None:
    told = msgspec.structs.replace(line(1).messages[0], text="Kartica 4111 1111 1111 1111", reply="", files=[])

    history.import_lines(lines(line(1, messages=[told])))

    kept = Message.objects.get()
    assert "4111 1111" not in kept.text + kept.reply
    assert kept.masked


def test_memory_holds_a_batch_whatever_the_file(shop: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "BATCH_BYTES", 400_000)
    big = msgspec.structs.replace(line(1).messages[0], text="beseda " * 7_000, reply="kratko", files=[])

    class Endless(io.RawIOBase):
        """Sixty lines of 50 kB, made as they are read."""

        def __init__(self) -> None:
            self.made: Iterator[bytes] = (
                msgspec.json.encode(line(n, messages=[msgspec.structs.replace(big, id=f"m{n}")])) + b"\n"
                for n in range(60)
            )

        def readline(self, size: int | None = -1, /) -> bytes:
            return next(self.made, b"")

    history.import_lines(lines(line(1000)))
    tracemalloc.start()
    report = history.import_lines(Endless())  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert report.conversations == 60
    assert peak < 12_000_000


def test_the_command_tells_what_it_did(shop: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "old.jsonl"
    path.write_bytes(lines(line(1), line(2)).getvalue())

    call_command("import", "history", str(path))
    assert "2 conversations with 6 messages; 0 were there already" in capsys.readouterr().out

    path.write_bytes(b"{}\n")
    with pytest.raises(CommandError, match="1 lines were refused"):
        call_command("import", "history", str(path))
