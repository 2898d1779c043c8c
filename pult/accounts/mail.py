"""Mails to Pult's own people: written into the queue, sent by the worker.

So signing in never waits for a mail server, an answer takes as long whether an address is known or not, and
nothing leaves before what caused it is committed. The text lies sealed in the job, for it may hold a link
that opens an account.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from smtplib import SMTPException, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from pult.accounts.mail_texts import INVITATION, NOTICE, RESET, WHAT, Text
from pult.platform.queue import GiveUp, Retry, enqueue, task
from pult.platform.secrets import SecretUnreadable, seal, unseal


def post(to: str, text: Text, values: Mapping[str, str]) -> None:
    """Put a mail to one address into the queue, in the caller's transaction."""
    mail = {"to": to, "subject": text.subject, "body": text.body.format(**values)}
    with transaction.atomic():
        sealed = base64.b64encode(seal(json.dumps(mail).encode())).decode()
        enqueue("accounts.mail", {"sealed": sealed}, priority=1)


def post_reset(to: str, *, name: str, language: str, url: str) -> None:
    """Send the link with which a person chooses a new password."""
    post(to, RESET.get(language, RESET["en"]), {"name": name, "url": url})


def post_invitation(to: str, *, name: str, language: str, url: str) -> None:
    """Tell a new person of the account, with the link for the first password."""
    post(to, INVITATION.get(language, INVITATION["en"]), {"name": name, "url": url})


def post_notice(to: str, kind: str, *, name: str, language: str, when: str, address: str) -> None:
    """Tell a person what changed in the way he signs in. `kind` is the name of allauth's template."""
    what = WHAT.get(kind)
    if what is None:
        return
    known = language if language in NOTICE else "en"
    post(to, NOTICE[known], {"name": name, "what": what[known], "when": when, "address": address})


@task("accounts.mail", max_attempts=10)
def send(sealed: str) -> None:
    """Hand one of these mails to the mail server of MAIL_URL."""
    try:
        mail = json.loads(unseal(base64.b64decode(sealed)))
    except SecretUnreadable as error:
        raise GiveUp(str(error)) from error
    message = EmailMessage(
        mail["subject"],
        mail["body"],
        settings.DEFAULT_FROM_EMAIL,
        [mail["to"]],
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except SMTPResponseException as error:
        if error.smtp_code >= 500:
            raise GiveUp(f"{error.smtp_code} {error.smtp_error!r}") from error
        raise Retry(str(error)) from error
    except (SMTPException, OSError) as error:
        raise Retry(str(error)) from error
