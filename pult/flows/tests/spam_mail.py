"""Spam and ordinary mail in five languages, and what the tests ask about them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from pult.flows.tests.mails import mail
from pult.platform import events

Call = Callable[..., Any]

SPAM = [
    ("Cheap casino bonus", "Claim your free casino bonus now, winner. Click https://casino.spam.example/win today."),
    ("Brezplačni bonus igralnice", "Zmagali ste! Prevzemite bonus igralnice na https://casino.spam.example/sl takoj."),
    ("Δωρεάν μπόνους καζίνο", "Κερδίσατε! Πάρτε το μπόνους καζίνο στο https://casino.spam.example/el τώρα."),
    ("Darmowy bonus kasyna", "Wygrana czeka! Odbierz bonus kasyna pod https://casino.spam.example/pl jeszcze dzisiaj."),
    (
        "Besplatni bonus kasina",
        "Čestitamo, dobitnik ste! Preuzmite bonus kasina: https://casino.spam.example/hr odmah.",
    ),
]
HAM = [
    (
        "Where is my parcel",
        "Hello, the parcel with the shoes has not arrived yet. Could you tell me where it is? Regards",
    ),
    ("Kje je moj paket", "Pozdravljeni, paketa s čevlji še nisem prejela. Kdaj bo dostavljen? Lep pozdrav, Maja"),
    ("Πού είναι το δέμα μου", "Καλησπέρα, το δέμα με τα παπούτσια δεν έχει έρθει ακόμη. Πότε θα παραδοθεί; Ευχαριστώ"),
    (
        "Gdzie jest moja paczka",
        "Dzień dobry, paczka z butami jeszcze nie dotarła. Kiedy zostanie doręczona? Pozdrawiam",
    ),
    ("Gdje je moj paket", "Poštovani, paket s cipelama još nije stigao. Kada će biti dostavljen? Srdačan pozdrav"),
]
_numbers = itertools.count(1)


def numbered(kind: Sequence[tuple[str, str]], index: int, **more: str) -> bytes:
    number = next(_numbers)
    subject, text = kind[index % len(kind)]
    bad = kind is SPAM
    domain = "bulk.spam.example" if bad else "customers.example"
    sender = more.pop("sender", f"Someone <n{number}@{domain}>")
    return mail(subject, f"{text} ({number})", sender, more.pop("message_id", f"<{number}@{domain}>"), **more)


def told(after: int = 0) -> list[str]:
    events.sequence()
    rooms = {"conversation", "message", "spam"}
    return [row.kind for row in events.read(after) if row.kind.partition(".")[0] in rooms]


def in_spam(api: Call) -> list[Any]:
    return list(api("GET", "/conversations?view=spam&limit=200").json()["items"])


def newest(api: Call) -> Any:
    return in_spam(api)[0]
