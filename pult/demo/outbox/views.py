"""The outbox for programs (JSON) and for people (a page). Only a demo has these addresses."""

from __future__ import annotations

import smtplib
from pathlib import Path

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import get_language_from_request
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from pult.demo.outbox import answering
from pult.demo.outbox.reading import readable, subject
from pult.demo.outbox.server import default_outbox
from pult.demo.outbox.store import Mail
from pult.demo.outbox.texts import TEXTS
from pult.demo.shop import STORES
from pult.demo.timeline import ZONE

MOST = 5_000
SHOWN = 200
_CSS = Path(__file__).with_name("outbox.css")
_FRAME_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'"


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_protect
def outbox(request: HttpRequest) -> HttpResponse:
    """List what was sent: JSON for programs, a page where the browser asks for HTML; POST writes to the shop."""
    if request.method == "POST":
        return _write(request)
    if "text/html" in request.headers.get("Accept", "") and request.GET.get("format") != "json":
        return _page(request, None)
    mails = default_outbox().mails(
        to=request.GET.get("to", ""),
        after=_number(request, "after"),
        limit=min(_number(request, "limit") or 1_000, MOST),
    )
    response = HttpResponse(msgspec.json.encode([_as_json(mail) for mail in mails]), content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_protect
def mail(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Show one mail; POST answers it as its recipient."""
    found = _found(mail_id)
    if request.method != "POST":
        return _page(request, found)
    text = request.POST.get("text", "").strip()
    if not text:
        return _page(request, found, error=_texts(request)["no_text"])
    try:
        answering.answer(found, readable(found.raw, found.recipients), text)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return _page(request, found, error=f"{_texts(request)['failed']}: {error}", text=text)
    return HttpResponseRedirect(f"{request.path}?{urlencode({'sent': 1})}")


@require_safe
def raw(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Give the mail as it came over the wire."""
    response = HttpResponse(_found(mail_id).raw, content_type="message/rfc822")
    response["Content-Disposition"] = f'attachment; filename="{mail_id}.eml"'
    return response


@require_safe
def html(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Give the mail's HTML for the sandboxed frame: no scripts, no forms, nothing from elsewhere."""
    found = _found(mail_id)
    response = HttpResponse(readable(found.raw, found.recipients).html)
    response["Content-Security-Policy"] = _FRAME_POLICY
    return response


@require_GET
def stylesheet(request: HttpRequest) -> HttpResponse:
    """Give the page's style."""
    return HttpResponse(_CSS.read_bytes(), content_type="text/css; charset=utf-8")


def _page(
    request: HttpRequest, chosen: Mail | None, *, error: str = "", text: str = "", status: int = 200
) -> HttpResponse:
    to = request.GET.get("to", "")
    found = default_outbox().mails(to=to, limit=SHOWN)
    rows = [
        (
            one,
            subject(one.raw),
            ", ".join(one.recipients),
            f"{one.received_at.astimezone(ZONE):%d. %m. %H:%M}",
        )
        for one in reversed(found)
    ]
    context = {
        "t": _texts(request),
        "language": _language(request),
        "rows": rows,
        "chosen": chosen,
        "shown": readable(chosen.raw, chosen.recipients) if chosen else None,
        "source": chosen.raw.decode("utf-8", "replace") if chosen else "",
        "mailboxes": [address for store in STORES for _, address, _ in store.inboxes],
        "sent": "sent" in request.GET,
        "error": error,
        "text": text,
        "to": to,
        "given": request.POST,
    }
    response = render(request, "demo/outbox.html", context, status=400 if error else status)
    response["Cache-Control"] = "no-store"
    return response


def _write(request: HttpRequest) -> HttpResponse:
    sender, text = request.POST.get("from", "").strip(), request.POST.get("text", "").strip()
    to = request.POST.get("to", "").strip()
    if "@" not in sender.strip("@") or " " in sender:
        return _page(request, None, error=_texts(request)["no_address"], text=text)
    if not text:
        return _page(request, None, error=_texts(request)["no_text"])
    try:
        answering.write(sender=sender, to=to, subject=request.POST.get("subject", ""), text=text)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return _page(request, None, error=f"{_texts(request)['failed']}: {error}", text=text)
    return HttpResponseRedirect(f"{request.path}?{urlencode({'sent': 1})}")


def _found(mail_id: int) -> Mail:
    found = default_outbox().mail(mail_id)
    if found is None:
        raise Http404
    return found


def _as_json(one: Mail) -> dict[str, object]:
    try:
        written, encoding = one.raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        written, encoding = one.raw.decode("latin-1"), "latin-1"
    return {
        "id": one.id,
        "from": one.sender,
        "to": one.recipients,
        "received_at": one.received_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "raw": written,
        "raw_encoding": encoding,
    }


def _number(request: HttpRequest, name: str) -> int | None:
    value = request.GET.get(name, "")
    return int(value) if value.isdigit() and len(value) < 18 else None


def _language(request: HttpRequest) -> str:
    found = get_language_from_request(request)[:2]
    return found if found in TEXTS else "en"


def _texts(request: HttpRequest) -> dict[str, str]:
    return TEXTS[_language(request)]
