"""What the trusted server found out is read as it wrote it (RFC 8601); what anybody could write says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pult.channels.adapters.email import authenticity, authres, inspection, parse
from pult.channels.base import Authenticity, InboundMessage, InboxInfo, Raw

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
SERVER = "mx.shop.example"
GMAIL = """mx.google.com;
       dkim=pass header.i=@gmail.com header.s=20230601 header.b=AbCd;
       arc=pass (i=1 spf=pass spfdomain=gmail.com);
       spf=pass (google.com: domain of a@gmail.com designates 209.85.220.41 as permitted sender)
        smtp.mailfrom=a@gmail.com;
       dmarc=pass (p=NONE sp=QUARANTINE dis=NONE) header.from=gmail.com"""
EXCHANGE = """spf=pass (sender IP is 40.92.1.1)
 smtp.mailfrom=kupec.example; dkim=fail (body hash did not verify) header.d=kupec.example;dmarc=fail action=oreject
 header.from=kupec.example;compauth=fail reason=000"""
# RFC 8601, appendix B.7, and two of its other examples.
ODD = """foo.example.net (foobar) 1 (baz);
 dkim (Because I like it) / 1 (One yay) = (wait for it) fail
 policy (A dot can go here) . (like that) expired
 (this surprised me) = (as I wasn't expecting it) 1362471462"""


def checked(*lines: str, settings: Mapping[str, object] | None = None, sender: str = "a@kupec.example") -> Authenticity:
    """Return what is made of a mail with these header lines above its From."""
    trace = "".join(f"{line}\n" for line in lines)
    body = f"{trace}From: {sender}\nTo: b@shop.example\nSubject: x\n\ntext\n"
    known = {"authserv_id": SERVER} if settings is None else settings
    inbox = InboxInfo(1, "b@shop.example", "", "", "sl", known)
    message = parse.events(inbox, Raw(body.encode("utf-8", "surrogateescape"), {}, NOW))[-1]
    assert isinstance(message, InboundMessage)
    assert message.auth is not None
    return message.auth


def results(value: str) -> str:
    return f"Authentication-Results: {value}"


def test_a_common_header_is_read() -> None:
    read = authres.read(GMAIL)
    assert read.server == "mx.google.com"
    assert [(one.method, one.value) for one in read.results] == [
        ("dkim", "pass"),
        ("arc", "pass"),
        ("spf", "pass"),
        ("dmarc", "pass"),
    ]
    assert read.of("spf")[0].properties == {"smtp.mailfrom": "a@gmail.com"}
    found = checked(results(GMAIL), settings={"authserv_id": "mx.google.com"}, sender="A <a@gmail.com>")
    assert found == Authenticity("pass", "mx.google.com", "pass", "pass", "pass", "pass", "none")


def test_comments_may_stand_everywhere() -> None:
    read = authres.read(ODD)
    assert read.server == "foo.example.net"
    assert [(one.method, one.value, one.properties) for one in read.results] == [
        ("dkim", "fail", {"policy.expired": "1362471462"})
    ]


@pytest.mark.parametrize("value", ["example.org 1; none", "example.org", "example.org;"])
def test_no_result_is_none(value: str) -> None:
    assert authres.read(value) == authres.Results("example.org", ())


def test_what_stands_in_comments_and_quotations_is_no_result() -> None:
    read = authres.read(
        'a.example; spf=fail (x; dmarc=pass (y) ; dkim=pass) reason="; dmarc=pass" smtp.mailfrom="a;b"@c'
    )
    assert [(one.method, one.value) for one in read.results] == [("spf", "fail")]
    assert read.results[0].properties["smtp.mailfrom"] == "a;b@c"


def test_an_open_comment_takes_the_rest() -> None:
    assert authres.read("a.example; (dmarc=pass ; dkim=pass").results == ()


@pytest.mark.parametrize("name", ["mx.shop.example", "MX.Shop.Example", " mx.shop.example "])
def test_the_id_is_read_in_any_case(name: str) -> None:
    line = results("Mx.SHOP.example 1; dmarc=PASS header.from=Kupec.Example")
    assert checked(line, settings={"authserv_id": name}).verdict == "pass"


def test_others_ids_say_nothing() -> None:
    line = results("mx.elsewhere.example; dmarc=pass header.from=kupec.example")
    assert checked(line) == Authenticity()


def test_only_the_topmost_counts() -> None:
    true = results(f"{SERVER}; dmarc=fail header.from=kupec.example")
    forged = results(f"{SERVER}; dmarc=pass header.from=kupec.example")
    assert checked(true, forged).verdict == "fail"
    assert checked(results("other.example; dmarc=fail"), true, "Received: x", forged).verdict == "fail"
    # One method alone in the true header: the forged one fills in nothing.
    assert checked(results(f"{SERVER}; spf=none smtp.mailfrom=x.example"), forged).verdict == "none"


def test_a_header_below_too_many_received_lines_is_the_senders() -> None:
    line = results(f"{SERVER}; dmarc=pass header.from=kupec.example")
    assert checked("Received: a", line).verdict == "pass"
    assert checked("Received: a", "Received: b", line) == Authenticity()
    deeper = {"authserv_id": SERVER, "authserv_hops": 2}
    assert checked("Received: a", "Received: b", line, settings=deeper).verdict == "pass"
    assert checked("Received: a", line, settings={"authserv_id": SERVER, "authserv_hops": 0}) == Authenticity()


def test_a_server_that_gives_no_id_is_named_by_a_dash() -> None:
    found = checked(results(EXCHANGE), settings={"authserv_id": "-"})
    assert (found.verdict, found.policy, found.spf, found.dkim) == ("fail", "reject", "pass", "fail")
    assert checked(results(EXCHANGE)) == Authenticity()
    assert checked(results(f"{SERVER}; dmarc=pass"), settings={"authserv_id": "-"}) == Authenticity()


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ("dkim=pass header.d=kupec.example", "pass"),
        ("dkim=pass header.i=x@kupec.example", "pass"),
        ("dkim=fail header.d=kupec.example; dkim=pass header.d=kupec.example", "pass"),
        ("dkim=pass header.d=list.example", "none"),
        ("dkim=pass header.d=evil.kupec.example", "none"),
        ("spf=pass smtp.mailfrom=a@kupec.example", "pass"),
        ("spf=pass smtp.mail=a@kupec.example", "pass"),
        ("spf=pass smtp.mailfrom=bounces.list.example", "none"),
        ("spf=pass smtp.helo=kupec.example", "none"),
        ("spf=softfail smtp.mailfrom=kupec.example; dkim=none", "none"),
        ("spf=temperror smtp.mailfrom=kupec.example", "unknown"),
        ("spf=temperror smtp.mailfrom=slow.example", "none"),
        ("spf=none; dkim=temperror header.d=kupec.example", "unknown"),
        ("dmarc=temperror header.from=kupec.example; dkim=pass header.d=kupec.example", "unknown"),
        ("dmarc=pass header.from=other.example", "none"),
        ("dmarc=none header.from=kupec.example; dkim=pass header.d=kupec.example", "pass"),
        ("dmarc=fail header.from=kupec.example; dkim=pass header.d=list.example", "fail"),
        ("none", "none"),
    ],
)
def test_what_follows_from_the_findings(found: str, verdict: str) -> None:
    assert checked(results(f"{SERVER}; {found}")).verdict == verdict


def test_who_is_shown_is_who_must_be_proven() -> None:
    passing = results(f"{SERVER}; dmarc=pass header.from=kupec.example")
    assert checked(passing, "From: boss@shop.example").verdict == "none"
    assert checked(passing, "From: b@kupec.example").verdict == "pass"
    assert checked(passing, sender="a@kupec.example, boss@shop.example").verdict == "none"
    assert checked(passing, sender="Friends: a@kupec.example;").verdict == "pass"
    assert checked(passing, sender="undisclosed:;").verdict == "none"
    assert checked(passing, sender='"boss@shop.example" <a@kupec.example>').verdict == "pass"


def test_a_servers_report_is_not_called_forged() -> None:
    failing = results(f"{SERVER}; dmarc=fail header.from=kupec.example")
    report = "Content-Type: multipart/report; boundary=x"
    daemon = checked(failing, report, sender="MAILER-DAEMON@kupec.example")
    assert (daemon.verdict, daemon.dmarc) == ("none", "fail")
    assert checked(failing, report, sender="ana@kupec.example").verdict == "fail"
    assert checked(failing, sender="postmaster@kupec.example").verdict == "fail"


def test_a_domain_in_letters_and_in_ascii_is_one() -> None:
    line = results(f"{SERVER}; dmarc=pass header.from=xn--trgovina-koper-ekb.example")
    assert checked(line, sender="a@xn--trgovina-koper-ekb.example").verdict == "pass"
    line = results(f"{SERVER}; dmarc=pass header.from=xn--bi-mta.example")
    assert authenticity.ascii_domain("BIŠ.example.") == "xn--bi-mta.example"
    assert checked(line, sender="a@biš.example").verdict == "pass"


def test_inspection_says_what_is_claimed() -> None:
    body = f"{results(GMAIL)}\nFrom: a@gmail.com\n\nx\n".encode()
    claims = inspection.of_mail(body, received_at=NOW)["auth"]
    assert claims == {"server": "mx.google.com", "dkim": "pass", "arc": "pass", "spf": "pass", "dmarc": "pass"}
    trusted = inspection.of_mail(body, received_at=NOW, server="mx.google.com")["auth"]
    assert (trusted["verdict"], trusted["by"]) == ("pass", "mx.google.com")


@settings(deadline=None)
@given(st.text(max_size=300) | st.text(alphabet='a.=;/( )"\\@\n', max_size=300))
def test_no_header_is_an_exception(value: str) -> None:
    read = authres.read(value)
    assert all(one.method and one.value for one in read.results)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_no_mail_is_an_exception(noise: bytes) -> None:
    inbox = InboxInfo(1, "b@shop.example", "", "", "sl", {"authserv_id": "-", "authserv_hops": 20})
    body = b"Authentication-Results: " + noise + b"\nFrom: " + noise + b"\n\nx"
    message = parse.events(inbox, Raw(body, {}, NOW))[-1]
    assert isinstance(message, InboundMessage)
    assert "unreadable" not in message.warnings


@pytest.mark.parametrize(
    "noise", ['\\"' * 8_000, "(" * 16_000, "a . " * 4_000, '"' * 16_000, "; a=b" * 3_000, " ( ) " * 3_000]
)
def test_headers_made_to_take_long_do_not(noise: str) -> None:
    line = results(f"{SERVER}; dmarc=fail header.from=kupec.example")
    assert checked(*[results(noise)] * 300, line) == Authenticity()
    assert checked(line, *[results(noise)] * 300).verdict == "fail"
