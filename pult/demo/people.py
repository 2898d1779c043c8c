"""The demo shop's customers: invented names, addresses under .example, numbers from Ofcom's range for drama."""

from __future__ import annotations

import dataclasses
import random
import unicodedata

from pult.demo.lexicon import LANGUAGES, Lexicon, lexicon

CUSTOMERS = 300
SHARES = {"sl": 100, "hr": 60, "pl": 65, "el": 45, "en": 30}
MAIL_DOMAINS = {
    "sl": ("posta.example", "mail.example", "e-posta.example"),
    "hr": ("posta.example", "mail.example", "e-mail.example"),
    "pl": ("poczta.example", "mail.example", "skrzynka.example"),
    "el": ("tachydromio.example", "mail.example"),
    "en": ("mail.example", "letterbox.example"),
}

_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψω",
        ("a", "v", "g", "d", "e", "z", "i", "th", *"iklmnxoprsstyf", "ch", "ps", "o"),
        strict=True,
    )
)


@dataclasses.dataclass(frozen=True, slots=True)
class Shopper:
    """A customer. `gender` is 0 for a man and 1 for a woman; the rest are habits that show in the letters."""

    number: int
    language: str
    gender: int
    first: str
    first_vocative: str
    surname: str
    surname_vocative: str
    email: str
    phone: str
    company: str
    city: str
    street: str
    plain_letters: bool
    on_phone: bool
    quotes: bool
    html: bool
    typing: float

    @property
    def name(self) -> str:
        """The name as on an envelope."""
        return f"{self.first} {self.surname}"


def latin(text: str) -> str:
    """Write a name in plain ASCII, as people do for their mail addresses."""
    stripped = without_marks(text.lower())
    for pair, written in (("ου", "ou"), ("αυ", "av"), ("ευ", "ev")):
        stripped = stripped.replace(pair, written)
    return "".join(_GREEK.get(letter, letter) for letter in stripped if letter.isalnum())


def without_marks(text: str) -> str:
    """Strip diacritics, as people do who write on a foreign keyboard."""
    table = str.maketrans({"đ": "d", "Đ": "D", "ł": "l", "Ł": "L"})
    decomposed = unicodedata.normalize("NFD", text.translate(table))
    return unicodedata.normalize("NFC", "".join(sign for sign in decomposed if not unicodedata.combining(sign)))


def shoppers(seed: str, *, count: int = CUSTOMERS) -> list[Shopper]:
    """Return the customers of the demo shop, the same for the same seed."""
    rng = random.Random(f"{seed}:shoppers")  # noqa: S311
    total = sum(SHARES.values())
    languages = [code for code in LANGUAGES for _ in range(SHARES[code])]
    taken: set[str] = set()
    people = []
    for number in range(count):
        people.append(_shopper(number, languages[number * total // count], rng, taken))
    return people


def _shopper(number: int, language: str, rng: random.Random, taken: set[str]) -> Shopper:
    words = lexicon(language)
    gender = int(rng.random() < 0.56)
    first, first_vocative = _pair(rng.choice(words.female if gender else words.male))
    surname, surname_vocative = _surname(rng.choice(words.surnames), gender)
    return Shopper(
        number=number,
        language=language,
        gender=gender,
        first=first,
        first_vocative=first_vocative,
        surname=surname,
        surname_vocative=surname_vocative,
        email=_address(first, surname, language, rng, taken),
        phone=f"+44 7700 900{number:03d}",
        company=_company(words, rng),
        city=rng.choice(words.cities),
        street=rng.choice(words.streets),
        plain_letters=language != "en" and rng.random() < 0.09,
        on_phone=rng.random() < 0.3,
        quotes=rng.random() < 0.55,
        html=rng.random() < 0.35,
        typing=rng.choice((0.0, 0.0, 0.0, 0.004, 0.008)),
    )


def _pair(entry: str) -> tuple[str, str]:
    first, _, vocative = entry.partition("/")
    return first, vocative or first


def _surname(entry: str, gender: int) -> tuple[str, str]:
    forms = entry.split("|")
    if len(forms) == 1:
        return forms[0], forms[0]
    if gender:
        return forms[1], forms[1]
    return forms[0], forms[2] if len(forms) > 2 else forms[0]


def _company(words: Lexicon, rng: random.Random) -> str:
    return rng.choice(words.companies) if rng.random() < 0.1 else ""


def _address(first: str, surname: str, language: str, rng: random.Random, taken: set[str]) -> str:
    one, two = latin(first), latin(surname)
    shape = rng.choice((f"{one}.{two}", f"{one}{two}", f"{two}.{one}", f"{one[0]}.{two}"))
    domain = rng.choice(MAIL_DOMAINS[language])
    address, suffix = f"{shape}@{domain}", 0
    while address in taken:
        suffix = rng.randint(2, 99)
        address = f"{shape}{suffix}@{domain}"
    taken.add(address)
    return address
