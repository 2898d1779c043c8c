"""The demo shop itself: two stores, five mailboxes, eight people, their teams, tags and views.

Every name says that it is a demo, every address lies under the reserved top-level domain .example (RFC 2606).
"""

from __future__ import annotations

from typing import NamedTuple


class DemoStore(NamedTuple):
    """A store; `inboxes` are (language, address, name)."""

    name: str
    language: str
    languages: tuple[str, ...]
    time_zone: str
    address: dict[str, str]
    inboxes: tuple[tuple[str, str, str], ...]


class DemoAgent(NamedTuple):
    """A person at the desk.

    `stores` and `teams` are names, `skills` are (kind, value, level); `abroad` is the name in another script.
    """

    email: str
    name: str
    female: bool
    role: str
    language: str
    writes: tuple[str, ...]
    stores: tuple[str, ...]
    teams: tuple[str, ...]
    skills: tuple[tuple[str, str, int], ...]
    abroad: str = ""


POLHEC = "Demo Polhec"
KUKULKA = "Demo Kukułka"

STORES = (
    DemoStore(
        POLHEC,
        "sl",
        ("sl", "hr"),
        "Europe/Ljubljana",
        {"street": "Vzorčna ulica 1", "postcode": "0000", "city": "Vzorčno", "country": "SI"},
        (
            ("sl", "pomoc@shop-sl.example", "Demo Polhec, Slovenija"),
            ("hr", "podrska@shop-hr.example", "Demo Polhec, Hrvatska"),
        ),
    ),
    DemoStore(
        KUKULKA,
        "pl",
        ("pl", "el", "en"),
        "Europe/Warsaw",
        {"street": "ul. Przykładowa 1", "postcode": "00-000", "city": "Przykładowo", "country": "PL"},
        (
            ("pl", "pomoc@shop-pl.example", "Demo Kukułka, Polska"),
            ("el", "voithia@shop-el.example", "Demo Kukułka, Ελλάδα"),
            ("en", "help@shop-en.example", "Demo Kukułka, English"),
        ),
    ),
)

TEAM_POLHEC = "Polhec: sl, hr"
TEAM_KUKULKA = "Kukułka: pl, el, en"
TEAM_RETURNS = "Returns & warranty"
TEAMS: tuple[tuple[str, str | None], ...] = ((TEAM_POLHEC, POLHEC), (TEAM_KUKULKA, KUKULKA), (TEAM_RETURNS, None))

BOTH = (POLHEC, KUKULKA)
AGENTS = (
    DemoAgent(
        "maja@desk.example", "Maja Vidmar", True, "admin", "en", ("sl", "en"), BOTH, (TEAM_POLHEC, TEAM_RETURNS),
        (("language", "sl", 5), ("language", "en", 4), ("channel", "email", 5), ("topic", "returns", 5)),
    ),
    DemoAgent(
        "luka@desk.example", "Luka Hribar", False, "agent", "sl", ("sl",), (POLHEC,), (TEAM_POLHEC,),
        (("language", "sl", 5), ("language", "hr", 2), ("channel", "email", 4), ("topic", "tyres", 5)),
    ),
    DemoAgent(
        "petra@desk.example", "Petra Marić", True, "lead", "hr", ("hr", "sl"), (POLHEC,), (TEAM_POLHEC, TEAM_RETURNS),
        (("language", "hr", 5), ("language", "sl", 4), ("channel", "email", 5), ("topic", "complaint", 5)),
    ),
    DemoAgent(
        "ante@desk.example", "Ante Jurić", False, "agent", "hr", ("hr",), (POLHEC,), (TEAM_POLHEC,),
        (("language", "hr", 5), ("channel", "email", 3), ("topic", "delivery", 4)),
    ),
    DemoAgent(
        "agnieszka@desk.example", "Agnieszka Zielińska", True, "lead", "pl", ("pl", "en"), (KUKULKA,),
        (TEAM_KUKULKA, TEAM_RETURNS),
        (("language", "pl", 5), ("language", "en", 4), ("channel", "email", 5), ("topic", "warranty", 5)),
    ),
    DemoAgent(
        "tomasz@desk.example", "Tomasz Wójcik", False, "agent", "pl", ("pl",), (KUKULKA,), (TEAM_KUKULKA,),
        (("language", "pl", 5), ("channel", "email", 4), ("topic", "invoice", 4)),
    ),
    DemoAgent(
        "eleni@desk.example", "Ελένη Παπαδοπούλου", True, "agent", "el", ("el", "en"), (KUKULKA,), (TEAM_KUKULKA,),
        (("language", "el", 5), ("language", "en", 3), ("channel", "email", 5)), "Eleni Papadopoulou",
    ),
    DemoAgent(
        "callum@desk.example", "Callum Fletcher", False, "agent", "en", ("en",), BOTH, (TEAM_KUKULKA,),
        (("language", "en", 5), ("language", "el", 3), ("channel", "email", 4)),
    ),
)  # fmt: skip

TAGS = {
    "delivery": 220,
    "damaged": 25,
    "returns": 285,
    "refund": 160,
    "size": 310,
    "invoice": 190,
    "voucher": 95,
    "payment": 130,
    "product question": 205,
    "tyres": 250,
    "stock": 175,
    "warranty": 340,
    "account": 265,
    "order change": 60,
    "pick-up point": 235,
    "price": 80,
    "praise": 140,
    "complaint": 10,
    "urgent": 0,
    "other shop": 15,
}


def inbox_address(language: str) -> str:
    """Return the mailbox that serves a language."""
    return next(address for store in STORES for code, address, _ in store.inboxes if code == language)


def store_of(language: str) -> DemoStore:
    """Return the store that serves a language."""
    return next(store for store in STORES if language in store.languages)


def writers(language: str) -> tuple[DemoAgent, ...]:
    """Return who answers in a language, the most fluent first."""
    able = [agent for agent in AGENTS if language in agent.writes]
    return tuple(sorted(able, key=lambda agent: agent.writes.index(language)))


def chat_address(language: str) -> str:
    """Return the name of the chat on the demo shop's pages in a language."""
    return f"demo-shop-{language}"
