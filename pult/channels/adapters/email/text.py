"""Bytes and encoded words into text. Nothing here raises, and no character is dropped in silence."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from functools import lru_cache

from charset_normalizer import from_bytes

from pult.channels.adapters.email.guesses import best, corrected

_ALIASES = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "",
    "ascii": "",
    "ansi-x3.4-1968": "",
    "ansi": "",
    "iso-8859-8-i": "iso-8859-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "unicode-1-1-utf-7": "utf-7",
    "utf8": "utf-8",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "mac": "mac_roman",
    "x-mac-ce": "mac_latin2",
    "macce": "mac_latin2",
    "x-mac-centraleurroman": "mac_latin2",
    "x-mac-greek": "mac_greek",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-turkish": "mac_turkish",
    "x-unicode-2-0-utf-7": "utf-7",
    "iso-2022-jp-ms": "iso2022_jp",
    "koi8-ru": "koi8_u",
    "windows-31j": "cp932",
    "shift_jis": "cp932",
}
_STATEFUL = ("utf-7", "iso2022", "hz")
_REFUSED = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
_GUESSES = [
    "utf_8",
    "cp1250",
    "iso8859_2",
    "cp1253",
    "iso8859_7",
    "cp1252",
    "cp1251",
    "koi8_r",
    "cp932",
    "euc_jp",
    "gb18030",
    "big5",
    "utf_16",
]
_STRAY = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}
_ESCAPE = re.compile(rb"(\x1b(?:\$[@B]|\([BJI]))")
SAMPLE = 4_000
SHORT = 200
"""Bytes below which no statistics help: single letters among ASCII are then taken for Central European ones."""
_LONELY = re.compile(rb"[\x00-\x7f]*(?:[\x80-\xff][\x00-\x7f]+)*[\x80-\xff]?")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*)*)\?=")
_GAP = re.compile(r"(\?=)[ \t\r\n]+(=\?)")
_FOLD = re.compile(r"[\r\n]+[ \t]*")


@lru_cache(maxsize=256)
def codec_of(charset: str) -> str:
    """Return the codec for a MIME charset, "" where none is known."""
    name = charset.strip().strip("\"'").lower().replace("_", "-") if charset else ""
    name = name.removeprefix("x-") if name.startswith(("x-cp", "x-iso", "x-win", "x-koi")) else name
    name = re.sub(r"^(?:windows|cp|ibm)-?(\d{3,4})$", r"cp\1", name)
    name = _ALIASES.get(name, name)
    if not name:
        return ""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError, TypeError):
        return ""
    refused = info.name.replace("-", "_") in _REFUSED or not getattr(info, "_is_text_encoding", True)
    return "" if refused else info.name


def decode(data: bytes, charset: str = "") -> str:
    """Turn bytes into text: by the charset named, else UTF-8, else the best guess, else byte by byte."""
    codec = codec_of(charset)
    if not codec.startswith(_STATEFUL):
        if data.isascii() and not codec.startswith(("utf-16", "utf-32")):
            return data.decode("ascii")
        if codec in {"", "cp1252", "utf-8"}:
            try:
                return data.decode("utf-8-sig")
            except UnicodeDecodeError:
                codec = "" if codec == "utf-8" else codec
    if codec:
        try:
            return data.decode(corrected(data, codec))
        except (UnicodeError, ValueError):
            if codec.startswith("iso2022_jp"):
                return _japanese(data)
    return _nearly_utf8(data) or _guess(data, codec)


def _japanese(data: bytes) -> str:
    """Read ISO-2022-JP with the vendors' signs that its standard has not (NEC's row 13: circled numbers, units)."""
    pieces = _ESCAPE.split(data)
    text = [pieces[0].decode("ascii", "replace")]
    for escape, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if escape[1:2] == b"$":
            text.append(_jis(piece))
        elif escape == b"\x1b(I":
            text.append(bytes(b | 0x80 for b in piece).decode("cp932", "replace"))
        else:
            text.append(piece.decode("ascii", "replace"))
    return "".join(text)


def _jis(piece: bytes) -> str:
    """Turn pairs of JIS X 0208 into Shift JIS, whose Windows form has the vendors' signs."""
    shifted = bytearray()
    for row, cell in zip(piece[::2], piece[1::2], strict=False):
        first = ((row - 0x21) >> 1) + (0x81 if row < 0x5F else 0xC1)
        second = cell + (0x1F if cell < 0x60 else 0x20) if row & 1 else cell + 0x7E
        shifted += bytes((first & 0xFF, second & 0xFF))
    return shifted.decode("cp932", "replace")


def _nearly_utf8(data: bytes) -> str:
    """Return text that is UTF-8 in the main; pieces of another charset among it are read as Western ones.

    "" where it is something else: in older charsets, hardly any two letters look like a sign of UTF-8.
    """
    text = data.decode("utf-8", "surrogateescape")
    broken = sum("\udc80" <= c <= "\udcff" for c in text[:SAMPLE])
    whole = sum(c > "\x7f" for c in text[:SAMPLE]) - broken
    if whole < 4 or broken > whole:
        return ""
    return text.translate(_STRAY)


def _guess(data: bytes, codec: str) -> str:
    """Guess from a sample; bytes that fit nowhere are shown as U+FFFD, never left out."""
    guess = best(data)
    if not guess:
        guess = "cp1250" if len(data) < SHORT and _LONELY.fullmatch(data) else _best(data[:SAMPLE])
    for name in (guess, codec, "cp1252"):
        if name:
            try:
                return data.decode(name, "replace")
            except (LookupError, ValueError):
                continue
    return data.decode("latin-1")


def _best(sample: bytes) -> str:
    try:
        best = from_bytes(sample, cp_isolation=_GUESSES).best()
    except Exception:
        return ""
    return best.encoding if best else ""


def unfold(value: str) -> str:
    """Join the lines of a header."""
    if "\n" in value or "\r" in value:
        value = _FOLD.sub(" ", value)
    return value.strip()


# Marks that turn the direction of what follows: "gpj.exe" behind one reads "exe.jpg", of a file as of a sender.
_TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def header(raw: str) -> str:
    """Decode a header's value as stdlib's parser hands it over (8-bit bytes as surrogates).

    Accepts what real mailers write: encoded words inside quotes, split inside a character, without spaces
    between them (RFC 2047 read leniently).
    """
    if not raw.isascii():
        raw = decode(raw.encode("utf-8", "surrogateescape"))
    value = unfold(raw)
    if "\x1b" in value:
        value = _escaped(value)
    if "=?" not in value:
        return value.translate(_TURNS)
    value = _GAP.sub(r"\1\2", value)
    pieces: list[str] = []
    pending, pending_charset, end = b"", "", 0
    for match in _WORD.finditer(value):
        between = value[end : match.start()]
        charset, kind, payload = match.groups()
        charset = charset.split("*", 1)[0].lower()
        if pending and (between or charset != pending_charset):
            pieces.append(decode(pending, pending_charset))
            pending = b""
        pieces.append(between)
        pending += _word_bytes(kind, payload)
        pending_charset, end = charset, match.end()
    if pending:
        pieces.append(decode(pending, pending_charset))
    pieces.append(value[end:])
    return unfold("".join(pieces).replace("\x00", "")).translate(_TURNS)


def _escaped(value: str) -> str:
    """ISO-2022-JP without an encoded word around it."""
    try:
        return value.encode("utf-8", "surrogateescape").decode("iso-2022-jp")
    except UnicodeError:
        return value


def _word_bytes(kind: str, payload: str) -> bytes:
    raw = payload.encode("utf-8", "surrogateescape")
    if kind in "qQ":
        return binascii.a2b_qp(raw, header=True)
    raw = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    if len(raw) % 4 == 1:
        raw = raw[:-1]
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except (binascii.Error, ValueError):
        return raw


def tidy(value: str) -> str:
    """Make text fit for storing: one kind of line end, no NUL, no lone surrogates."""
    if "\r" in value:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in value:
        value = value.replace("\x00", "")
    try:
        value.encode()
    except UnicodeEncodeError:
        value = value.encode("utf-8", "replace").decode()
    return value
