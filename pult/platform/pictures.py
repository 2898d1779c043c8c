"""What kind of picture bytes are, and how large it is, read from the bytes themselves."""

from __future__ import annotations

import struct
from typing import NamedTuple

PNG, GIF, JPEG = b"\x89PNG\r\n\x1a\n", (b"GIF87a", b"GIF89a"), b"\xff\xd8\xff"
_SOF = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})


class Picture(NamedTuple):
    """A raster picture's media type, and its size in pixels."""

    media_type: str
    width: int
    height: int


def measure(content: bytes) -> Picture | None:
    """Return what PNG, JPEG, GIF or WebP bytes are; None for anything else, also for one whose end is missing.

    Sources: PNG (W3C, third edition) 5.3 and 11.2.1, GIF89a 18, JPEG (ITU-T T.81) B.2, WebP (RFC 9649) 2.
    """
    try:
        found = _png(content) or _gif(content) or _jpeg(content) or _webp(content)
    except (struct.error, IndexError):
        return None
    return found if found is not None and found.width > 0 and found.height > 0 else None


def _png(content: bytes) -> Picture | None:
    if not content.startswith(PNG) or content[12:16] != b"IHDR":
        return None
    place, kind = len(PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        place += 12 + length
        if place > len(content):
            return None
    return Picture("image/png", *struct.unpack(">II", content[16:24]))


def _gif(content: bytes) -> Picture | None:
    if not content.startswith(GIF) or not content.rstrip(b"\x00").endswith(b";"):
        return None
    return Picture("image/gif", *struct.unpack("<HH", content[6:10]))


def _jpeg(content: bytes) -> Picture | None:
    if not content.startswith(JPEG) or b"\xff\xd9" not in content[-64:]:
        return None
    place = 2
    while place + 9 < len(content):
        if content[place] != 0xFF:
            return None
        marker = content[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker in _SOF:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return Picture("image/jpeg", width, height)
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            place += 2
            continue
        place += 2 + struct.unpack(">H", content[place + 2 : place + 4])[0]
    return None


def _webp(content: bytes) -> Picture | None:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return None
    if struct.unpack("<I", content[4:8])[0] + 8 > len(content):
        return None
    kind = content[12:16]
    if kind == b"VP8X" and len(content) >= 30:
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
        return Picture("image/webp", width, height)
    if kind == b"VP8L" and content[20] == 0x2F:
        bits = struct.unpack("<I", content[21:25])[0]
        return Picture("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", content[26:30])
        return Picture("image/webp", width & 0x3FFF, height & 0x3FFF)
    return None
