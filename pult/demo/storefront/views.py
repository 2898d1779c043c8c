"""A small shop in five languages: goods, a page for each, a basket, and the chat of its store."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language_from_request
from django.views.decorators.http import require_safe

from pult.channels import queries as channels
from pult.demo.letters import PRICES, RATES
from pult.demo.lexicon import lexicon
from pult.demo.shop import STORES, chat_address
from pult.demo.storefront.texts import TEXTS

LANGUAGES = tuple(TEXTS)
_HERE = Path(__file__).parent
_FILES = {"shop.css": "text/css", "shop.js": "text/javascript"}


class Good(NamedTuple):
    """Something the demo shop sells; `price` as it is written there."""

    id: str
    title: str
    price: str


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """Lead to the shop in the visitor's language."""
    wished = get_language_from_request(request)
    return HttpResponseRedirect(f"/demo-shop/{wished if wished in LANGUAGES else 'en'}/")


@require_safe
def shop(request: HttpRequest, language: str, good: str = "") -> HttpResponse:
    """Show all goods, or one."""
    if language not in LANGUAGES or (good and good not in PRICES):
        raise Http404
    store = next(store for store in STORES if language in store.languages)
    goods = [_good(name, language) for name in PRICES if name in lexicon(language).goods]
    inbox = channels.inbox_by_address("chat", chat_address(language))
    nonce = secrets.token_urlsafe(16)
    context = {
        "language": language,
        "languages": LANGUAGES,
        "t": TEXTS[language],
        "store": store.name,
        "goods": goods,
        "chosen": next((one for one in goods if one.id == good), None),
        "inbox": inbox.id if inbox else None,
        "nonce": nonce,
    }
    response = render(request, "demo/storefront.html", context)
    # As strict as a shop's policy can be: the chat has to live with it.
    response["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; img-src 'self' blob:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return response


def _good(name: str, language: str) -> Good:
    title = lexicon(language).goods[name].nom.removeprefix("the ")
    amount = f"{round(PRICES[name] * RATES.get(language, 1))},90"
    written = {"pl": f"{amount} zł", "en": f"€{amount.replace(',', '.')}"}.get(language, f"{amount} €")
    return Good(name, title[:1].upper() + title[1:], written)


@require_safe
def asset(request: HttpRequest, name: str) -> HttpResponse:
    """The page's style and script."""
    if name not in _FILES:
        raise Http404
    return HttpResponse((_HERE / name).read_bytes(), content_type=_FILES[name])
