"""Pages for people who have a link and no account: the copy of their data, and taking a consent back (RFC 8058)."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language_from_request
from django.views.decorators.csrf import csrf_exempt

from pult.accounts import access_log
from pult.accounts import queries as accounts
from pult.customers import proofs, queries
from pult.platform import storage
from pult.web.api.auth import address_of
from pult.web.public_words import PURPOSES, WORDS

SHEET = (
    "body{margin:0;font:17px/1.5 system-ui,sans-serif}main{max-width:34rem;margin:12vh auto 4rem;padding:0 1.25rem}"
    "h1{font-size:1.4rem;line-height:1.25}blockquote{margin:1.25rem 0;padding-left:1rem;border-left:3px solid #8888}"
    "button{font:inherit;padding:.6rem 1.1rem;border-radius:.5rem;border:1px solid #0000;background:#1d4ed8;color:#fff}"
    "button:focus-visible{outline:3px solid #60a5fa;outline-offset:2px}"
)


def copy(request: HttpRequest, token: str) -> HttpResponseBase:
    """The file of a person's data, for whoever has its link while it holds; every fetching leaves a line."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    if request.method == "HEAD":  # what looks at links before they are opened counts for nothing
        return _careful(HttpResponse(content_type="application/zip"))
    found = proofs.fetch(token)
    if found is None:
        return _said(request, "over", 410)
    try:
        file = storage.open_blob(found.blob_id)
    except storage.BlobMissing:
        return _said(request, "over", 410)
    access_log.record(
        f"link:{found.id}",
        "export",
        subject="customer",
        subject_ids=[found.customer_id],
        customer_id=queries.resolve(found.customer_id),
        address=address_of(request),
    )
    response = FileResponse(file, as_attachment=True, filename="data.zip", content_type="application/zip")
    response["Content-Length"] = str(found.size)
    return _careful(response)


def sheet(request: HttpRequest) -> HttpResponse:
    """How these pages look."""
    return HttpResponse(SHEET, content_type="text/css", headers={"Cache-Control": "max-age=86400"})


@csrf_exempt
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a person agreed to, and take it back: by the button, or at once where a mail program asks."""
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD, POST"})
    theirs = proofs.read_withdrawal(token)
    person = queries.customer(theirs[0]) if theirs else None
    if theirs is None or person is None:
        return _said(request, "over", 410)
    _, store_id, purpose = theirs
    language = person.language or accounts.store(store_id).language
    holds = proofs.may(person.all_ids, store_id=store_id, purpose=purpose)
    if request.method == "POST" and holds:
        said = proofs.Said("link", proof=address_of(request) or "")
        proofs.consent(
            customer_id=person.id,
            store_id=store_id,
            purpose=purpose,
            granted=False,
            said=said,
            actor=f"customer:{person.id}",
        )
        holds = False
    if not holds:
        return _said(request, "withdrawn", language=language, purpose=purpose, store=accounts.store(store_id).name)
    asked = next(one for one in proofs.wordings(store_id) if one.purpose == purpose)
    return _said(
        request,
        "withdraw",
        language=language,
        purpose=purpose,
        store=accounts.store(store_id).name,
        wording=asked.texts.get(language, ""),
    )


def _said(
    request: HttpRequest,
    kind: str,
    status: int = 200,
    *,
    language: str = "",
    purpose: str = "",
    store: str = "",
    wording: str = "",
) -> HttpResponse:
    spoken = language or get_language_from_request(request)
    words: Mapping[str, str] = WORDS.get(spoken, WORDS["en"])
    named = {"purpose": PURPOSES.get(spoken, PURPOSES["en"]).get(purpose, ""), "store": store}
    shown = {
        "language": spoken if spoken in WORDS else "en",
        "title": words[f"{kind}_title"],
        "text": words[f"{kind}_text"].format(**named),
        "button": words.get(f"{kind}_button", ""),
        "wording": wording,
    }
    response = render(request, "public/page.html", shown, status=status)
    _careful(response)
    return response


def _careful(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
