"""The demo shop's conversations: the same for the same seed and day, as lines of a history import."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pult.demo import files, letters, timeline
from pult.demo.lexicon import Lexicon, Scenario, lexicon, scenarios
from pult.demo.people import Shopper, shoppers
from pult.demo.shop import TEAM_RETURNS, DemoStore, inbox_address, store_of, writers
from pult.flows.history_format import (
    HistoryConversation,
    HistoryCustomer,
    HistoryFile,
    HistoryMessage,
    Person,
)

CONVERSATIONS = 1_200
SEED = "pult"
PICTURES = 8
RECENT = timedelta(days=4)

Step = tuple[str, str]

_LENGTHS = (6, 24, 22, 21, 13, 7, 4, 3)
# Which general notes fit which matters: about a parcel, its packing, the shelf, the money, a second copy.
_NOTES = {
    "delivery": (0, 2, 3, 5),
    "damaged": (1, 3, 5, 7),
    "returns": (1, 2, 5, 6),
    "refund": (2, 5, 6),
    "stock": (4, 5),
    "tyres": (4, 5),
    "warranty": (1, 2, 5, 7),
    "complaint": (1, 2, 5),
    "payment": (2, 5),
    "order change": (2, 5),
}
_REFUSALS = (
    "550 5.1.1 <{address}>: Recipient address rejected: User unknown in virtual mailbox table",
    "552 5.2.2 <{address}>: Mailbox full",
    "554 5.7.1 Service unavailable; message refused by policy",
)
_LOST = "The connection ended after the message was handed over and before the server answered."


def conversations(
    now: datetime, *, seed: str = SEED, count: int = CONVERSATIONS, people: int = 300
) -> Iterator[HistoryConversation]:
    """Yield the demo's conversations, oldest first.

    Args:
        now: the moment of seeding; nothing lies after it, nothing is older than 90 days.
        seed: another seed gives other conversations.
    """
    for writer in _writers(now, seed, count, people):
        yield writer.conversation()


class Matter(NamedTuple):
    """What a conversation is about, when it began, and in which store."""

    case: letters.Case
    start: datetime
    store: DemoStore


def matters(now: datetime, *, seed: str = SEED, count: int = CONVERSATIONS, people: int = 300) -> Iterator[Matter]:
    """Yield what the same conversations are about."""
    for writer in _writers(now, seed, count, people):
        yield Matter(writer.case, writer.start, writer.store)


def _writers(now: datetime, seed: str, count: int, people: int) -> Iterator[_Writer]:
    crowd = shoppers(seed, count=people)
    rng = random.Random(f"{seed}:conversations")  # noqa: S311
    turns = _turns(rng, len(crowd), count)
    for number, start in enumerate(timeline.starts(rng, now, count)):
        own = random.Random(f"{seed}:{number}")  # noqa: S311
        yield _Writer(own, number, crowd[turns[number]], start, now)


def _turns(rng: random.Random, people: int, count: int) -> list[int]:
    """Return whose conversation each is: everybody writes once, some people often, as people do."""
    everybody = rng.sample(range(people), people)
    eagerness = [min(rng.paretovariate(1.6), 3.5) for _ in everybody]
    again = rng.choices(range(people), eagerness, k=max(0, count - people))
    turns = everybody + again
    return rng.sample(turns, len(turns))


class _Writer:
    """Writes one conversation."""

    def __init__(self, rng: random.Random, number: int, shopper: Shopper, start: datetime, now: datetime) -> None:
        self.rng, self.number, self.shopper, self.start, self.now = rng, number, shopper, start, now
        self.language = shopper.language
        able = writers(self.language)
        self.agent = rng.choices(able, [5, *[2] * (len(able) - 1)])[0]
        plans = scenarios(self.language)
        self.scenario: Scenario = rng.choices(plans, [plan.weight for plan in plans])[0]
        self.store = store_of(self.language)
        self.inbox = inbox_address(self.language)
        self.case = letters.make_case(rng, shopper, self.agent, self.scenario, self.store.name, start)
        self.subject = self.case.write(rng, rng.choice(self.scenario.subjects))
        self.messages: list[HistoryMessage] = []
        self.shown = ""
        self.ended = False

    def conversation(self) -> HistoryConversation:
        """Return the conversation with its messages, up to now."""
        at = self.start
        for kind, template in self._plan():
            at = self._next(kind, at)
            if at >= self.now:
                break
            self.messages.append(self._message(kind, template, at))
            self.ended = kind == "thanks"
        status = self._spoil(self._status())
        taken = len(self.messages) > 1 or status != "open" or self.rng.random() < 0.3
        return HistoryConversation(
            id=f"demo-{self.number + 1:04d}",
            inbox=self.inbox,
            customer=HistoryCustomer(
                name=self.shopper.name,
                emails=[self.shopper.email],
                phones=[self.shopper.phone] if self.shopper.number % 2 else [],
                language=self.language,
                company=self.shopper.company,
            ),
            messages=self.messages,
            subject=self.subject,
            status=status,  # type: ignore[arg-type]
            priority=self._priority(),
            language=self.language,
            assignee=self.agent.email if taken else "",
            team=self._team(),
            tags=self.scenario.tags if taken or self.rng.random() < 0.5 else self.scenario.tags[:1],
            snoozed_until=self.now + timedelta(hours=self.rng.randint(3, 90)) if status == "snoozed" else None,
        )

    def _plan(self) -> list[Step]:
        """Choose what is said, in order: one to eight messages."""
        rng, scenario, words = self.rng, self.scenario, lexicon(self.language)
        length = rng.choices(range(1, 9), _LENGTHS)[0]
        old = self.now - self.start > RECENT
        if old and length == 1 and scenario.key not in ("praise", "newsletter"):
            length = 2
        opening = rng.randrange(len(scenario.open))
        answer, said = _fitting(rng, scenario.answer, opening)
        steps: list[Step] = [("open", scenario.open[opening]), ("answer", said)]
        follow = _fitting(rng, scenario.follow, answer)[1]
        if follow and length > 2:
            steps.append(("follow", follow))
            if scenario.solve and (length > 3 or old):
                steps.append(("solve", rng.choice(scenario.solve)))
        if length > 4 or (length == 3 and len(steps) < 3) or (length == 4 and len(steps) < 4):
            steps.append(("thanks", rng.choice(words.thanks)))
        if length > 5:
            steps.insert(1, ("note", self._note(words)))
        if length > 6 and not {"praise", "product question"} & set(scenario.tags):
            steps.insert(1, ("nudge", rng.choice(words.nudge)))
        if length > 7:
            steps.append(("welcome", rng.choice(words.welcome)))
        elif 2 < length < 5 and rng.random() < 0.12:
            steps.insert(rng.randint(1, len(steps)), ("note", self._note(words)))
        return steps[:1] if length == 1 else steps[:8]

    def _note(self, words: Lexicon) -> str:
        fitting = next((_NOTES[tag] for tag in self.scenario.tags if tag in _NOTES), (5,))
        return words.notes[self.rng.choice(fitting)]

    def _next(self, kind: str, at: datetime) -> datetime:
        if kind == "open":
            return at
        if kind in ("answer", "solve", "welcome"):
            return timeline.answered(self.rng, at)
        if kind == "note":
            return at + timedelta(minutes=self.rng.randint(5, 55))
        if kind == "nudge":
            return timeline.written_back(self.rng, at + timedelta(days=self.rng.choice((1, 2))))
        return timeline.written_back(self.rng, at)

    def _message(self, kind: str, template: str, at: datetime) -> HistoryMessage:
        name = f"demo-{self.number + 1:04d}.{len(self.messages) + 1}"
        before = next((m.id for m in reversed(self.messages) if m.direction != "note"), "")
        if kind == "note":
            text = self.case.write(self.rng, template)
            return HistoryMessage(
                id=f"{name}@note.example", direction="note", at=at, staff=self._noter(), text=text, reply=text,
                language=self.language,
            )  # fmt: skip
        subject = self.subject if kind == "open" else f"Re: {self.subject}"
        if kind in ("open", "follow", "thanks", "nudge"):
            letter = letters.from_customer(self.rng, self.case, template, first=kind == "open", quoted=self.shown)
            self.shown = letters.quote(self.language, self.shopper.name, at, letter.reply)
            return HistoryMessage(
                id=f"{name}@{self.shopper.email.rpartition('@')[2]}", direction="in", at=at,
                author=Person(self.shopper.email, self.shopper.name), to=[Person(self.inbox)], cc=self._copied(kind),
                subject=subject, text=letter.text, html=letter.html, reply=letter.reply, language=self.language,
                in_reply_to=before, state="received", files=self._files_in(kind, letter.html),
            )  # fmt: skip
        letter = letters.from_agent(self.rng, self.case, template, quoted=self.shown)
        self.shown = letters.quote(self.language, f"{self.case.facts['agent']}, {self.store.name}", at, letter.reply)
        return HistoryMessage(
            id=f"{name}@{self.inbox.rpartition('@')[2]}", direction="out", at=at, staff=self.agent.email,
            author=Person(self.inbox, self.agent.name),
            to=[Person(self.shopper.email, self.shopper.name)], subject=subject, text=letter.text, html=letter.html,
            reply=letter.reply, language=self.language, in_reply_to=before, state="sent", files=self._files_out(kind),
        )  # fmt: skip

    def _noter(self) -> str:
        return self.rng.choice(writers(self.language)).email if self.rng.random() < 0.4 else self.agent.email

    def _copied(self, kind: str) -> list[Person]:
        if kind == "open" and self.shopper.company and self.rng.random() < 0.5:
            return [Person(f"accounts@{self.shopper.email.rpartition('@')[2]}", self.shopper.company)]
        return []

    def _files_in(self, kind: str, page: str) -> list[HistoryFile]:
        found = []
        if letters.BADGE_ID in page:
            picture = files.badge(self.shopper.number % 6)
            found.append(
                HistoryFile(
                    name="logo.png", type="image/png", content=picture, content_id=letters.BADGE_ID, inline=True
                )
            )
        if kind == "open" and self.scenario.attach == "photo" and self.rng.random() < 0.75:
            for index in range(self.rng.choice((1, 1, 2))):
                name = f"IMG_{self.rng.randint(1000, 9999)}.png"
                picture = files.photo((self.number + index) % PICTURES)
                found.append(HistoryFile(name=name, type="image/png", content=picture))
        return found

    def _files_out(self, kind: str) -> list[HistoryFile]:
        order, amount = self.case.facts["order"], self.case.amount
        if kind == "answer" and self.scenario.attach_out == "invoice":
            content = files.invoice(order, f"{self.start:%Y-%m-%d}", amount)
            return [HistoryFile(name=f"{order}.pdf", type="application/pdf", content=content)]
        if kind == "answer" and self.scenario.attach_out == "label":
            content = files.label(order, self.case.facts["digits"])
            return [HistoryFile(name=f"label-{order}.pdf", type="application/pdf", content=content)]
        return []

    def _status(self) -> str:
        """Judge what stands open by the last message and its age."""
        rng, last = self.rng, self.messages[-1]
        age = self.now - last.at
        if last.direction == "in":
            ended = self.ended or self.scenario.key in ("praise", "newsletter")
            if age > timedelta(days=3) or (ended and rng.random() < 0.8):
                return "closed"
            return "open" if rng.random() < 0.92 else "snoozed"
        if last.direction == "note":
            return "closed" if age > timedelta(days=4) else "waiting_colleague"
        if age > timedelta(days=8):
            return "closed" if rng.random() < 0.985 else "snoozed"
        return rng.choices(("closed", "waiting_customer", "snoozed", "waiting_colleague"), (22, 64, 7, 7))[0]

    def _spoil(self, status: str) -> str:
        """Let a few answers fail, and the fate of a very few stay unknown; both need the desk again."""
        last = self.messages[-1]
        lot = self.rng.random()
        if last.direction != "out" or status != "waiting_customer" or lot > 0.2:
            return status
        if lot < 0.13:
            reason = self.rng.choice(_REFUSALS).format(address=self.shopper.email)
            self.messages[-1] = _changed(last, "failed", reason)
        else:
            self.messages[-1] = _changed(last, "unknown", _LOST)
        return "open"

    def _priority(self) -> int:
        if "urgent" in self.scenario.tags:
            return self.rng.choice((1, 1, 2))
        return self.rng.choices((-1, 0, 1), (4, 90, 6))[0]

    def _team(self) -> str:
        if {"returns", "refund", "warranty"} & set(self.scenario.tags) and self.rng.random() < 0.4:
            return TEAM_RETURNS
        return next(team for team in self.agent.teams if team != TEAM_RETURNS)


def _fitting(rng: random.Random, phrases: Sequence[str], after: int) -> tuple[int, str]:
    """Choose a phrase that fits what was said before; `01> ...` fits only after the phrases 0 and 1.

    Returns its number and its text, or an empty text where none fits.
    """
    able = []
    for index, phrase in enumerate(phrases):
        numbers, mark, text = phrase.partition("> ")
        bound = bool(mark) and numbers.isdigit()
        if not bound or str(after) in numbers:
            able.append((index, text if bound else phrase))
    return rng.choice(able) if able else (0, "")


def _changed(message: HistoryMessage, state: str, reason: str) -> HistoryMessage:
    values = {field: getattr(message, field) for field in message.__struct_fields__}
    return HistoryMessage(**{**values, "state": state, "state_reason": reason})
