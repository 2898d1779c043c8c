"""What a visitor may send as a file: pictures, which are made anew, PDF and plain text. All else is refused."""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from contextlib import suppress

from PIL import Image, ImageOps

MOST_PIXELS = 50_000_000
"""A picture that would take more when it is opened is none that a phone has taken."""
LONGEST = 2_560
"""Pixels of the longer side of a picture that is kept."""
_PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif", "MPO": "image/jpeg"}
_ODD = re.compile(r"[\x00-\x1f\x7f/\\<>:\"|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")


class Unfit(Exception):
    """A file that is not taken; `code` is file_type, file_broken or file_huge."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def fit(name: str, content: bytes) -> tuple[str, str, bytes]:
    """Return the name, media type and bytes of a file as it is kept: judged by its bytes, never by what it is called.

    A picture is drawn anew: turned upright, not larger than LONGEST, without the place where it was taken and whatever
    else was hidden in it. Raises Unfit.
    """
    bare = _clean(name)
    if not content:
        raise Unfit("file_broken")
    if content.startswith(b"%PDF-"):
        return _called(bare, ".pdf"), "application/pdf", content
    if _is_picture(content):
        media_type, drawn = _redrawn(content)
        return _called(bare, {"image/png": ".png"}.get(media_type, ".jpg")), media_type, drawn
    with suppress(UnicodeDecodeError):
        if content.lstrip()[:1] != b"<" and "\x00" not in content.decode("utf-8"):
            return _called(bare, ".txt"), "text/plain", content
    raise Unfit("file_type")


def _clean(name: str) -> str:
    return _ODD.sub("_", unicodedata.normalize("NFC", name)).strip(" ._")[-120:] or "file"


def _called(name: str, ending: str) -> str:
    stem, dot, given = name.rpartition(".")
    known = {".jpg": {"jpg", "jpeg"}}.get(ending, {ending[1:]})
    return name if dot and given.lower() in known else f"{stem if dot and len(given) <= 5 else name}{ending}"


def _is_picture(content: bytes) -> bool:
    return (
        content[:3] == b"\xff\xd8\xff"
        or content[:8] == b"\x89PNG\r\n\x1a\n"
        or content[:6]
        in {
            b"GIF87a",
            b"GIF89a",
        }
        or (content[:4] == b"RIFF" and content[8:12] == b"WEBP")
    )


def _redrawn(content: bytes) -> tuple[str, bytes]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=list(_PICTURES)) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise Unfit("file_huge")
                upright = ImageOps.exif_transpose(opened)
                upright.thumbnail((LONGEST, LONGEST))
                flat = opened.format == "PNG" or upright.mode in {"P", "LA", "RGBA"}
                drawn, kind = upright.convert("RGBA" if flat else "RGB"), "PNG" if flat else "JPEG"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unfit("file_huge") from error
    except (OSError, ValueError, SyntaxError, ArithmeticError, IndexError, TypeError) as error:
        raise Unfit("file_broken") from error
    out = io.BytesIO()
    drawn.save(out, kind, **({"optimize": True} if flat else {"quality": 85}))
    return _PICTURES[kind], out.getvalue()
