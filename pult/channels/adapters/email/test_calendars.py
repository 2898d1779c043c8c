"""Invitations are read as their sender meant them, and no calendar does any harm."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pult.channels.adapters.email import calendars, parse
from pult.channels.base import Address, Invitation, Raw

OUTLOOK = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:{rule}BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def calendar(*lines: str, method: str = "REQUEST", zone: str = "") -> bytes:
    event = "\n".join(["BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT"])
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:{method}\n{zone}{event}\nEND:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def read(*lines: str, method: str = "REQUEST", zone: str = "") -> Invitation:
    found, _ = calendars.invitation(calendar(*lines, method=method, zone=zone))
    assert found is not None
    return found


def test_an_invitation_is_read_whole() -> None:
    event = read(
        'ORGANIZER;CN="Kos, Maja":MAILTO:maja@customers.example',
        "SUMMARY;LANGUAGE=sl:Prevzem paketa\\, druga p",
        " olica",
        "DTSTART;TZID=Europe/Ljubljana:20260701T100000",
        "DURATION:PT1H30M",
        "RRULE:FREQ=WEEKLY;COUNT=3",
        "LOCATION:Trgovina\\nGlavna 1",
        "BEGIN:VALARM",
        "SUMMARY:budilka",
        "END:VALARM",
    )
    assert event == Invitation(
        method="request",
        summary="Prevzem paketa, druga polica",
        starts="2026-07-01T08:00:00+00:00",
        ends="2026-07-01T09:30:00+00:00",
        repeats="weekly",
        place="Trgovina Glavna 1",
        organiser=Address("maja@customers.example", "Kos, Maja"),
    )


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("20260701T100000", "2026-07-01T08:00:00+00:00"),
        ("20260101T100000", "2026-01-01T09:00:00+00:00"),
        ("20260329T013000", "2026-03-29T00:30:00+00:00"),
        ("20260329T033000", "2026-03-29T01:30:00+00:00"),
        ("20261025T040000", "2026-10-25T03:00:00+00:00"),
    ],
)
def test_a_zone_that_only_the_calendar_defines_is_followed(local: str, utc: str) -> None:
    name = "(UTC+01:00) Belgrade, Ljubljana"
    zone = OUTLOOK.format(name=name, rule="FREQ=YEARLY;")
    assert read(f'DTSTART;TZID="{name}":{local}', zone=zone).starts == utc


@pytest.mark.parametrize(
    ("lines", "starts", "ends"),
    [
        (("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227"), "2026-12-24", "2026-12-26"),
        (("DTSTART;VALUE=DATE:20261224",), "2026-12-24", "2026-12-24"),
        (("DTSTART:20261224T100000",), "2026-12-24T10:00:00", ""),
        (
            ("DTSTART:20261224T100000Z", "DTEND:20261224T110000Z"),
            "2026-12-24T10:00:00+00:00",
            "2026-12-24T11:00:00+00:00",
        ),
        (("DTSTART;TZID=/x.example/1/Europe/Athens:20261224T100000",), "2026-12-24T08:00:00+00:00", ""),
        (("DTSTART;TZID=Nowhere/Land:20261224T100000",), "2026-12-24T10:00:00", ""),
        (("DTSTART:kmalu", "DTEND:20269999T000000Z"), "", ""),
        (("DTSTART;VALUE=DATE:99991231", "DURATION:P9999W"), "9999-12-31", ""),
        ((), "", ""),
    ],
)
def test_whole_days_times_in_utc_and_times_without_a_zone(lines: tuple[str, ...], starts: str, ends: str) -> None:
    event = read(*lines)
    assert (event.starts, event.ends) == (starts, ends)


def test_what_is_asked_or_told_is_known() -> None:
    assert read(method="CANCEL").cancelled
    assert read("STATUS:CANCELLED").cancelled
    reply = read("ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@shop.example", method="REPLY")
    assert (reply.method, reply.answer) == ("reply", "accepted")
    assert read("ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@shop.example").answer == ""
    assert [read(method=m).method for m in ("COUNTER", "PUBLISH", "nonsense")] == ["counter", "publish", "publish"]
    rules = ("FREQ=HOURLY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=WEEKLY;INTERVAL=10", "FREQ=WEEKLY;INTERVAL=1")
    assert [read(f"RRULE:{rule}").repeats for rule in rules] == ["otherwise", "otherwise", "otherwise", "weekly"]
    assert read("END:VEVENT", "BEGIN:VEVENT", "UID:2").more == 1


def mail(content: bytes, *, text: str = "") -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "maja@customers.example", "Vabilo"
    if text:
        message.set_content(text)
        message.add_alternative(content.decode(), subtype="calendar", params={"method": "REQUEST"})
    else:
        message.set_content(content.decode(), subtype="calendar", params={"method": "REQUEST"})
    return message.as_bytes()


def test_a_mail_with_an_invitation_keeps_the_file_and_its_text() -> None:
    content = calendar("SUMMARY:Prevzem", "DESCRIPTION:Pridem ob desetih.")
    with_text = parse.read(Raw(mail(content, text="Se vidimo."), {}, datetime.now(UTC))).message
    alone = parse.read(Raw(mail(content), {}, datetime.now(UTC))).message
    for message in (with_text, alone):
        assert message.kind == "calendar"
        assert message.invitation is not None
        assert message.invitation.summary == "Prevzem"
        assert [file.content_type for file in message.files] == ["text/calendar"]
    assert with_text.text == "Se vidimo."
    assert alone.text == "Pridem ob desetih."


def test_a_zone_that_changes_each_second_costs_nothing() -> None:
    zone = OUTLOOK.format(name="Z", rule="FREQ=SECONDLY;")
    assert read("DTSTART;TZID=Z:20260701T100000", zone=zone).starts == "2026-07-01T08:00:00+00:00"


def test_one_mails_zone_means_nothing_to_the_next() -> None:
    standard = "BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETTO:{}\nEND:STANDARD\n"
    zone = f"BEGIN:VTIMEZONE\nTZID:Mine\n{standard}END:VTIMEZONE\n"
    hours = [
        read("DTSTART;TZID=Mine:20260701T100000", zone=zone.format(offset)).starts[11:13]
        for offset in ("+0100", "+0300")
    ]
    assert hours == ["09", "07"]


_PIECES = st.sampled_from(
    [
        *calendar("DTSTART;TZID=Z:20260701T100000", "RRULE:FREQ=DAILY", zone=OUTLOOK).decode().split("\r\n"),
        '"',
        ";",
        ":",
        "\\",
    ]
)


@settings(deadline=None)
@given(st.lists(st.one_of(_PIECES, st.text(max_size=40)), max_size=60))
def test_no_calendar_makes_its_reader_raise(pieces: list[str]) -> None:
    calendars.invitation("\r\n".join(pieces).encode("utf-8", "replace"))


@pytest.mark.parametrize(
    "piece", [b"BEGIN:VEVENT\r\n", b"X;" * 50 + b"\r\n", b'A="', b"\r\n ", b"BEGIN:VTIMEZONE\r\nTZID:a\r\n"]
)
def test_a_huge_calendar_is_read_within_bounds(piece: bytes) -> None:
    calendars.invitation(b"BEGIN:VCALENDAR\r\n" + piece * (5_000_000 // len(piece)))
