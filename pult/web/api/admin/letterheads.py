"""The doors to what a store puts above and below its mails, in each of its languages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from pult.accounts import access, letterheads, queries
from pult.accounts.letterheads import LONGEST, VARIABLES, LetterheadInfo
from pult.channels import registry
from pult.channels.base import Address, InboxInfo, OutboundMessage
from pult.web.api.answers import answer, conditional
from pult.web.api.auth import actor_of
from pult.web.api.reading import versions_of

router = Router(tags=["admin"])

# What the example says that stands between header and footer: it is for the customer, in the customer's language.
_EXAMPLES = {
    "sl": "Pozdravljeni,\n\nvaš paket je na poti in bo pri vas jutri.\n\nLep pozdrav",
    "hr": "Poštovani,\n\nvaš paket je na putu i stiže sutra.\n\nSrdačan pozdrav",
    "el": "Καλημέρα σας,\n\nτο δέμα σας είναι καθ’ οδόν και φτάνει αύριο.\n\nΜε εκτίμηση",
    "pl": "Dzień dobry,\n\nPaństwa paczka jest w drodze i dotrze jutro.\n\nZ poważaniem",
    "en": "Hello,\n\nyour parcel is on its way and arrives tomorrow.\n\nKind regards",
}
_CUSTOMERS = {"sl": "Maja Kos", "hr": "Ivana Horvat", "el": "Ελένη Παππά", "pl": "Anna Nowak", "en": "Emma Jones"}


class LetterheadOut(Schema):
    language: str
    header: str = Field(description="HTML above every mail of this language; empty for none.")
    footer: str = Field(description="HTML below it.")
    version: int = Field(description="Counts the changes; the value for If-Match.")


class LetterheadsOut(Schema):
    items: list[LetterheadOut]
    variables: list[str] = Field(description="What may stand in double braces.")
    next: str | None


class LetterheadIn(Schema):
    header: str = Field(default="", max_length=LONGEST)
    footer: str = Field(default="", max_length=LONGEST)


class PreviewOut(Schema):
    html: str = Field(description="The whole page of an example mail, as it would leave.")
    text: str = Field(description="The text beside it.")


@router.get("/stores/{store_id}/letterheads", response=LetterheadsOut)
def store_letterheads(request: HttpRequest, store_id: int) -> HttpResponse:
    """What a store puts above and below its mails, one entry for each of its languages, its own first.

    A mail has that of its conversation's language, else that of the store's own.
    """
    access.require(actor_of(request), "settings.write")
    found = letterheads.letterheads(store_id)
    return conditional(request, {"items": found, "variables": VARIABLES, "next": None})


@router.get("/stores/{store_id}/letterheads/{language}", response=LetterheadOut)
def store_letterhead(request: HttpRequest, store_id: int, language: str) -> HttpResponse:
    """That of one language."""
    access.require(actor_of(request), "settings.write")
    return _versioned(letterheads.letterhead(store_id, language))


@router.put("/stores/{store_id}/letterheads/{language}", response=LetterheadOut)
def save_letterhead(request: HttpRequest, store_id: int, language: str, body: LetterheadIn) -> HttpResponse:
    """Write that of one language; If-Match holds it to a version. HTML is cleaned; an unknown variable is refused."""
    saved = letterheads.save_letterhead(
        actor_of(request),
        store_id,
        language,
        header=body.header,
        footer=body.footer,
        versions=versions_of(request),
    )
    return _versioned(saved)


@router.post("/stores/{store_id}/letterheads/{language}/preview", response=PreviewOut)
def preview_letterhead(request: HttpRequest, store_id: int, language: str, body: LetterheadIn) -> HttpResponse:
    """An example mail with this header and footer, as it would leave. Nothing is stored or sent."""
    actor = actor_of(request)
    access.require(actor, "settings.write")
    letterheads.letterhead(store_id, language)
    store = queries.store(store_id)
    values = {
        "agent.name": actor.name,
        "store.name": store.name,
        "customer.name": _CUSTOMERS[language],
        "conversation.number": "1234",
    }
    header, footer = (
        letterheads.filled(letterheads.checked(name, getattr(body, name)), values) for name in ("header", "footer")
    )
    channel = registry.previewer()
    if channel is None:
        return answer({"html": "", "text": ""})
    message = OutboundMessage(
        external_id="",
        sender=Address("", actor.name),
        to=[],
        text=_EXAMPLES[language],
        language=language,
        header=header,
        footer=footer,
    )
    page = channel.preview(InboxInfo(0, "", "", store.name, store.language, {}), message)
    return answer({"html": page.html, "text": page.text})


def _versioned(found: LetterheadInfo) -> HttpResponse:
    response = answer(found)
    response["ETag"] = f'"{found.version}"'
    return response
