"""Who sent a mail, found out with a name server and true signatures; that others keep silent costs little."""

from __future__ import annotations

import base64
import functools
import time
from collections.abc import Iterator
from types import SimpleNamespace

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from pult.channels.adapters.email import dmarc, lookups, mime, proofs, spf
from pult.channels.base import Authenticity, Raw
from pult.channels.tests.names import Names, serving

PEER = "5.9.7.7"
"""An address of the internet; those kept for documentation are none."""
BODY = (
    b"From: Ana <ana@kupec.example>\r\nTo: pomoc@shop.example\r\nSubject: Paket\r\n"
    b"Message-ID: <1@kupec.example>\r\nDate: Sun, 1 Nov 2026 10:00:00 +0000\r\n\r\nKje je paket?\r\n"
)


@functools.cache
def key() -> tuple[bytes, str]:
    """Return a private key, and the record of its public one."""
    made = rsa.generate_private_key(65537, 1024)
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = made.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    known = Names()
    lookups.forget()
    with serving(known) as resolver:
        monkeypatch.setattr(lookups, "resolver", lambda: resolver)
        monkeypatch.setattr(lookups, "ONE_SECONDS", 0.3)
        known.txt("_dmarc.kupec.example", "v=DMARC1; p=reject")
        known.txt("kupec.example", "v=spf1 ip4:5.9.7.0/28 -all")
        for domain in ("kupec.example", "list.example", "news.kupec.example", "google.example"):
            known.txt(f"s._domainkey.{domain}", key()[1])
        yield known
    lookups.forget()


def signed(body: bytes = BODY, domain: str = "kupec.example", **how: object) -> bytes:
    signature: bytes = dkim.sign(body, b"s", domain.encode(), key()[0], **how)
    return signature + body


def checked(
    body: bytes, *, sender: str = "ana@kupec.example", peer: str = PEER, sealers: str = "", seconds: float = 5.0
) -> Authenticity:
    envelope = {"transport": "smtp", "peer": peer, "sender": sender, "helo": "mail.kupec.example"}
    return proofs.checking(Raw(body, envelope, timezone.now()), sealers)(time.monotonic() + seconds)


def by_a_stranger(body: bytes, *, sealers: str = "") -> Authenticity:
    return checked(body, peer="5.9.8.8", sender="t@thief.example", sealers=sealers)


def test_a_server_of_the_senders_domain_proves_a_mail() -> None:
    found = checked(BODY)
    assert found == Authenticity("pass", "Pult", "pass", "none", "pass", "", "reject")


def test_a_signature_of_the_senders_domain_proves_a_mail_by_any_way() -> None:
    found = checked(signed(), peer="5.9.8.8", sender="bounces@forwarder.example")
    assert (found.verdict, found.spf, found.dkim) == ("pass", "none", "pass")


def test_without_either_the_mail_is_forged() -> None:
    found = by_a_stranger(BODY)
    assert (found.verdict, found.dmarc, found.policy) == ("fail", "fail", "reject")


def test_a_forgers_own_proofs_prove_nothing(names: Names) -> None:
    names.txt("thief.example", "v=spf1 +all")
    found = by_a_stranger(signed(domain="list.example"))
    assert (found.verdict, found.spf, found.dkim) == ("fail", "pass", "pass")


def test_a_list_that_writes_below_breaks_the_signature() -> None:
    found = checked(signed() + b"-- \r\nA list\r\n", peer="5.9.8.8", sender="bounces@list.example")
    assert (found.verdict, found.dkim) == ("fail", "fail")


def test_a_signature_of_the_beginning_proves_nothing() -> None:
    body = signed(length=True) + b"Send the money here instead.\r\n"
    assert dkim.verify(body, dnsfunc=lambda name, timeout=5: key()[1].encode())
    assert by_a_stranger(body).verdict == "fail"


def test_a_domain_without_a_policy_fails_nobody(names: Names) -> None:
    names.records.pop(("_dmarc.kupec.example", "TXT"))
    assert by_a_stranger(BODY).verdict == "none"
    assert by_a_stranger(signed()).verdict == "pass"
    assert checked(BODY).verdict == "pass"


@pytest.mark.parametrize(
    ("record", "domain", "verdict"),
    [
        ("v=DMARC1; p=reject", "news.kupec.example", "pass"),
        ("v=DMARC1; p=reject; adkim=s", "news.kupec.example", "fail"),
        ("v=DMARC1; p=reject; adkim=s", "kupec.example", "pass"),
        ("v=DMARC1", "list.example", "fail"),
        ("v=DMARC2; p=reject", "list.example", "none"),
    ],
)
def test_alignment_is_what_the_domain_says(names: Names, record: str, domain: str, verdict: str) -> None:
    names.txt("_dmarc.kupec.example", record)
    assert by_a_stranger(signed(domain=domain)).verdict == verdict


def test_a_policy_for_what_stands_below() -> None:
    ask = {"_dmarc.kupec.example": ("v=DMARC1; p=reject; sp=none",)}
    found = dmarc.policy_of(lambda name, kind: ask.get(name, ()), "a.b.kupec.example")
    assert found == dmarc.Policy("none", "kupec.example", False, False)


def test_a_public_suffix_is_no_organisation() -> None:
    ask = {"_dmarc.bank.example": ("v=DMARC1; p=reject; psd=y",), "_dmarc.a.bank.example": ("v=DMARC1; p=none",)}
    policy = dmarc.policy_of(lambda name, kind: ask.get(name, ()), "mail.a.bank.example")
    assert policy == dmarc.Policy("none", "a.bank.example", False, False)
    assert not dmarc.aligned(
        lambda name, kind: ask.get(name, ()), policy, "b.bank.example", "a.bank.example", strict=False
    )
    unnamed = dmarc.policy_of(lambda name, kind: ask.get(name, ()), "x.c.bank.example")
    assert unnamed == dmarc.Policy("reject", "c.bank.example", False, False)


def test_names_of_many_labels_cost_eight_questions() -> None:
    asked: list[str] = []

    def ask(name: str, kind: str) -> tuple[str, ...]:
        asked.append(name)
        return ()

    assert dmarc.policy_of(ask, ".".join("abcdefghijkl")) is None
    assert asked[:2] == ["_dmarc.a.b.c.d.e.f.g.h.i.j.k.l", "_dmarc.f.g.h.i.j.k.l"]
    assert len(asked) == 8


def test_two_senders_are_nobodys() -> None:
    twice = b"From: boss@other.example\r\n" + signed()
    assert checked(twice).verdict == "fail"
    both = BODY.replace(b"Ana <ana@kupec.example>", b"boss@other.example, ana@kupec.example")
    assert checked(both).verdict == "fail"
    assert checked(BODY.replace(b"Ana <ana@kupec.example>", b"Friends:;")).verdict == "none"


def test_a_domain_in_letters_is_asked_for_in_ascii(names: Names) -> None:
    names.txt("_dmarc.xn--bi-mta.example", "v=DMARC1; p=reject")
    body = BODY.replace(b"kupec.example", "biš.example".encode())
    names.txt("xn--bi-mta.example", "v=spf1 ip4:5.9.7.7 -all")
    assert checked(body, sender="a@xn--bi-mta.example").verdict == "pass"
    assert by_a_stranger(body).verdict == "fail"


def test_a_mail_without_an_envelope_sender_is_proven_by_its_servers_name(names: Names) -> None:
    names.txt("mail.kupec.example", "v=spf1 ip4:5.9.7.7 -all")
    assert checked(BODY, sender="").verdict == "pass"


@pytest.mark.parametrize("name", ["_dmarc.kupec.example", "kupec.example"])
def test_what_gets_no_answer_is_unknown(names: Names, name: str) -> None:
    names.broken.add(name)
    assert checked(BODY).verdict == "unknown"
    lookups.forget()
    names.broken.clear()
    names.silent.add(name)
    assert checked(BODY).verdict == "unknown"


def test_a_forger_does_not_hide_behind_a_server_that_never_answers(names: Names) -> None:
    names.silent |= {"thief.example", "s._domainkey.slow.example"}
    assert by_a_stranger(signed(domain="slow.example")).verdict == "fail"


def test_time_that_is_up_is_up(names: Names) -> None:
    names.deaf = True
    begun = time.monotonic()
    assert checked(BODY, seconds=0.2).verdict == "unknown"
    asked = len(names.asked)
    assert checked(signed(), seconds=60).verdict == "unknown"
    assert len(names.asked) == asked, "while nothing answers, nothing is asked"
    assert time.monotonic() - begun < 30


def test_answers_are_kept(names: Names) -> None:
    checked(signed())
    asked = len(names.asked)
    checked(signed())
    assert len(names.asked) == asked


class _Finding(str):
    method = "dmarc"


def forwarded(body: bytes, findings: str) -> bytes:
    """Return a mail as a forwarder passes it on that breaks its signature and seals what it found before."""
    # What dkimpy seals it reads by another package, which nothing else here needs.
    header = SimpleNamespace(authserv_id="mx.google.example", results=[_Finding(findings)])
    dkim.authres = SimpleNamespace(AuthenticationResultsHeader=SimpleNamespace(parse=lambda text: header))
    seen = f"Authentication-Results: mx.google.example; {findings}\r\n".encode() + body
    try:
        lines = dkim.arc_sign(seen, b"s", b"google.example", key()[0], b"mx.google.example")
    finally:
        del dkim.authres
    return b"".join(lines) + seen


def test_a_forwarder_who_is_trusted_says_how_it_was() -> None:
    found = "dmarc=pass header.from=kupec.example"
    body = forwarded(BODY, found)
    assert (by_a_stranger(body).verdict, by_a_stranger(body).arc) == ("fail", "pass")
    trusted = by_a_stranger(body, sealers="other.example, Google.example")
    assert (trusted.verdict, trusted.arc, trusted.by) == ("pass", "pass", "ARC google.example")
    assert by_a_stranger(forwarded(BODY, "dmarc=fail"), sealers="google.example").verdict == "fail"
    assert by_a_stranger(body + b"more\r\n", sealers="google.example").verdict == "fail"


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("v=spf1 -all", "fail"),
        ("v=spf1 ~all", "softfail"),
        ("v=spf1", "neutral"),
        ("v=spf1 ip4:5.9.0.0/16 -all", "pass"),
        ("v=spf1 a:mail.kupec.example -all", "pass"),
        ("v=spf1 mx -all", "pass"),
        ("v=spf1 exists:%{ir}.%{l}.x.example -all", "pass"),
        ("v=spf1 include:other.example -all", "pass"),
        ("v=spf1 redirect=other.example", "pass"),
        ("v=spf1 ptr:kupec.example -all", "pass"),
        ("v=spf1 include:nobody.example -all", "permerror"),
        ("v=spf1 ip4:5.9.0.0/33 -all", "permerror"),
        ("v=spf1 nonsense -all", "permerror"),
        ("v=spf1 " + "a:kupec.example " * 11 + "-all", "permerror"),
        ("v=spf1 a:v1.example a:v2.example a:v3.example -all", "permerror"),
        ("v=spf10 +all", "none"),
    ],
)
def test_who_may_send_for_a_domain(names: Names, record: str, result: str) -> None:
    names.txt("kupec.example", record)
    names.txt("other.example", "v=spf1 ip4:5.9.7.7 -all")
    names.add("mail.kupec.example", "A", PEER)
    names.add("kupec.example", "A", "5.9.1.1")
    names.add("kupec.example", "MX", "10 mail.kupec.example.")
    names.add("7.7.9.5.ana.x.example", "A", "127.0.0.2")
    names.add("7.7.9.5.in-addr.arpa", "PTR", "mail.kupec.example.")
    found = spf.check(lookups.Lookups(time.monotonic() + 5), peer=PEER, sender="ana@kupec.example", helo="x")
    assert found == result


def test_two_records_are_an_error(names: Names) -> None:
    names.txt("kupec.example", "v=spf1 +all", "v=spf1 -all")
    assert spf.check(lookups.Lookups(time.monotonic() + 5), peer=PEER, sender="a@kupec.example", helo="") == "permerror"


@pytest.mark.parametrize(
    ("envelope", "peer"),
    [
        ({"transport": "smtp", "peer": PEER}, PEER),
        ({"transport": "smtp", "peer": "2a01:4f8::1"}, "2a01:4f8::1"),
        ({"transport": "smtp", "peer": "10.0.0.1"}, ""),
        ({"transport": "smtp", "peer": "127.0.0.1"}, ""),
        ({"transport": "lmtp", "peer": PEER}, ""),
        ({"transport": "imap"}, ""),
        ({"transport": "smtp", "peer": ""}, ""),
    ],
)
def test_only_a_peer_from_the_internet_is_asked_about(envelope: dict[str, str], peer: str) -> None:
    assert proofs.peer_of(envelope) == peer


NOISE = st.binary(max_size=200) | st.text(alphabet="v=spf1DMARC;: %{irdp}/.@+-~?includeamxtor ", max_size=120).map(
    str.encode
)


@settings(deadline=None)
@given(NOISE, NOISE)
def test_no_record_and_no_signature_is_an_exception(record: bytes, header: bytes) -> None:
    def ask(name: str, kind: str) -> tuple[str, ...]:
        return (record.decode("latin-1"), "v=spf1 " + record.decode("latin-1")) if kind == "TXT" else (PEER,)

    lines = b"".join(name + header.replace(b"\r\n\r\n", b"") + b"\r\n" for name in (b"DKIM-Signature: ", b"ARC-Seal: "))
    raw = lines + BODY
    assert isinstance(spf.check(ask, peer=PEER, sender=f"a@{header.decode('latin-1')}", helo="x"), str)
    dmarc.parse(record.decode("latin-1"), "x.example")
    found = proofs.check(
        ask, raw, mime.read(raw)[0], {"transport": "smtp", "peer": PEER, "sender": "a@b.example"}, sealers=frozenset()
    )
    assert found.verdict in {"pass", "fail", "none", "unknown"}


@pytest.mark.parametrize(
    "word", ["a" * 60_000 + "!", "a:" + ".a" * 30_000 + "!", "a:%{d" + "1" * 6_000 + "}.x", "%{" * 30_000]
)
def test_a_record_made_to_take_long_is_wrong_at_once(names: Names, word: str) -> None:
    def ask(name: str, kind: str) -> tuple[str, ...]:
        return (f"v=spf1 {word} -all",) if kind == "TXT" and name == "thief.example" else names_of(name, kind)

    names_of = lookups.Lookups(time.monotonic() + 5)
    envelope = {"transport": "smtp", "peer": "5.9.8.8", "sender": "t@thief.example", "helo": "x"}
    found = proofs.check(ask, BODY, mime.read(BODY)[0], envelope, sealers=frozenset())
    assert (found.verdict, found.spf) == ("fail", "permerror")
    dmarc.parse(f"v=DMARC1; p={' ' * 60_000}x", "x.example")
