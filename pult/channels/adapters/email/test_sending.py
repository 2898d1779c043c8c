"""How mails are written and handed over."""

from __future__ import annotations

import base64
import dataclasses
import socket
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pult.channels.adapters.email import smtp_send, subjects, tokens
from pult.channels.adapters.email.channel import Adapter
from pult.channels.adapters.email.compose import bounce_address, compose
from pult.channels.adapters.email.settings import Settings, read
from pult.channels.adapters.email.tests import DESK, outlet, parsed
from pult.channels.base import (
    Address,
    File,
    OutboundMessage,
    OutcomeUnknown,
    PermanentFailure,
    TemporaryFailure,
)


def message(**changes: Any) -> OutboundMessage:
    name = Adapter().new_external_id(DESK, conversation_id=5, message_id=9)
    values: dict[str, Any] = {
        "external_id": name,
        "sender": Address(DESK.address, "Ana"),
        "to": [Address("x@customers.example")],
        "text": "hello",
        "subject": "Re: x",
    }
    return OutboundMessage(**(values | changes))


def composed(**changes: Any) -> EmailMessage:
    raw_mail = compose(DESK, Settings(), message(**changes))
    mail = message_from_bytes(raw_mail, policy=SMTP)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    return mail


def test_nothing_written_in_a_field_can_begin_a_header() -> None:
    evil = "x\r\nBcc: all@evil.example\n\nbody"
    mail = composed(
        subject=evil,
        sender=Address(DESK.address, evil),
        to=[Address("x@customers.example", evil)],
        in_reply_to=f"a>{evil}",
        references=[evil],
        unsubscribe_url=f"https://x.example/{evil}",
        files=[File(evil, f"text/plain{evil}", b"1", content_id=evil)],
    )
    assert "Bcc" not in mail
    assert set(mail.keys()) <= {
        *("Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type"),
        *("List-Unsubscribe", "List-Unsubscribe-Post", "Content-Transfer-Encoding"),
    }
    with pytest.raises(PermanentFailure):
        composed(to=[Address("x@customers.example>\r\nRCPT TO:<y@evil.example")])


def test_headers_say_what_they_must() -> None:
    many = [f"r{n}@x.example" for n in range(60)]
    mail = composed(in_reply_to="last@x.example", references=many, bcc=[Address("hidden@x.example")])
    references = mail["References"].split()
    assert len(references) == 20
    assert (references[0], references[-1]) == ("<r0@x.example>", "<last@x.example>")
    assert mail["In-Reply-To"] == "<last@x.example>"
    assert tokens.find(mail["Message-ID"]) == tokens.find(message().external_id)
    assert "hidden" not in mail.as_string()
    assert "Auto-Submitted" not in mail
    automatic = composed(automatic=True, in_reply_to="a@x.example", unsubscribe_url="https://shop.example/u/1")
    assert automatic["Auto-Submitted"] == "auto-replied"
    assert automatic["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert composed(automatic=True)["Auto-Submitted"] == "auto-generated"


def test_the_number_is_in_the_subject_where_the_inbox_says_so() -> None:
    def subject(text: str, settings: Settings, number: int = 1234) -> str:
        mail = message_from_bytes(compose(DESK, settings, message(subject=text, conversation_id=number)), policy=SMTP)
        return str(mail["Subject"])

    numbered = Settings(number_in_subject=True)
    assert subject("Re: Kje je paket?", Settings()) == "Re: Kje je paket?"
    assert subject("Re: Kje je paket?", numbered) == "Re: Kje je paket? [#1234]"
    assert subject("Re: Kje je paket? [#1234]", numbered) == "Re: Kje je paket? [#1234]"
    assert subject("Re: [#99] Kje je paket?", numbered) == "Re: Kje je paket? [#1234]", "of two numbers ours is right"
    assert subject("", numbered) == "[#1234]"
    assert subjects.number_in(subject("Re: ż " * 60, numbered)) == 1234
    assert subjects.number_in("Paket [#0] [#12x] #5 [# 7]") is None


def test_the_sender_is_named_as_the_inbox_says() -> None:
    def name(style: str, **changes: Any) -> str:
        raw_mail = compose(DESK, read({"sender_name": style}), message(**changes))
        return str(message_from_bytes(raw_mail, policy=SMTP)["From"].addresses[0].display_name)

    assert name("agent_store") == "Ana | Trgovina Čebela"
    assert name("agent") == "Ana"
    assert name("store") == "Trgovina Čebela"
    assert name("agent_store", automatic=True) == "Trgovina Čebela"


def test_text_html_pictures_and_files_nest_as_mailers_expect() -> None:
    picture = File("a.png", "image/png", b"png", content_id="a1@pult", inline=True)
    mail = composed(html='<img src="cid:a1@pult">', files=[picture, File("č.pdf", "application/pdf", b"pdf")])
    types = [part.get_content_type() for part in mail.walk()]
    assert types == [
        *("multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html"),
        *("image/png", "application/pdf"),
    ]
    assert [part.get_filename() for part in mail.iter_attachments()] == ["č.pdf"]


def test_an_international_domain_goes_out_as_dns_knows_it() -> None:
    assert composed(to=[Address("x@žaba.si")])["To"] == f"x@{'žaba.si'.encode('idna').decode()}"


def test_the_bounce_address_is_signed_where_plus_addresses_reach_us() -> None:
    token = message().external_id.partition("@")[0]
    assert bounce_address(DESK, read({}), message()) == f"desk+{token}@shop.example"
    assert bounce_address(DESK, read({"receive": "imap"}), message()) == "desk@shop.example"
    assert bounce_address(DESK, read({"bounce_address": "plain"}), message()) == "desk@shop.example"
    long = dataclasses.replace(DESK, address="x" * 60 + "@shop.example")
    assert bounce_address(long, read({}), message()) == long.address


def test_a_mail_is_signed_with_dkim_where_there_is_a_key() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    settings = Settings(dkim_domain="shop.example", dkim_selector="s1", dkim_key=pem)
    signed = compose(DESK, settings, message(text="Čebela\n.\n", html="<p>č</p>"))
    assert dkim.verify(signed, dnsfunc=lambda name, timeout=5: record)
    assert not dkim.verify(signed.replace(b"Re: x", b"Re: y"), dnsfunc=lambda name, timeout=5: record)
    with pytest.raises(PermanentFailure, match="DKIM"):
        compose(DESK, Settings(dkim_domain="a", dkim_selector="b", dkim_key="no key"), message())


def test_connections_are_kept_and_a_dead_one_is_replaced() -> None:
    with outlet("accept") as (inbox, server):
        for _ in range(3):
            assert Adapter().send(inbox, message(), before_handover=lambda: None).provider_id == "ABC123"
        assert server.connections == 1
        (kept,) = next(iter(smtp_send._pool.values()))
        assert kept.smtp.sock is not None
        kept.smtp.sock.shutdown(socket.SHUT_RDWR)
        Adapter().send(inbox, message(), before_handover=lambda: None)
        assert server.connections == 2
        assert len(server.mails) == 4


def test_a_refusal_after_the_content_is_no_unknown_outcome() -> None:
    for behaviour, failure in (("late_refusal", PermanentFailure), ("late_temporary", TemporaryFailure)):
        with outlet(behaviour) as (inbox, _), pytest.raises(failure):
            Adapter().send(inbox, message(), before_handover=lambda: None)


def test_nothing_counts_as_handed_over_before_the_final_dot() -> None:
    with outlet("accept") as (inbox, server):

        def crash() -> None:
            assert server.mails == []
            raise RuntimeError("the worker dies here")

        with pytest.raises(RuntimeError):
            Adapter().send(inbox, message(), before_handover=crash)
        time.sleep(0.1)
        assert server.mails == [] or b"hello" in server.mails[0]


def test_one_dead_recipient_does_not_keep_the_others_waiting() -> None:
    people = [Address("good@customers.example"), Address("dead@customers.example")]
    with outlet("some") as (inbox, server):
        result = Adapter().send(inbox, message(to=people), before_handover=lambda: None)
        assert "dead@customers.example: 550" in result.detail
        assert len(server.mails) == 1


def test_no_server_is_temporary_and_none_set_is_permanent() -> None:
    away = dataclasses.replace(DESK, settings={"smtp_host": "127.0.0.1", "smtp_port": 1, "smtp_tls": "none"})
    with pytest.raises(TemporaryFailure):
        Adapter().send(away, message(), before_handover=lambda: None)
    with pytest.raises(PermanentFailure):
        Adapter().send(dataclasses.replace(DESK, settings={}), message(), before_handover=lambda: None)


def test_the_same_words_arrive_that_were_sent() -> None:
    text = "Pozdravljeni,\n.\n..pika\nFrom here\n" + "dolga vrstica č" * 100 + "\n  na koncu prostor \n"
    with outlet("accept") as (inbox, server):
        Adapter().send(inbox, message(text=text), before_handover=lambda: None)
        assert parsed(server.mails[0]).text == text.rstrip("\n").rstrip()


def test_unknown_stays_unknown_and_is_raised_once() -> None:
    calls: list[int] = []
    with outlet("silence") as (inbox, server):
        with pytest.raises(OutcomeUnknown):
            Adapter().send(inbox, message(), before_handover=lambda: calls.append(1))
        assert (len(calls), len(server.mails)) == (1, 1)
