"""The keys everything secret hangs on, with ids, so that they rotate. Read by the settings: imports no Django.

They come from PULT_SECRET_KEYS ("id:base64,id:base64", newest first) or from a file made on first start with
mode 600.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path


def read_keys(path: Path) -> dict[str, bytes]:
    """Return the keys by id, newest first: from the environment, or from `path`, which is made if missing."""
    text = os.environ.get("PULT_SECRET_KEYS", "")
    if not text:
        if not path.exists():
            _make(path)
        text = path.read_text()
    pairs = (part.split(":", 1) for part in text.replace("\n", ",").split(",") if part.strip())
    return {key_id.strip(): base64.b64decode(value) for key_id, value in pairs}


def derive(key: bytes, purpose: str) -> str:
    """Return a key of its own for one purpose (HMAC-SHA-256 of its name), in hexadecimal."""
    return hmac.new(key, f"pult:{purpose}".encode(), hashlib.sha256).hexdigest()


def new_key(known: Iterable[str]) -> tuple[str, str]:
    """Return an id that is not among the known ones, and a fresh key of 256 bits in base64."""
    numbers = [int(name[1:]) for name in known if name[:1] == "k" and name[1:].isdigit()]
    return f"k{max(numbers, default=0) + 1}", base64.b64encode(secrets.token_bytes(32)).decode()


def add_key(path: Path) -> str:
    """Put a fresh key before the others in the key file; return its id. The file is replaced in one step."""
    key_id, value = new_key(read_keys(path))
    _write(path, f"{key_id}:{value}\n{path.read_text()}").replace(path)
    return key_id


def _make(path: Path) -> None:
    """Write a fresh key where there is none; of two processes that start at once the first wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key_id, value = new_key(())
    draft = _write(path, f"{key_id}:{value}\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _write(path: Path, text: str) -> Path:
    """Write a file with mode 600 beside the path and return where."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft
