"""Deterministic mails and texts: everything follows from a seed, no clock and no global randomness.

A mail has 2 to 5 KB, plain text and HTML; a fifth answer an earlier one with the right In-Reply-To.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

EPOCH = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
COMMON = "delivery"  # in about one message in five
SOME = "marmalade"  # in one message in a thousand
RARE = "quokkafin"  # in exactly RARE_AT conversations of a corpus
NEVER = "zyxwvutsr"
RARE_AT = 10
REPLY_SHARE = 0.20
REPLY_LAG = 40  # a reply answers a mail at least so many earlier: parallel senders do not overtake it

FIRST = ("Ana Borut Cvetka Dimitris Eva Filip Grzegorz Helena Ivan Jolanta Katerina Luka Maja Nikos Olga Petra").split()
LAST = (
    "Novak Horvat Kowalski Papadopoulos Smith Kos Krajnc Wiśniewski Babić Georgiou Zupan Marić Jones Vidmar"
).split()
TOPICS = (
    "Where is my order", "Parcel arrived damaged", "Return request", "Wrong size received", "Refund not received",
    "Change of address", "Invoice needed", "Voucher does not work", "Cannot sign in", "Item missing from the parcel",
    "Cancel my order", "Warranty claim",
)  # fmt: skip
FREQUENT = (
    "the a an and or but with without for from into about after before my your our it this that is are was have had do"
    " did not can will just very much some any all order parcel customer account payment invoice refund return size"
    " colour shirt shoes lamp chair phone charger cable battery screen website voucher price card bank receipt carrier"
    " tracking number label box broken missing wrong late early today yesterday tomorrow week please thanks hello could"
    " would help answer question photo already again still never waiting received sent paid changed cancelled gift"
).split()
_SYLLABLES = ("ba ce di fo gu ha ke li mo nu pra ri so ta ve zi ska tro pli dra ne jo").split()


def vocabulary(size: int = 20_000, seed: int = 5) -> list[str]:
    """Return made-up words, all different, that stand for the long tail of a language."""
    rng = random.Random(seed)
    words: dict[str, None] = {}
    while len(words) < size:
        words["".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(3, 5)))] = None
    return list(words)


def sentences(count: int = 30_000, seed: int = 3) -> list[str]:
    """Return sentences of frequent words with one or two from the long tail; none holds a searched word."""
    rng = random.Random(seed)
    tail = vocabulary()
    made = []
    for _ in range(count):
        words = rng.choices(FREQUENT, k=rng.randint(6, 12))
        for _ in range(rng.randint(1, 2)):
            words.insert(rng.randrange(len(words)), tail[int(len(tail) * rng.random() ** 2)])
        made.append(" ".join(words).capitalize() + ".")
    return made


def person(rng: random.Random, pool: int) -> tuple[str, str]:
    """Return one of `pool` names with its address."""
    number = rng.randrange(pool)
    first, last = FIRST[number % len(FIRST)], LAST[(number // len(FIRST)) % len(LAST)]
    ascii_last = last.encode("ascii", "ignore").decode()
    return f"{first} {last}", f"{first}.{ascii_last}.{number}@customers.example".lower()


@dataclasses.dataclass(frozen=True, slots=True)
class Mail:
    """One mail; `thread` counts from 1 and is shared by a mail and its replies."""

    number: int
    thread: int
    is_reply: bool
    sender: str
    subject: str
    message_id: str
    raw: bytes


def mails(count: int, *, seed: int = 7, to: str = "help@shop.example") -> Iterator[Mail]:
    """Yield `count` mails, the same bytes for the same seed."""
    rng = random.Random(seed)
    pool = sentences(4_000, seed=seed)
    openers: list[Mail] = []
    for number in range(1, count + 1):
        old = [m for m in openers[-300:] if m.number <= number - REPLY_LAG]
        parent = rng.choice(old) if old and rng.random() < REPLY_SHARE else None
        mail = _mail(rng, pool, number, len(openers) + 1, parent, seed, to)
        if parent is None:
            openers.append(mail)
        yield mail


def _mail(
    rng: random.Random, pool: list[str], number: int, thread: int, parent: Mail | None, seed: int, to: str
) -> Mail:
    message_id = f"<{seed}.{number}.{rng.getrandbits(48):012x}@mail.customers.example>"
    paragraphs = [" ".join(rng.choices(pool, k=rng.randint(2, 4))) for _ in range(rng.randint(4, 7))]
    if rng.random() < 0.2:
        paragraphs[0] += f" The {COMMON} was late."
    text = "\n\n".join(paragraphs)
    if parent is None:
        name, address = person(rng, 4_000)
        sender, subject = f"{name} <{address}>", f"{rng.choice(TOPICS)} {rng.randint(100_000, 999_999)}"
    else:
        sender, subject, thread = parent.sender, f"Re: {parent.subject}", parent.thread
        text += f"\n\nOn Monday the shop wrote:\n> {rng.choice(pool)}\n> {rng.choice(pool)}"
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"], message["Message-ID"] = EPOCH + timedelta(seconds=37 * number), message_id
    if parent is not None:
        message["In-Reply-To"] = message["References"] = parent.message_id
    message.set_content(text)
    html = "".join(f"<p>{p}</p>\n" for p in text.replace(">", "&gt;").split("\n\n"))
    message.add_alternative(f'<html><body style="font-family:sans-serif">{html}</body></html>', subtype="html")
    message.set_boundary(f"=_bench_{seed}_{number}")  # the library's own is random
    return Mail(number, thread, parent is not None, sender, subject, message_id, message.as_bytes())
