"""The doors to what a store puts above and below its mails, in each of its languages."""

from __future__ import annotations

from base64 import b64encode

from django.http import HttpRequest, HttpResponse
from ninja import File as Upload
from ninja import Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from pult.accounts import access, letterheads, logos, queries
from pult.accounts.letterheads import LONGEST, VARIABLES, LetterheadInfo
from pult.channels import registry
from pult.channels.base import Address, File, InboxInfo, Logo, OutboundMessage
from pult.customers import names
from pult.web.api.answers import answer, conditional, empty
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


class LogoOut(Schema):
    media_type: str
    size: int = Field(description="Bytes.")
    width: int = Field(description="Pixels in which it is shown.")
    height: int
    content_id: str = Field(description="Its id inside a mail.")


class LetterheadsOut(Schema):
    items: list[LetterheadOut]
    logo: LogoOut | None = Field(description="The picture above all mails of the store.")
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
    return conditional(request, {"items": found, "logo": logos.logo(store_id), "variables": VARIABLES, "next": None})


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


@router.post("/stores/{store_id}/logo", response=LogoOut)
def save_logo(request: HttpRequest, store_id: int, file: Upload[UploadedFile]) -> HttpResponse:
    """Put a picture above all mails of a store: PNG, JPEG, GIF or WebP by its bytes, 200 kB at most."""
    access.require(actor_of(request), "settings.write")
    content = file.read(logos.LARGEST + 1)
    return answer(logos.save_logo(actor_of(request), store_id, content))


@router.delete("/stores/{store_id}/logo", response={204: None})
def remove_logo(request: HttpRequest, store_id: int) -> HttpResponse:
    """Take it away."""
    logos.remove_logo(actor_of(request), store_id)
    return empty()


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
        "customer.greeting": names.greeting(_CUSTOMERS[language], language),
        "conversation.number": "1234",
    }
    header, footer = (
        letterheads.filled(letterheads.checked(name, getattr(body, name)), values) for name in ("header", "footer")
    )
    logo = _logo(store)
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
        logo=logo,
    )
    page = channel.preview(InboxInfo(0, "", "", store.name, store.language, {}), message)
    html = page.html.replace(f"cid:{logo.file.content_id}", _shown(logo)) if logo else page.html
    return answer({"html": html, "text": page.text})


def _logo(store: queries.StoreInfo) -> Logo | None:
    found = logos.for_mail(store.id)
    if found is None:
        return None
    info, content = found
    file = File(info.name, info.media_type, content, info.content_id, inline=True)
    return Logo(file, info.width, info.height, store.name)


def _shown(logo: Logo) -> str:
    return f"data:{logo.file.content_type};base64,{b64encode(logo.file.content).decode()}"


def _versioned(found: LetterheadInfo) -> HttpResponse:
    response = answer(found)
    response["ETag"] = f'"{found.version}"'
    return response
