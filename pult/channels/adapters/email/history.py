"""What an answer quotes beneath itself: the customer's message, under a line that says who wrote it, and when."""

from __future__ import annotations

from html import escape

from pult.channels.adapters.email.markup import html_of, quotation
from pult.channels.base import Quote

LONGEST = 6_000
"""Characters of a message that are quoted; the rest is left out under a mark."""
MOST_LINES = 200
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


def attribution(quote: Quote, *languages: str) -> str:
    """Return the line above the quotation, in the first of the languages that Pult speaks, else in English."""
    language = next((code for one in languages if (code := one[:2].lower()) in _LINES), "en")
    return _LINES[language].format(
        day=quote.at.day,
        month=_MONTHS[language].split()[quote.at.month - 1],
        year=quote.at.year,
        time=f"{quote.at:%H:%M}",
        name=" ".join((quote.author.name or quote.author.address).split())[:100],
    )


def bounded(text: str) -> str:
    """Return as much of a message as is quoted."""
    text = text.strip("\n")
    lines = text[:LONGEST].split("\n")[:MOST_LINES]
    kept = "\n".join(lines).rstrip()
    return kept if len(kept) == len(text.rstrip()) else f"{kept}\n{LEFT_OUT}"


def as_text(quote: Quote, *languages: str) -> str:
    """Return the quotation for the text part."""
    lines = (f"> {line}".rstrip() for line in bounded(quote.text).split("\n"))
    return "\n".join([attribution(quote, *languages), *lines])


def as_html(quote: Quote, *languages: str) -> str:
    """Return the quotation for the HTML part; it is folded by programs that fold quotations."""
    line = escape(attribution(quote, *languages), quote=False)
    return f"<div><p>{line}</p>{quotation(html_of(bounded(quote.text)))}</div>"
