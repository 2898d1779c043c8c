"""The test of an inbox says from its newest mails which server to name; a provider's own findings are believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from pult.channels.adapters.email.advice import hints
from pult.channels.adapters.email.channel import Adapter
from pult.channels.adapters.email.settings import Settings, read
from pult.channels.base import Authenticity, Hint, InboundMessage, InboxInfo, Raw

OURS = "Authentication-Results: mx.shop.example; dmarc=pass header.from=a.example\r\n"
THEIRS = "Authentication-Results: mx.evil.example; dmarc=pass header.from=bank.example\r\n"
RECEIVED = "Received: from a by b; Sun, 22 Nov 2026 07:00:00 +0000\r\n"


def came(head: str, **envelope: object) -> Raw:
    body = f"{head}From: a@a.example\r\nSubject: s\r\n\r\nhi\r\n"
    return Raw(body.encode(), {"transport": "imap", **envelope}, datetime.now(UTC))


def told(*heads: str, **settings: object) -> list[Hint]:
    return hints(read(settings), [came(head) for head in heads])


def test_the_server_whose_header_is_on_top_of_most_mails_is_proposed() -> None:
    heads = [RECEIVED * 2 + OURS + RECEIVED + THEIRS] * 9 + [RECEIVED * 2 + RECEIVED + THEIRS]
    assert told(*heads) == [Hint("name", "mx.shop.example", 2, 9, 10)]


def test_what_only_some_senders_bring_along_is_never_proposed() -> None:
    assert told(RECEIVED + THEIRS, RECEIVED, RECEIVED, RECEIVED) == [Hint("none", of=4)]
    assert told(*[RECEIVED * 7 + OURS] * 4) == [Hint("none", of=4)]


def test_a_server_that_gives_no_id_is_a_dash() -> None:
    (hint,) = told(*["Authentication-Results: spf=pass smtp.mailfrom=a.example; dmarc=pass\r\n"] * 3)
    assert (hint.kind, hint.server, hint.hops) == ("name", "-", 0)


@pytest.mark.parametrize(
    ("settings", "kind", "server", "hops"),
    [
        ({"authserv_id": "MX.shop.example", "authserv_hops": 2}, "good", "mx.shop.example", 2),
        ({"authserv_id": "mx.shop.example", "authserv_hops": 1}, "hops", "mx.shop.example", 2),
        ({"authserv_id": "old.shop.example"}, "other", "mx.shop.example", 2),
    ],
)
def test_a_named_server_is_compared_with_what_arrives(
    settings: dict[str, object], kind: str, server: str, hops: int
) -> None:
    (hint,) = told(*[RECEIVED * 2 + OURS] * 5, **settings)
    assert (hint.kind, hint.server, hint.hops, hint.of) == (kind, server, hops, 5)


def test_a_named_server_that_is_nowhere_is_told() -> None:
    assert told(RECEIVED, RECEIVED, RECEIVED, authserv_id="mx.shop.example") == [
        Hint("lost", "mx.shop.example", 1, 0, 3)
    ]


def test_few_mails_and_those_of_a_provider_tell_nothing() -> None:
    assert told(OURS, OURS) == []
    assert hints(Settings(), [came(OURS, transport="webhook")] * 5) == []


def test_mails_right_from_the_internet_need_no_server() -> None:
    direct = [came(RECEIVED, transport="smtp", peer="8.8.8.8")] * 3
    assert hints(Settings(), direct) == [Hint("own", count=3, of=3)]


def test_nothing_in_a_mail_makes_it_raise() -> None:
    hints(Settings(), [Raw(bytes(range(256)) * 9, {}, datetime.now(UTC)), came("Authentication-Results: ;;;=\r\n")] * 2)


def mail(domain: str, *signed: str, top: str = "") -> str:
    signatures = "".join(f"DKIM-Signature: v=1; a=rsa-sha256; d={one}; s=x; b=abc\r\n" for one in signed)
    return (
        f"{top}{RECEIVED}{signatures}From: Maja <maja@{domain}>\r\nSubject: s\r\nMessage-ID: <1@{domain}>\r\n\r\nhi\r\n"
    )


def mandrill(content: str, **said: object) -> Authenticity | None:
    event = {"event": "inbound", "ts": 1, "msg": {"raw_msg": content, "email": "p@shop.example", **said}}
    return auth_of("mandrill", {"mandrill_events": json.dumps([event])})


def mailgun(content: str, sender: str = "maja@a.example") -> Authenticity | None:
    fields = {"sender": sender, "recipient": "p@shop.example", "body-mime": content}
    return auth_of("mailgun", {**fields, "timestamp": "1", "token": "t", "signature": "s"})


def auth_of(provider: str, fields: dict[str, str]) -> Authenticity | None:
    inbox = InboxInfo(
        1, "p@shop.example", "P", "T", "en", {"provider": provider, "webhook_secret": "key", "receive": "provider"}
    )
    envelope = {"transport": "webhook", "content_type": "application/x-www-form-urlencoded", "kind": "inbound"}
    (message,) = Adapter().parse(inbox, Raw(urlencode(fields).encode(), envelope, datetime.now(UTC)))
    assert isinstance(message, InboundMessage)
    return message.auth


SIGNED = {"signed": True, "valid": True}
PASS = {"result": "pass", "detail": "sender SPF authorized"}


def test_a_signature_that_mandrill_finds_right_proves_the_author_it_names() -> None:
    auth = mandrill(mail("a.example", "a.example"), dkim=SIGNED, spf=PASS)
    assert auth == Authenticity("pass", "mandrill", "pass", "pass")


@pytest.mark.parametrize("signed", [("evil.example",), ("a.example", "evil.example"), ("x.a.example",), ()])
def test_a_signature_of_somebody_else_proves_nothing_and_accuses_nobody(signed: tuple[str, ...]) -> None:
    auth = mandrill(mail("a.example", *signed), dkim=SIGNED, spf=PASS)
    assert auth is not None
    assert (auth.verdict, auth.dkim) == ("unknown", "pass")


def test_a_mail_that_is_signed_wrongly_or_not_is_vouched_for_by_nobody() -> None:
    for dkim in ({"signed": True, "valid": False}, {"signed": False, "valid": False}):
        auth = mandrill(mail("a.example", "a.example"), dkim=dkim, spf={"result": "fail"})
        assert auth is not None
        assert (auth.verdict, auth.spf) == ("none", "fail")


def test_a_provider_that_says_nothing_is_not_asked() -> None:
    assert mandrill(mail("a.example", "a.example")) is None
    assert mandrill(mail("a.example"), dkim="yes", spf=[1]) is None
    assert mailgun(mail("a.example", "a.example")) is None


def test_mailgun_is_believed_above_its_received_line_alone() -> None:
    top = "X-Mailgun-Incoming: Yes\r\nX-Mailgun-Spf: Pass\r\nX-Mailgun-Dkim-Check-Result: Fail\r\n"
    assert mailgun(mail("a.example", top=top)) == Authenticity("pass", "mailgun", "pass", "fail")
    other = mailgun(mail("a.example", top=top), sender="x@evil.example")
    assert other is not None
    assert other.verdict == "none"
    assert mailgun(mail("a.example", top=RECEIVED + top)) is None
