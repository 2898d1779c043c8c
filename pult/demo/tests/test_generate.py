"""The demo's data: the same for the same seed, as much as promised, well written, never mistaken for real."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec
import py3langid
import pytest

from pult.demo import files, generate
from pult.demo.lexicon import GENDERS, LANGUAGES, lexicon, scenarios
from pult.demo.markup import render
from pult.demo.people import shoppers
from pult.demo.shop import AGENTS, STORES
from pult.flows.history_format import HistoryConversation

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


@lru_cache(maxsize=1)
def everything() -> list[HistoryConversation]:
    return list(generate.conversations(NOW))


def test_the_same_seed_gives_the_same_conversations() -> None:
    def some(seed: str) -> bytes:
        return msgspec.json.encode(list(generate.conversations(NOW, seed=seed, count=60)))

    assert some("a") == some("a")
    assert some("a") != some("b")


def test_there_are_as_many_as_promised() -> None:
    found = everything()

    assert len(found) == 1_200
    assert len({one.customer.emails[0] for one in found}) == 300
    assert len(STORES) == 2
    assert len(AGENTS) == 8
    assert {one.language for one in found} == set(LANGUAGES)
    lengths = Counter(len(one.messages) for one in found)
    assert set(lengths) == set(range(1, 9))
    assert len({message.id for one in found for message in one.messages}) == sum(lengths.elements())


def test_they_lie_in_the_last_ninety_days_and_in_order() -> None:
    for one in everything():
        moments = [message.at for message in one.messages]
        assert moments == sorted(moments)
        assert NOW - timedelta(days=90) <= moments[0]
        assert moments[-1] <= NOW


def test_customers_write_more_by_day_and_the_desk_answers_in_working_hours() -> None:
    hours = Counter(one.messages[0].at.hour for one in everything())
    answers = [m for one in everything() for m in one.messages if m.direction == "out"]

    assert sum(hours[hour] for hour in range(8, 20)) > 0.6 * sum(hours.values())
    assert all(8 <= message.at.hour < 20 and message.at.weekday() != 6 for message in answers)


def test_statuses_states_and_extras_are_in_plausible_proportion() -> None:
    found = everything()
    statuses = Counter(one.status for one in found)
    states = Counter(message.state for one in found for message in one.messages)
    directions = Counter(message.direction for one in found for message in one.messages)

    assert statuses["closed"] > 0.85 * len(found)
    assert min(statuses[name] for name in ("open", "waiting_customer", "snoozed")) >= 8
    assert statuses["waiting_colleague"] >= 2
    assert 2 <= states["failed"] <= 40
    assert 1 <= states["unknown"] <= 20
    assert directions["note"] > 100
    assert all((one.snoozed_until is not None) == (one.status == "snoozed") for one in found)
    assert any(one.status == "open" and not one.assignee for one in found)
    kinds = Counter(file.type for one in found for message in one.messages for file in message.files)
    assert kinds["image/png"] > 100
    assert kinds["application/pdf"] > 50


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_are_in_the_language_they_say(language: str) -> None:
    py3langid.set_languages(list(LANGUAGES))
    written = [
        message.reply
        for one in everything()
        if one.language == language
        for message in one.messages
        if message.direction != "note" and len(message.reply) > 120
    ]
    sample = random.Random(1).sample(written, 60)

    right = sum(py3langid.classify(text)[0] == language for text in sample)

    # Slovenian and Croatian are told apart by few letters, and some people write without them.
    assert right >= (50 if language in ("sl", "hr") else 57)


def test_every_template_can_be_filled_for_everybody() -> None:
    facts = {name: f"<{name}>" for name in _FACTS}
    for language in LANGUAGES:
        words = lexicon(language)
        pools = [words.bye, words.agent_bye, words.agent_hello_m, words.agent_hello_f, words.thanks, words.welcome,
                 words.nudge, words.notes]  # fmt: skip
        for plan in scenarios(language):
            pools += [plan.subjects, plan.open, plan.answer, plan.follow, plan.solve]
        for template in (text for pool in pools for text in pool):
            for gender in (0, 1):
                for product in range(len(GENDERS)):
                    genders = {"c": gender, "a": gender, "p": product}
                    text = render(template, facts, genders, random.Random(0))
                    assert not re.search(r"[\[\]{}|]", text), template


_FACTS = (
    "order", "product", "product:acc", "product:gen", "tracking", "voucher", "voucher2", "digits", "dot", "week",
    "year", "months", "size", "size2", "amount", "date", "soon", "carrier", "city", "street", "company", "name",
    "first", "first_voc", "surname", "surname_voc", "phone", "agent", "store",
)  # fmt: skip


def test_every_language_has_at_least_twenty_five_matters_with_several_phrasings() -> None:
    for language in LANGUAGES:
        plans = scenarios(language)
        assert len({plan.key for plan in plans}) >= 25
        assert sum(len(plan.open) for plan in plans) >= 45


def test_letters_differ() -> None:
    openings = Counter(one.messages[0].reply for one in everything())
    subjects = Counter(one.subject for one in everything())

    assert len(openings) > 1_100
    assert len(subjects) > 400


def test_nothing_can_be_taken_for_real() -> None:
    addresses = {shopper.email for shopper in shoppers(generate.SEED)} | {agent.email for agent in AGENTS}
    addresses |= {address for store in STORES for _, address, _ in store.inboxes}
    text = "".join(message.text + message.html for one in everything() for message in one.messages)

    assert all(address.endswith(".example") for address in addresses)
    assert all("Demo" in store.name for store in STORES)
    assert all(re.fullmatch(r"\+44 7700 900\d{3}", shopper.phone) for shopper in shoppers(generate.SEED))
    assert set(re.findall(r"[\w.-]+@[\w-]+\.(\w+)", text)) <= {"example"}
    assert set(re.findall(r"https?://[\w.-]+\.(\w+)/", text)) <= {"example"}


def test_addresses_and_vocatives_are_right_in_greek_and_polish() -> None:
    text = "\n".join(message.reply for one in everything() if one.language in ("el", "pl") for message in one.messages)
    for wrong in ("κύριε Παπαδόπουλος", "κύριε Ιωαννίδης", "Panie Tomasz,", "Panie Piotr,", "Pani Anna,"):
        assert wrong not in text
    assert "κύριε Παπαδόπουλε" in text or "κύριε Ιωαννίδη," in text


def test_the_files_are_what_their_names_say() -> None:
    picture, paper = files.photo(1), files.invoice("D-1", "2026-11-21", "19.90")

    assert picture.startswith(b"\x89PNG")
    assert files.photo(1) == picture != files.photo(2)
    assert paper.startswith(b"%PDF-1.4")
    assert b"not a real invoice" in paper
