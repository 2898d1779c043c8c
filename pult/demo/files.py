"""Small files that come with the demo's letters: pictures of dented boxes, invoices, return labels."""

from __future__ import annotations

import random
import struct
import zlib
from functools import lru_cache

WIDTH, HEIGHT = 180, 120
_SHADES = ((176, 137, 96), (150, 118, 84), (196, 160, 120), (120, 130, 140), (92, 96, 110), (214, 206, 190))


@lru_cache(maxsize=32)
def photo(variant: int) -> bytes:
    """Return a PNG that looks like a hasty picture of a box with a crack. The same for the same variant."""
    rng = random.Random(f"photo:{variant}")  # noqa: S311
    wall, box = rng.sample(_SHADES, 2)
    left, top = rng.randint(20, 50), rng.randint(16, 36)
    right, bottom = rng.randint(120, 162), rng.randint(82, 108)
    light = rng.uniform(-0.25, 0.25)
    grain = [rng.uniform(-0.03, 0.03) for _ in range(16)]
    rows = []
    crack = rng.randint(left + 20, right - 20)
    for y in range(HEIGHT):
        crack = min(max(crack + rng.randint(-3, 3), left + 4), right - 4)
        row = bytearray([0])
        for x in range(WIDTH):
            inside = left <= x <= right and top <= y <= bottom
            red, green, blue = box if inside else wall
            shade = 1.0 + light * (x / WIDTH - 0.5) - 0.2 * (y / HEIGHT - 0.5) + grain[rng.getrandbits(4)]
            if inside and abs(x - crack) <= 1:
                shade *= 0.35
            elif inside and (x in (left, right) or y in (top, bottom) or abs(y - (top + bottom) // 2) <= 3):
                shade *= 0.8
            row += bytes(min(255, max(0, int(part * shade))) for part in (red, green, blue))
        rows.append(bytes(row))
    return png(WIDTH, HEIGHT, b"".join(rows))


@lru_cache(maxsize=8)
def badge(hue: int) -> bytes:
    """Return a small PNG such as companies put under their signature."""
    tint = _SHADES[hue % len(_SHADES)]
    rows = []
    for y in range(32):
        row = bytearray([0])
        for x in range(96):
            round_mark = (x - 16) ** 2 + (y - 16) ** 2 <= 100
            written = 34 <= x <= 84 and (9 <= y <= 13 or (19 <= y <= 22 and x <= 66))
            row += bytes((250, 250, 247) if round_mark or written else tint)
        rows.append(bytes(row))
    return png(96, 32, b"".join(rows))


def png(width: int, height: int, rows: bytes) -> bytes:
    """Pack RGB rows, each led by its filter byte, as a PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b"")


def pdf(lines: list[str]) -> bytes:
    """Return a PDF of one page with plain ASCII lines; the first is the heading."""
    drawn = [f"BT /F1 20 Tf 60 770 Td ({_escaped(lines[0])}) Tj ET"]
    for index, line in enumerate(lines[1:]):
        drawn.append(f"BT /F1 11 Tf 60 {735 - 18 * index} Td ({_escaped(line)}) Tj ET")
    page = "\n".join(drawn)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(page)} >>\nstream\n{page}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    start = len(out)
    entries = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{entries}"
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return out.encode("ascii")


def invoice(order: str, day: str, amount: str) -> bytes:
    """Return the PDF of an invoice that says it is none."""
    return pdf(
        ["Invoice (demo)", f"Order {order}", f"Date {day}", f"Total {amount} EUR", "Demo data - not a real invoice"]
    )


def label(order: str, code: str) -> bytes:
    """Return the PDF of a return label that goes nowhere."""
    return pdf(
        ["Return label (demo)", f"Order {order}", f"Return {code}", "To: Demo warehouse, 1 Sample Street", "Demo data"]
    )


def _escaped(text: str) -> str:
    plain = text.encode("ascii", "replace").decode()
    return plain.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
