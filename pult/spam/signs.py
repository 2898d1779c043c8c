"""By what a message is judged: its words, the domains it links to, and how it is made. In any language.

Of a word its first eight letters count: most endings of inflected languages lie behind them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache

from pult.channels.base import FORGED, InboundMessage

MOST = 150
"""Signs of one message, so that a long one costs and teaches no more than another."""
READ = 6_000
"""Characters of the text that are looked at."""
READ_HTML = 60_000
MOST_LINKS = 20
MOST_SUBJECT = 20
_WORD = re.compile(r"([^\W\d_]{3,8})[^\W\d_]*")
_LINK = re.compile(r"\bhttps?://([^\s/\"'<>?#:@]{3,120})", re.IGNORECASE)
_LINK_WHOLE = re.compile(r"\bhttps?://\S{1,2000}", re.IGNORECASE)
_HREF = re.compile(r"href\s*=\s*[\"']?\s*https?://([^\s/\"'<>?#:@]{3,120})", re.IGNORECASE)
_SHOUT = re.compile(r"!{2,}|[$€£]{2,}|\b[A-ZČŠŽĆĐŁŚŻΑ-Ω]{5,}\b")


def signs(message: InboundMessage) -> list[str]:
    """Return what a message is known by, each sign once and at most MOST: first how it is made and where it links,
    then its words. The same message gives the same signs, today and when it is learned."""
    found: dict[str, None] = dict.fromkeys(_made(message))
    found |= dict.fromkeys("subject " + word for word in _words(message.subject[:500])[:MOST_SUBJECT])
    text = message.text[:READ]
    found |= dict.fromkeys(_words(_LINK_WHOLE.sub(" ", text) if "://" in text else text))
    return list(found)[:MOST]


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(_WORD.findall(text.casefold())))


def _made(message: InboundMessage) -> Iterator[str]:
    domain = message.sender.address.rpartition("@")[2].casefold()
    if domain:
        yield f"from {domain}"
    text = message.text[:READ]
    links = _HREF.findall(message.html[:READ_HTML]) if message.html else []
    links += _LINK.findall(text) if "://" in text else []
    hosts = dict.fromkeys(host.casefold().strip(".") for host in links)
    for host in list(hosts)[:MOST_LINKS]:
        yield f"link {host}"
        yield f"link *.{host.rpartition('.')[2]}"
    if message.auth is not None:
        yield f"sender {message.auth.verdict}"
    if FORGED in message.warnings:
        yield "sender forged"
    if message.html and not hosts:
        yield "page without links"
    if any(one.address.rpartition("@")[2].casefold() != domain for one in message.reply_to):
        yield "reply elsewhere"
    if "list-unsubscribe" in message.headers:
        yield "unsubscribe"
    if mailer := message.headers.get("x-mailer") or message.headers.get("user-agent"):
        yield "mailer " + " ".join(_words(mailer[:80])[:1])
    if not message.to:
        yield "to nobody"
    if _SHOUT.search(message.subject):
        yield "loud"
    for file in message.files[:5]:
        yield "file " + file.name.rpartition(".")[2].casefold()[:8]
    yield f"language {message.language or '?'}"


@lru_cache(maxsize=16_384)
def token(sign: str, salt: str) -> int:
    """Return a sign's name in the database: 64 bits of a keyed hash."""
    digest = hashlib.blake2b(sign.encode("utf-8", "replace"), digest_size=8, key=salt.encode()).digest()
    return int.from_bytes(digest, "big", signed=True)
