"""rspamd: asked about a mail that came, and told what people say of it (https://rspamd.com/doc/architecture/protocol.html).

The address is that of its controller, which answers both.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import msgspec

from pult.channels.adapters.email import proofs
from pult.channels.base import Opinion, PermanentFailure, Raw, SpamCheck, TemporaryFailure
from pult.platform import httpclient

NAME = "rspamd"
SPAM_ACTIONS = frozenset({"reject", "add header", "rewrite subject", "quarantine", "discard"})
HAM_ACTIONS = frozenset({"no action", "accept"})
"""The others (greylist, soft reject) ask the sender to come again: of a mail that is here they say nothing."""
PAUSE = 30.0
"""Seconds in which one that could not be asked is not asked again, so that mail does not wait for it each time."""
TEACH_SECONDS = 20.0
_MAX_ANSWER = 1 << 20
_lock = threading.Lock()
_silent: dict[str, tuple[float, str]] = {}


class _Answer(msgspec.Struct):
    action: str = ""
    score: float | None = None
    required_score: float | None = None
    thresholds: dict[str, Any] = {}


def checking(url: str, password: str, raw: Raw) -> SpamCheck:
    """Return how to ask about a mail. Whatever goes wrong, there is an opinion that says so."""

    def run(deadline: float) -> Opinion:
        with _lock:
            until, trouble = _silent.get(url, (0.0, ""))
        if until > time.monotonic():
            return Opinion(NAME, trouble=trouble)
        try:
            answer = _ask(url, "checkv2", password, raw, max(deadline - time.monotonic(), 0.05))
            return _opinion(msgspec.json.decode(answer.body, type=_Answer))
        except (httpclient.HttpError, msgspec.DecodeError, ValueError) as error:
            trouble = _words(error)
        with _lock:
            _silent[url] = (time.monotonic() + PAUSE, trouble)
        return Opinion(NAME, trouble=trouble)

    return run


def forget() -> None:
    """Ask again at once those who could not be asked."""
    with _lock:
        _silent.clear()


def _opinion(answer: _Answer) -> Opinion:
    action = answer.action.casefold()
    spam = True if action in SPAM_ACTIONS else False if action in HAM_ACTIONS else None
    limit = answer.thresholds.get("add header", answer.required_score)
    return Opinion(
        NAME,
        spam=spam,
        score=answer.score,
        limit=float(limit) if isinstance(limit, int | float) else None,
        action=action[:40],
    )


def teach(url: str, password: str, raw: Raw, *, spam: bool) -> None:
    """Tell it that a mail is spam, or that it is none; it forgets by itself what it was told before.

    Raises TemporaryFailure, PermanentFailure; what it knows already, or will not learn from, is none.
    """
    try:
        _ask(url, "learnspam" if spam else "learnham", password, raw, TEACH_SECONDS)
    except httpclient.Temporary as error:
        raise TemporaryFailure(_words(error), code=NAME) from error
    except httpclient.HttpError as error:
        if error.status in {404, 409}:
            return  # Too few words to learn from.
        raise PermanentFailure(_words(error), code=NAME) from error


def version(url: str, password: str) -> str:
    """Return which rspamd answers there, if it is its controller and the password is right. Raises HttpError."""
    answer = httpclient.request("GET", _address(url, "stat"), headers=_password(password), timeout=5.0, redirects=0)
    found = msgspec.json.decode(answer.body, type=dict[str, Any])
    return f"{NAME} {found.get('version', '')}".strip()


def _ask(url: str, command: str, password: str, raw: Raw, seconds: float) -> httpclient.Response:
    headers = {**_envelope(raw), **_password(password), "content-type": "message/rfc822"}
    return httpclient.request(
        "POST",
        _address(url, command),
        headers=headers,
        content=raw.body,
        timeout=seconds,
        total=seconds,
        max_bytes=_MAX_ANSWER,
        redirects=0,
    )


def _address(url: str, command: str) -> str:
    return f"{url.rstrip('/')}/{command}"


def _password(password: str) -> dict[str, str]:
    return {"password": password} if _plain(password) else {}


def _envelope(raw: Raw) -> dict[str, str]:
    """Return what the transport knew, as rspamd's headers; what would be no header is left out."""
    recipients = raw.envelope.get("recipients")
    known = {
        "ip": proofs.peer_of(raw.envelope),
        "helo": str(raw.envelope.get("helo") or ""),
        "from": str(raw.envelope.get("sender") or ""),
        "rcpt": ", ".join(str(one) for one in recipients) if isinstance(recipients, list | tuple) else "",
    }
    return {name: value for name, value in known.items() if _plain(value)}


def _plain(value: str) -> bool:
    return 0 < len(value) <= 2000 and value.isascii() and value.isprintable()


def _words(error: Exception) -> str:
    said = ""
    if isinstance(error, httpclient.HttpError) and error.body:
        said = error.body[:200].decode("utf-8", "replace")
    return " ".join(part for part in (str(error) or type(error).__name__, said) if part)
