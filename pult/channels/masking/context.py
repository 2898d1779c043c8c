"""What the words around a number say that it is, in five languages."""

from __future__ import annotations

import html
import re

from pult.channels.masking.gaps import TAG
from pult.platform.words import fold

_LOOK = 240
"""Characters of the text as it is, tags and all, in which words are looked for."""
MOST_LOOKS = 500
_BEFORE, _AFTER, _COMPANY = 56, 30, 120
"""Letters that may stand between a word and its number; those around a tax number in which a company is looked for."""

_WORDS = {
    "person": r"""emso|jmbg|maticn\w+ (?:stevilk|broj)\w*|(?<!\w)pesel|(?<!\w)amka|αμκα|α\.μ\.κ\.α""",
    "oib": r"""(?<!\w)oib(?!\w)|osobni identifikacijski broj""",
    "document": r"""passports?(?! (?:cover|holder|case|wallet|photo|size|sleeve|control))
        |potn(?:i|ega|emu|em) list\w*|putovnic\w*|pasos(?:a|u)?(?!\w)|paszport\w*|διαβατηρι\w*|diavatiri\w*
        |osebn\w+ izkaznic\w*|osobn\w+ iskaznic\w*|licn\w+ kart\w*|dow(?:od|odu|odem) (?:osobist\w+|tozsamosci)
        |δελτι\w+ (?:αστυνομικησ )?ταυτοτητ\w*|ταυτοτητ\w*|(?<!\w)α\.?δ\.?τ\b\.?|taftotit\w*|tautotit\w*
        |identity (?:card|document)|(?<!\w)id[ -]card|national id(?!\w)|identification card""",
    "maybe_document": r"""(?<!\w)dow(?:od|odu|odem)(?!\w| (?:zakup|sprzedaz|wplat|nadan|dostaw|plat))
        |seria i (?:nr|numer)""",
    "stop": r"""(?<!\w)(?:order|narocil|narudzb|zamowien|παραγγελι|paragel|parcel|package|tracking|track|shipment
        |paket|posiljk|pratnj
        |przesylk|paczk|δεμα|αποστολ|voucher|invoice|racun|faktur|τιμολογι|receipt|paragon|αποδειξ
        |tel(?:efon)?(?!\w)|telefon|phone
        |mobile|mobitel|gsm|whatsapp|viber|fax|faks|τηλ|κινητ|ean|gtin|upc|isbn|barcode|barkod|crtn\w+ kod
        |kod kreskow|sku|artik
        |article|item|product|izdelek|proizvod|produkt|προιον|κωδικοσ προιον|ref(?:erenc\w*)?(?!\w)|sledenj|pracenj
        |sledeni|awb
        |gls|dpd|dhl|ups|fedex|inpost|paczkomat|packeta|elta|acs|boxnow|box now|geniki|speedex|posta?\b|pocz\w+
        |vat|ddv|pdv|nip(?!\w)|regon|krs|αφμ|α\.φ\.μ|davcn|porezn|ticket|zahtevek|case|conversation|customer
        |kup[ec]|klient
        |πελατ|transaction|transakcij|payment|placil|placanj|platnosc|πληρωμ|imei|serial|serijsk|seryjn|σειριακ)""",
}
_KINDS = {kind: re.compile(re.sub(r"\n\s*", "", words)) for kind, words in _WORDS.items()}
_NUMBER = re.compile(r"[\d*]{6,}|[a-z]{1,3}\d{5,}")
_BEHIND = re.compile(r"[\s,:]{0,2}[(\[–-]\s?")
_FIRM = re.compile(
    r"(?<!\w)(?:j\.?\s?)?d\.\s?o\.\s?o|(?<!\w)d\.\s?d\.|(?<!\w)d\.?o\.?o\.?(?!\w)|(?<!\w)obrt|tvrtk|poduzec|firm|(?<!\w)r-?1(?!\w)"
    r"|racun|pdv|iban|ustanov|udrug|(?<!\w)mbs(?!\w)|trgovack"
)
_CARD = re.compile(r"card|kartic|kartu|kart[ayeiąę]|καρτ|visa|maestro|mastercard|cvc|cvv|diners|amex|unionpay")

_STEMS = (
    *("passp", "potn", "putov", "pasoš", "pasos", "pasz", "izkazn", "iskazn", "kart", "dowod", "dowód", "seri"),
    *("ident", "id card", "id-card", "national", "διαβατ", "diavat", "ταυτ", "taftot", "tautot", "δ.τ", "αδτ", "διαβ"),
    *("&alpha", "&tau", "&delta", "&#9", "dow&oacute;d", "pas&", "=ce=", "dow=", "%ce%"),
)


def names_documents(text: str, start: int, stop: int) -> bool:
    """Say whether a part of a text has anything of a word for a document."""
    piece = text[start:stop].lower()
    return any(stem in piece for stem in _STEMS)


def names_oib(text: str, start: int, stop: int) -> bool:
    """Say whether a part of a text has the word for a Croatian tax number."""
    piece = text[max(0, start - _LOOK) : stop].lower()
    return "oib" in piece or "osobni identifikacijski" in piece


class Looks:
    """How many more numbers of a text are judged by the words around them: reading those costs more than all the rest.

    Nobody writes that many. Beyond them a number with a date of birth and a right check digit is hidden whatever is
    said of it, and one that only its words make a document's or a card's stays.
    """

    def __init__(self, left: int = MOST_LOOKS) -> None:
        self._left = left

    def one_more(self) -> bool:
        """Take one, and say whether there was one left."""
        self._left -= 1
        return self._left >= 0


def is_card(text: str, start: int, stop: int) -> bool:
    """Say whether a word for a payment card stands near."""
    before = _plain(text[max(0, start - _LOOK) : start])[-_BEFORE:]
    return _CARD.search(before + " " + _plain(text[stop : stop + _LOOK])[:_AFTER]) is not None


def of(text: str, start: int, stop: int) -> str:
    """Return what a number is called: person, oib, document, maybe_document, stop (something else), "" for nothing.

    The nearest word before it counts, then one in brackets or after a dash behind it.
    """
    before = _plain(text[max(0, start - _LOOK) : start])
    numbers = list(_NUMBER.finditer(before))
    before = before[max(len(before) - _BEFORE, numbers[-1].end() if numbers else 0) :]
    nearest, said = -1, ""
    for kind, pattern in _KINDS.items():
        for found in pattern.finditer(before):
            if found.end() > nearest:
                nearest, said = found.end(), kind
    if said:
        return said
    after = _plain(text[stop : stop + _LOOK])[:_AFTER]
    opened = _BEHIND.match(after)
    if opened is None:
        return ""
    return next((kind for kind, pattern in _KINDS.items() if pattern.match(after, opened.end())), "")


def is_company(text: str, start: int, stop: int) -> bool:
    """Say whether a tax number stands among words of a company or of an invoice."""
    before = _plain(text[max(0, start - _LOOK) : start])[-_COMPANY:]
    return _FIRM.search(before + " " + _plain(text[stop : stop + _LOOK])[:_COMPANY]) is not None


def _plain(piece: str) -> str:
    """Return a piece of a text or of a page folded, without tags, entities, and quoted-printable line ends."""
    piece = html.unescape(TAG.sub(" ", piece.replace("=\r\n", "").replace("=\n", "")))
    return re.sub(r"\s+", " ", fold(piece))
