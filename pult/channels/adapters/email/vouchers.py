"""What a mail provider that signs its webhook found out about a mail's sender, by the fields that it documents.

Mandrill: `msg.spf.result`, `msg.dkim.signed` and `.valid` (mailchimp.com/developer, inbound webhooks). Mailgun: the
headers `X-Mailgun-Spf` and `X-Mailgun-Dkim-Check-Result`, which it puts above its first Received line, and `sender`
(MAIL FROM) of the form (documentation.mailgun.com, receiving messages). Neither says which domain a signature was of:
it proves the author where every signature in the mail names the author's domain. Neither speaks of DMARC, so none of
them calls a mail forged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.message import Message
from typing import Any

from pult.channels.adapters.email.authenticity import Found, author_domain, covers, judged
from pult.channels.base import Authenticity

_SIGNED_BY = re.compile(r"(?:^|;)\s*d\s*=\s*([^;\s]{1,255})")
_MOST_SIGNATURES = 20
_SPF = frozenset({"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"})


def of_provider(provider: str, event: Any) -> Authenticity | None:
    """Return what the provider says of an inbound mail (anymail's event); None where it says nothing."""
    mail: Message = event.message
    if provider == "mandrill":
        said = _mandrill(event.esp_event)
    elif provider == "mailgun":
        said = _mailgun(mail)
    else:
        return None
    spf, dkim = said
    if not spf and not dkim:
        return None
    author = author_domain(mail)
    signers = _signers(mail)
    proven = dkim == "pass" and bool(signers) and all(covers(signer, author) for signer in signers)
    sender = str(getattr(mail, "envelope_sender", None) or "").strip("<> ")
    found = Found(
        spf=spf,
        spf_domain=sender.rpartition("@")[2],
        dkim=dkim,
        dkim_domains=signers if proven else [],
        unsure=spf == "temperror" or (dkim == "pass" and not proven) or (spf == "pass" and not sender),
    )
    return judged(found, author, by=provider)


def _mandrill(esp_event: Any) -> tuple[str, str]:
    message = esp_event.get("msg") if isinstance(esp_event, Mapping) else None
    if not isinstance(message, Mapping):
        return "", ""
    spf, dkim = message.get("spf"), message.get("dkim")
    result = str(spf.get("result") or "") if isinstance(spf, Mapping) else ""
    signature = ""
    if isinstance(dkim, Mapping) and "valid" in dkim:
        signature = "none" if not dkim.get("signed") else "pass" if dkim.get("valid") is True else "fail"
    return _word(result), signature


def _mailgun(mail: Message) -> tuple[str, str]:
    said: dict[str, str] = {}
    for name, value in mail.raw_items():
        lowered = str(name).lower()
        if lowered == "received":
            break
        if lowered in {"x-mailgun-spf", "x-mailgun-dkim-check-result"}:
            said.setdefault(lowered, _word(str(value)))
    dkim = said.get("x-mailgun-dkim-check-result", "")
    return said.get("x-mailgun-spf", ""), dkim if dkim in {"pass", "fail"} else ""


def _word(value: str) -> str:
    word = value.strip().casefold()
    return word if word in _SPF else ""


def _signers(mail: Message) -> list[str]:
    """Return the domains that the mail's signatures name; an unreadable one names nobody's."""
    found = [str(value) for name, value in mail.raw_items() if str(name).lower() == "dkim-signature"]
    named = (_SIGNED_BY.search(value) for value in found[:_MOST_SIGNATURES])
    return [one[1].casefold() if one is not None else "" for one in named] if len(found) <= _MOST_SIGNATURES else [""]
