"""What an answer quotes beneath itself: the customer's message, under a line that says who wrote it, and when."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from pult.channels.adapters.email.markup import html_of, quotation
from pult.channels.base import Address, Quote

LONGEST = 6_000
"""Characters of a message that are quoted; the rest is left out under a mark."""
MOST_LINES = 200
LONGEST_FORWARDED, MOST_LINES_FORWARDED = 60_000, 2_000
LEFT_OUT = "[…]"

_MONTHS = {
    "sl": "januarja februarja marca aprila maja junija julija avgusta septembra oktobra novembra decembra",
    "hr": "siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca",
    "el": "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου"
    " Δεκεμβρίου",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "en": "January February March April May June July August September October November December",
}
# The verb agrees with whoever wrote it, man or woman, as the mail programs of each language have it.
_LINES = {
    "sl": "Dne {day}. {month} {year} ob {time} je {name} napisal/-a:",
    "hr": "Dana {day}. {month} {year}. u {time} {name} je napisao/la:",
    "el": "Στις {day} {month} {year} στις {time}, ο/η {name} έγραψε:",
    "pl": "W dniu {day} {month} {year} o {time} {name} napisał(a):",
    "en": "On {day} {month} {year} at {time}, {name} wrote:",
}


_FORWARDED = {
    "sl": ("Posredovano sporočilo", "Od", "Datum", "Zadeva", "Za"),
    "hr": ("Proslijeđena poruka", "Od", "Datum", "Predmet", "Za"),
    "el": ("Προωθημένο μήνυμα", "Από", "Ημερομηνία", "Θέμα", "Προς"),
    "pl": ("Przekazana wiadomość", "Od", "Data", "Temat", "Do"),
    "en": ("Forwarded message", "From", "Date", "Subject", "To"),
}


def _language(languages: Iterable[str]) -> str:
    return next((code for one in languages if (code := one[:2].lower()) in _LINES), "en")


def forwarded_head(quote: Quote, *languages: str) -> list[str]:
    """Return the lines above a forwarded message: who wrote it, when, about what, to whom; not who had copies."""
    language = _language(languages)
    title, author, date, subject, to = _FORWARDED[language]
    when = f"{quote.at.day}. {quote.at.month}. {quote.at.year} {quote.at:%H:%M}"
    if language == "en":
        when = f"{quote.at.day} {_MONTHS['en'].split()[quote.at.month - 1]} {quote.at.year}, {quote.at:%H:%M}"
    fields = ((author, _person(quote.author)), (date, when), (subject, quote.subject))
    shown = [f"{name}: {' '.join(value.split())[:300]}" for name, value in fields if value.strip()]
    people = ", ".join(_person(one) for one in quote.to[:20])
    return [f"---------- {title} ----------", *shown, *([f"{to}: {people}"] if people else [])]


def _person(one: Address) -> str:
    return f"{one.name} <{one.address}>" if one.name and one.name != one.address else one.address or one.name


def attribution(quote: Quote, *languages: str) -> str:
    """Return the line above the quotation, in the first of the languages that Pult speaks, else in English."""
    language = _language(languages)
    return _LINES[language].format(
        day=quote.at.day,
        month=_MONTHS[language].split()[quote.at.month - 1],
        year=quote.at.year,
        time=f"{quote.at:%H:%M}",
        name=" ".join((quote.author.name or quote.author.address).split())[:100],
    )


def bounded(text: str, *, longest: int = LONGEST, most_lines: int = MOST_LINES) -> str:
    """Return as much of a message as is quoted."""
    text = text.strip("\n")
    lines = text[:longest].split("\n")[:most_lines]
    kept = "\n".join(lines).rstrip()
    return kept if len(kept) == len(text.rstrip()) else f"{kept}\n{LEFT_OUT}"


def _forwarded(quote: Quote) -> str:
    return bounded(quote.text, longest=LONGEST_FORWARDED, most_lines=MOST_LINES_FORWARDED)


def as_text(quote: Quote, *languages: str) -> str:
    """Return the quotation for the text part; a forwarded message stands as it was."""
    if quote.forwarded:
        return "\n".join([*forwarded_head(quote, *languages), "", _forwarded(quote)])
    lines = (f"> {line}".rstrip() for line in bounded(quote.text).split("\n"))
    return "\n".join([attribution(quote, *languages), *lines])


def as_html(quote: Quote, *languages: str) -> str:
    """Return the quotation for the HTML part; it is folded by programs that fold quotations."""
    if quote.forwarded:
        head = "<br>".join(escape(line, quote=False) for line in forwarded_head(quote, *languages))
        return f"<div><p>{head}</p>{html_of(_forwarded(quote))}</div>"
    line = escape(attribution(quote, *languages), quote=False)
    return f"<div><p>{line}</p>{quotation(html_of(bounded(quote.text)))}</div>"
