"""Trying a mailbox's settings out: does the server answer, is the certificate good, is the password right.

Nothing is read and nothing is sent.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Callable

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from pult.channels.adapters.email import rspamd
from pult.channels.adapters.email.settings import Settings
from pult.channels.base import Check
from pult.platform.httpclient import HttpError

TIMEOUT = 8.0


def checks(settings: Settings) -> list[Check]:
    """Try what the settings name: fetching by IMAP, sending by SMTP, asking rspamd."""
    done = []
    if settings.receive == "imap":
        done.append(_try("imap", lambda: _imap(settings)))
    if settings.send == "smtp":
        done.append(_try("smtp", lambda: _smtp(settings)))
    if settings.rspamd_url:
        done.append(_try("rspamd", lambda: rspamd.version(settings.rspamd_url, settings.rspamd_password)))
    return done


def _try(name: str, attempt: Callable[[], str]) -> Check:
    try:
        return Check(name, True, attempt())
    except smtplib.SMTPResponseException as error:
        words = error.smtp_error if isinstance(error.smtp_error, str) else error.smtp_error.decode("utf-8", "replace")
        return Check(name, False, f"{error.smtp_code} {words}")
    except (smtplib.SMTPException, IMAPClientError, HttpError, OSError, ValueError) as error:
        return Check(name, False, str(error) or type(error).__name__)


def _context(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not settings.verify_certificates:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _imap(settings: Settings) -> str:
    tls = settings.imap_tls == "tls"
    client = IMAPClient(
        settings.imap_host,
        settings.imap_port,
        ssl=tls,
        ssl_context=_context(settings) if tls else None,
        timeout=TIMEOUT,
    )
    try:
        if settings.imap_tls == "starttls":
            client.starttls(_context(settings))
        client.login(settings.imap_user, settings.imap_password)
        selected = client.select_folder(settings.imap_folder, readonly=True)
        return f"{settings.imap_folder}: {int(selected[b'EXISTS'])}"
    finally:
        with contextlib.suppress(IMAPClientError, OSError):
            client.logout()


def _smtp(settings: Settings) -> str:
    if not settings.smtp_host:
        raise ValueError("no server")
    if settings.smtp_tls == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.smtp_host, settings.smtp_port, timeout=TIMEOUT, context=_context(settings)
        )
    else:
        smtp = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT)
    with smtp:
        smtp.ehlo_or_helo_if_needed()
        if settings.smtp_tls == "starttls":
            smtp.starttls(context=_context(settings))
            smtp.ehlo_or_helo_if_needed()
        if settings.smtp_user:
            smtp.login(settings.smtp_user, settings.smtp_password)
        code, words = smtp.noop()
        return f"{code} {words.decode('utf-8', 'replace')}"
