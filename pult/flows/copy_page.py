"""The page of a person's copy: what is kept of them, to read without any program, in their language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import Any

from pult.flows.copy_words import WORDS
from pult.platform.money import digits

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "h2{margin-top:2.5rem}h3{margin:1.5rem 0 .25rem}dt{font-weight:600}dd{margin:0 0 .5rem}"
    "article{border-left:3px solid #8888;padding:0 0 0 .75rem;margin:.75rem 0}small{opacity:.75}"
    ".text{white-space:pre-wrap;overflow-wrap:anywhere}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #8884}"
)


def page(whole: Mapping[str, Any], *, language: str, at: datetime, stores: Mapping[int, str]) -> str:
    """Return the page as HTML without scripts and without anything from elsewhere."""
    say = _Words(language)
    parts = [
        _person(say, whole["customer"]),
        _consents(say, whole["consents"], stores),
        _conversations(say, whole["conversations"]),
        _orders(say, whole["orders"], whole["accounts"]),
        _readers(say, whole["read_by"]),
    ]
    title = escape(say("title"))
    return (
        f'<!doctype html><html lang="{say.language}"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"<p>{escape(say('intro'))}</p><p><small>{escape(say('made'))} {_moment(at.isoformat())}</small></p>"
        f"{''.join(parts)}</body></html>"
    )


class _Words:
    def __init__(self, language: str) -> None:
        self.language = language if language in WORDS else "en"

    def __call__(self, key: str) -> str:
        return WORDS[self.language].get(key, key)


def _moment(text: str | None) -> str:
    return f'<time datetime="{escape(text)}">{escape(text[:16].replace("T", " "))} UTC</time>' if text else ""


def _amount(amount: int, currency: str) -> str:
    return f"{Decimal(amount).scaleb(-digits(currency))} {currency}"


def _pairs(rows: Iterable[tuple[str, str]]) -> str:
    filled = [(name, value) for name, value in rows if value]
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in filled) + "</dl>"


def _person(say: _Words, person: Mapping[str, Any]) -> str:
    rows = [
        (say("number"), str(person["id"])),
        (say("name"), escape(person["name"])),
        (say("company"), escape(person["company"])),
        (say("language"), escape(person["language"])),
        (say("first"), _moment(person["first_contact_at"])),
        (say("last"), _moment(person["last_contact_at"])),
        (say("notes"), f'<span class="text">{escape(person["notes"])}</span>' if person["notes"] else ""),
        (say("remarks"), "<br>".join(escape(one["text"]) for one in person["remarks"])),
        (say("addresses"), "<br>".join(escape(one["value"]) for one in person["identities"])),
    ]
    return f"<h2>{escape(say('person'))}</h2>{_pairs(rows)}"


def _consents(say: _Words, found: list[Any], stores: Mapping[int, str]) -> str:
    if not found:
        return ""
    rows = "".join(
        f"<tr><td>{escape(say('purpose_' + one['purpose']))}</td><td>{escape(stores.get(one['store'], ''))}</td>"
        f"<td>{escape(say('yes' if one['granted'] else 'no'))}</td><td>{_moment(one['at'])}</td>"
        f"<td>{escape(say('source_' + one['source']))}</td></tr>"
        for one in found
    )
    return f"<h2>{escape(say('consents'))}</h2><table>{rows}</table>"


def _conversations(say: _Words, found: list[Any]) -> str:
    parts = [f"<h2>{escape(say('conversations'))}</h2>"] if found else []
    for one in found:
        parts.append(f"<h3>#{one['id']} {escape(one['subject'])}</h3>")
        parts += [_message(say, message) for message in one["messages"]]
    return "".join(parts)


def _message(say: _Words, message: Mapping[str, Any]) -> str:
    who = message["from"]["name"] or message["from"]["address"]
    files = "".join(
        f'<br><a href="{escape(file["file"])}">{escape(file["name"])}</a>' if "file" in file else
        f"<br>{escape(file['name'])}"
        for file in message["attachments"]
    )  # fmt: skip
    return (
        f"<article><small>{escape(say('direction_' + message['direction']))} · {escape(who)} ·"
        f' {_moment(message["at"])}</small><div class="text">{escape(message["text"])}</div>{files}</article>'
    )


def _orders(say: _Words, found: list[Any], known: list[Any]) -> str:
    if not found and not known:
        return ""
    accounts = [
        _pairs(
            [
                (say("account"), escape(f"{one['shop']}: {one['id']}")),
                (say("birthday"), escape(one["birthday"] or "")),
                (say("registered"), _moment(one["registered_at"])),
            ]
        )
        for one in known
    ]
    return f"<h2>{escape(say('orders'))}</h2>" + "".join(accounts) + "".join(_order(say, one) for one in found)


def _order(say: _Words, order: Mapping[str, Any]) -> str:
    lines = "".join(
        f"<li>{line['quantity']} × {escape(line['title'])}: {escape(_amount(line['total'], order['currency']))}</li>"
        for line in order.get("lines", [])
    )
    place = order.get("ship_to", {})
    address = ", ".join(
        part
        for part in (
            place.get("name", ""),
            *place.get("lines", []),
            f"{place.get('postcode', '')} {place.get('city', '')}".strip(),
            place.get("country", ""),
            place.get("phone", ""),
        )
        if part
    )
    rows = [
        (say("placed"), _moment(order["placed_at"])),
        (say("total"), escape(_amount(order["total"], order["currency"]))),
        (say("delivered_to"), escape(address)),
        (say("notes"), escape(order.get("note", ""))),
    ]
    return f"<h3>{escape(order['number'])}</h3>{_pairs(rows)}<ul>{lines}</ul>"


def _readers(say: _Words, found: list[Any]) -> str:
    if not found:
        return ""
    rows = "".join(
        f"<tr><td>{_moment(one['at'])}</td><td>{escape(one['by'])}</td>"
        f"<td>{escape(say('kind_' + one['kind']))}</td></tr>"
        for one in found
    )
    return f"<h2>{escape(say('readers'))}</h2><p>{escape(say('readers_text'))}</p><table>{rows}</table>"
