"""Writing one letter of the demo: greeting, body, farewell, quotation, slips of the pen, and its HTML."""

from __future__ import annotations

import dataclasses
import html
import random
from datetime import datetime, timedelta

from pult.demo.lexicon import GENDERS, Product, Scenario, lexicon
from pult.demo.markup import render
from pult.demo.people import Shopper, without_marks
from pult.demo.shop import DemoAgent
from pult.demo.timeline import ZONE, day_in_words

PRICES = {
    "tyres": 89, "trainers": 74, "jacket": 119, "dress": 59, "coffee": 249, "vacuum": 199, "headphones": 79,
    "blender": 69, "tv": 399, "drill": 124, "phone": 289, "kettle": 29, "mattress": 179, "lamp": 34, "backpack": 49,
    "carseat": 149, "bike": 189,
}  # fmt: skip
"""Euros, without the cents."""

RATES = {"pl": 4.3}
"""What a euro is where prices are told in another currency; good enough for a made-up shop."""

BADGE_ID = "badge@shop.example"


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """What one conversation is about: who, what, and every fact that may be mentioned."""

    shopper: Shopper
    agent: DemoAgent
    scenario: Scenario
    product: Product
    facts: dict[str, str]
    amount: str
    ordered_at: datetime

    def write(self, rng: random.Random, template: str) -> str:
        """Fill a template with this case's facts."""
        return render(template, self.facts, self._genders(), rng)

    def _genders(self) -> dict[str, int]:
        return {"c": self.shopper.gender, "a": int(self.agent.female), "p": GENDERS.index(self.product.g)}


@dataclasses.dataclass(frozen=True, slots=True)
class Letter:
    """A written letter: all of it, the new part of it, and its HTML (empty for plain text)."""

    text: str
    reply: str
    html: str


def make_case(
    rng: random.Random, shopper: Shopper, agent: DemoAgent, scenario: Scenario, store: str, at: datetime
) -> Case:
    """Settle the facts of a conversation that begins at `at`."""
    words = lexicon(shopper.language)
    fitting = [key for key, thing in words.goods.items() if not scenario.goods or thing.cat == scenario.goods]
    chosen = rng.choice(fitting)
    product = words.goods[chosen]
    week, year = rng.randint(4, 40), (at.year - rng.randint(0, 1)) % 100
    size = rng.randint(37, 44) if product.g == "pl" else 0
    price = f"{round(PRICES[chosen] * RATES.get(shopper.language, 1))}{words.decimal}{rng.choice((90, 99, 50))}"
    facts = {
        "order": f"D-{rng.randint(100000, 999999)}",
        "product": product.nom,
        "product:acc": product.acc or product.nom,
        "product:gen": product.gen or product.nom,
        "tracking": f"DEMO{rng.randint(10**8, 10**9 - 1)}",
        "voucher": f"DEMO-{rng.randint(1000, 9999)}",
        "voucher2": f"SORRY-{rng.randint(1000, 9999)}",
        "digits": str(rng.randint(100000, 999999)),
        "dot": f"{week:02d}{year:02d}",
        "week": str(week),
        "year": f"{year:02d}",
        "months": str(rng.randint(5, 20)),
        "size": str(size) if size else "M",
        "size2": str(size + 1) if size else rng.choice(("L", "XL")),
        "amount": words.money.format(n=price),
        "date": day_in_words(shopper.language, ordered := at - timedelta(days=rng.randint(4, 12))),
        "soon": day_in_words(shopper.language, at + timedelta(days=rng.randint(2, 6))),
        "carrier": rng.choice(words.carriers),
        "city": shopper.city,
        "street": shopper.street,
        "company": shopper.company or rng.choice(words.companies),
        "name": shopper.name,
        "first": shopper.first,
        "first_voc": shopper.first_vocative,
        "surname": shopper.surname,
        "surname_voc": shopper.surname_vocative,
        "phone": shopper.phone,
        "agent": agent.name if shopper.language == agent.language else agent.abroad or agent.name,
        "store": store,
    }
    return Case(shopper, agent, scenario, product, facts, price, ordered)


def from_customer(rng: random.Random, case: Case, template: str, *, first: bool, quoted: str = "") -> Letter:
    """Write as the customer; `quoted` is the earlier letter under the new one."""
    shopper, words = case.shopper, lexicon(case.shopper.language)
    body = _with_slips(rng, case.write(rng, template), shopper.typing)
    greeting = rng.choice(words.hello) if first or rng.random() < 0.4 else ""
    farewell = case.write(rng, rng.choice(words.bye)) if first or rng.random() < 0.5 else shopper.first
    reply = "\n\n".join(part for part in (greeting, body) if part)
    signature = f"\n\n-- \n{rng.choice(words.mobile)}" if shopper.on_phone else ""
    if shopper.plain_letters:
        reply, farewell = without_marks(reply), without_marks(farewell)
    text = f"{reply}\n\n{farewell}{signature}"
    quotation = quoted if shopper.quotes else ""
    new = f"{reply}\n\n{farewell}"
    return Letter(
        f"{text}\n\n{quotation}".rstrip() if quotation else text,
        new,
        _customer_html(text, quotation, company=bool(shopper.company)) if shopper.html else "",
    )


def from_agent(rng: random.Random, case: Case, template: str, *, quoted: str = "") -> Letter:
    """Write as the agent; answers from the screen carry HTML."""
    words = lexicon(case.shopper.language)
    hello = rng.choice(words.agent_hello_f if case.shopper.gender else words.agent_hello_m)
    parts = (hello, template, rng.choice(words.agent_bye))
    reply = "\n\n".join(case.write(rng, part) for part in parts)
    return Letter(f"{reply}\n\n{quoted}" if quoted else reply, reply, _paragraphs(reply))


def quote(language: str, who: str, at: datetime, text: str) -> str:
    """Quote a letter as mail programs do."""
    words = lexicon(language)
    local = at.astimezone(ZONE)
    head = words.wrote.format(date=day_in_words(language, at), time=f"{local:%H:%M}", who=who)
    return head + "\n" + "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _with_slips(rng: random.Random, text: str, rate: float) -> str:
    """Swap neighbouring letters here and there, inside words only."""
    if not rate:
        return text
    signs = list(text)
    for index in range(1, len(signs) - 2):
        inside = all(sign.isalpha() and sign.islower() for sign in signs[index - 1 : index + 3])
        if inside and rng.random() < rate:
            signs[index], signs[index + 1] = signs[index + 1], signs[index]
    return "".join(signs)


def _paragraphs(text: str) -> str:
    blocks = html.escape(text, quote=False).split("\n\n")
    return "".join(f"<p>{block.replace(chr(10), '<br>')}</p>" for block in blocks)


def _customer_html(text: str, quotation: str, *, company: bool) -> str:
    """Return the HTML part as a mail program writes it; companies carry a picture and a remote logo."""
    page = f'<div dir="ltr" style="font-family:Arial,sans-serif;font-size:14px">{_paragraphs(text)}</div>'
    if company:
        page += (
            '<table style="border-top:1px solid #ccc"><tr>'
            f'<td><img src="cid:{BADGE_ID}" width="96" height="32" alt=""></td>'
            '<td><img src="https://pictures.shop.example/logo.png" width="40" height="40" alt=""></td></tr></table>'
        )
    if quotation:
        head, _, quoted = quotation.partition("\n")
        plain = "\n".join(line.removeprefix("> ").removeprefix(">") for line in quoted.splitlines())
        page += (
            f'<div class="gmail_quote"><div>{html.escape(head, quote=False)}</div>'
            f'<blockquote style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">{_paragraphs(plain)}'
            "</blockquote></div>"
        )
    return f"<html><body>{page}</body></html>"
