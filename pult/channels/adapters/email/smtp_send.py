"""Handing a mail to the SMTP server of the inbox, with connections kept open between mails."""

from __future__ import annotations

import re
import smtplib
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pult.channels.adapters.email import reasons
from pult.channels.adapters.email.settings import Settings
from pult.channels.base import OutcomeUnknown, PermanentFailure, SendResult, TemporaryFailure

CONNECT_TIMEOUT = 20.0
REPLY_TIMEOUT = 120.0
"""Seconds waited for the answer to the final dot (RFC 5321 asks for ten minutes; a worker is not held so long)."""
IDLE_SECONDS = 20.0
MAILS_PER_CONNECTION = 100
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_DEAD = re.compile(r"^5\.(?:1\.[01236]|1\.10|2\.1)$")


class _Kept(NamedTuple):
    smtp: smtplib.SMTP
    since: float
    mails: int


_Key = tuple[str, int, str, str, str, bool]
_pool: dict[_Key, list[_Kept]] = {}
_lock = threading.Lock()


def deliver(
    settings: Settings,
    *,
    envelope_sender: str,
    recipients: Sequence[str],
    raw: bytes,
    utf8: bool,
    before_handover: Callable[[], None],
) -> SendResult:
    """Send one mail.

    `before_handover` is called when the content has gone and only the final dot is missing: until then the
    server has accepted nothing. Raises TemporaryFailure, PermanentFailure, OutcomeUnknown.
    """
    if not settings.smtp_host:
        raise PermanentFailure("no SMTP server is set for this inbox")
    smtp, mails = _prepared(settings, envelope_sender, raw, utf8)
    try:
        refused = _recipients(smtp, recipients)
        result = _content(smtp, raw, before_handover)
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        _close(smtp)
        raise TemporaryFailure(f"connection lost: {error}") from error
    except OutcomeUnknown:
        _close(smtp)
        raise
    except (TemporaryFailure, PermanentFailure):
        _keep(settings, smtp, mails, reset=True)
        raise
    except BaseException:
        _close(smtp)
        raise
    _keep(settings, smtp, mails + 1, reset=False)
    if refused:
        result = SendResult(result.provider_id, f"{result.detail}; not accepted: {'; '.join(refused)}"[:1000])
    return result


def _prepared(settings: Settings, envelope_sender: str, raw: bytes, utf8: bool) -> tuple[smtplib.SMTP, int]:
    """Return a connection that has accepted MAIL FROM; one found dead is replaced once."""
    kept = _take(settings)
    while kept is not None:
        try:
            _mail_from(kept.smtp, envelope_sender, raw, utf8)
        except (smtplib.SMTPServerDisconnected, OSError, TemporaryFailure):
            _close(kept.smtp)
            kept = _take(settings)
        else:
            return kept.smtp, kept.mails
    smtp = _connect(settings)
    try:
        _mail_from(smtp, envelope_sender, raw, utf8)
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        _close(smtp)
        raise TemporaryFailure(f"connection lost: {error}") from error
    except BaseException:
        _close(smtp)
        raise
    return smtp, 0


def _mail_from(smtp: smtplib.SMTP, envelope_sender: str, raw: bytes, utf8: bool) -> None:
    options = []
    if smtp.has_extn("size"):
        options.append(f"SIZE={len(raw)}")
    if smtp.has_extn("8bitmime") and not raw.isascii():
        options.append("BODY=8BITMIME")
    if utf8 or not envelope_sender.isascii():
        if not smtp.has_extn("smtputf8"):
            raise PermanentFailure("the mail server cannot send to addresses with such letters", code="5.6.7")
        options.append("SMTPUTF8")
        smtp.command_encoding = "utf-8"
    else:
        smtp.command_encoding = "ascii"
    code, reply = smtp.mail(envelope_sender, options)
    if code != 250:
        raise _failure(code, reply)


def _recipients(smtp: smtplib.SMTP, recipients: Sequence[str]) -> list[str]:
    """Name the recipients; return those refused for good, in the server's words, when others were taken.

    One refused for now stops the whole mail: nothing has left, and it is tried again.
    """
    refused: list[tuple[int, bytes, str]] = []
    for recipient in recipients:
        code, reply = smtp.rcpt(recipient)
        if code in {250, 251}:
            continue
        if 400 <= code < 500:
            raise _failure(code, reply, recipient)
        refused.append((code, reply, recipient))
    if refused and len(refused) == len(recipients):
        raise _failure(*refused[0])
    return [f"{recipient}: {code} {_words(reply)}" for code, reply, recipient in refused]


def _content(smtp: smtplib.SMTP, raw: bytes, before_handover: Callable[[], None]) -> SendResult:
    code, reply = smtp.docmd("DATA")
    if code != 354:
        raise _failure(code, reply)
    body = re.sub(rb"(?m)^\.", b"..", raw)
    smtp.send(body if body.endswith(b"\r\n") else body + b"\r\n")
    before_handover()
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(REPLY_TIMEOUT)
        smtp.send(b".\r\n")
        code, reply = smtp.getreply()
        if smtp.sock is not None:
            smtp.sock.settimeout(CONNECT_TIMEOUT)
    except (smtplib.SMTPException, OSError) as error:
        raise OutcomeUnknown(f"the mail server did not answer after the mail was handed over: {error}") from error
    if not 200 <= code < 300:
        raise _failure(code, reply)
    words = _words(reply)
    queued = re.search(r"(?:queued as|id=)\s*([\w.-]+)", words)
    return SendResult(queued.group(1) if queued else "", words[:300])


def _words(reply: bytes) -> str:
    return " ".join(reply.decode("utf-8", "replace").split())


def _failure(code: int, reply: bytes, recipient: str = "") -> TemporaryFailure | PermanentFailure:
    """Class a reply (RFC 5321 4.2.1, RFC 3463): 4xx and broken sessions are tried again, 5xx are not."""
    words = _words(reply)
    match = _ENHANCED.search(words)
    status = match.group(1) if match else str(code)
    reason = f"{recipient}: {code} {words}" if recipient else f"{code} {words}"
    if 500 <= code < 600:
        dead = bool(recipient) and (bool(_DEAD.match(status)) or status in {"550", "551", "553"})
        category = reasons.judge(status=status if match else "", said=words, about="", action="failed").reason
        return PermanentFailure(reason, code=status, recipient_dead=dead, category=category)
    return TemporaryFailure(reason, code=status)


def _connect(settings: Settings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if not settings.verify_certificates:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    host, port = settings.smtp_host, settings.smtp_port
    try:
        if settings.smtp_tls == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=CONNECT_TIMEOUT, context=context)
        else:
            smtp = smtplib.SMTP(host, port, timeout=CONNECT_TIMEOUT)
        smtp.ehlo_or_helo_if_needed()
        if settings.smtp_tls == "starttls":
            smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
        if settings.smtp_user:
            smtp.login(settings.smtp_user, settings.smtp_password)
    except smtplib.SMTPAuthenticationError as error:
        raise TemporaryFailure(f"sign-in refused: {error.smtp_code} {_words(_bytes(error.smtp_error))}") from error
    except smtplib.SMTPResponseException as error:
        raise TemporaryFailure(f"{error.smtp_code} {_words(_bytes(error.smtp_error))}") from error
    except (smtplib.SMTPException, OSError) as error:
        raise TemporaryFailure(f"{host}:{port}: {error}") from error
    return smtp


def _bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def _key(settings: Settings) -> _Key:
    return (
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_tls,
        settings.smtp_user,
        settings.smtp_password,
        settings.verify_certificates,
    )


def _take(settings: Settings) -> _Kept | None:
    now = time.monotonic()
    with _lock:
        kept = _pool.get(_key(settings), [])
        while kept:
            candidate = kept.pop()
            if now - candidate.since <= IDLE_SECONDS and candidate.mails < MAILS_PER_CONNECTION:
                return candidate
            _close(candidate.smtp)
    return None


def _keep(settings: Settings, smtp: smtplib.SMTP, mails: int, *, reset: bool) -> None:
    if reset:
        try:
            code, _ = smtp.rset()
        except (smtplib.SMTPException, OSError):
            code = 0
        if code != 250:
            _close(smtp)
            return
    with _lock:
        _pool.setdefault(_key(settings), []).append(_Kept(smtp, time.monotonic(), mails))


def _close(smtp: smtplib.SMTP) -> None:
    smtp.close()


def close_all() -> None:
    """Close every kept connection (when a worker stops, and after tests)."""
    with _lock:
        for kept in _pool.values():
            for connection in kept:
                _close(connection.smtp)
        _pool.clear()
