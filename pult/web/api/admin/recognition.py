"""The door to what messages are read by: how the numbers of our orders look, and which shops are others."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from pult.accounts import access
from pult.accounts.errors import Invalid
from pult.commerce import recognition
from pult.commerce.errors import BadShape, ShopNotFound
from pult.commerce.mentions import merchants, queries
from pult.web.api.answers import answer
from pult.web.api.auth import actor_of

router = Router(tags=["admin"])


class NumberingOut(Schema):
    """How a shop's numbers look: `#` is a digit, `@` a letter, `?` either; any other sign is itself."""

    shop_id: int
    name: str
    learned: list[str]
    told: list[str]


class MerchantSchema(Schema):
    """Another shop: how people call it, the domains of its mails. `ours`: we sell there, so its name says nothing."""

    name: str = Field(min_length=1, max_length=80, pattern=r"\S")
    words: list[str] = Field(default_factory=list, max_length=40)
    domains: list[str] = Field(default_factory=list, max_length=40)
    ours: bool = False


class RecognitionOut(Schema):
    numbers: list[NumberingOut]
    merchants: list[MerchantSchema]
    known: list[str] = Field(description="Other shops that are known anyway.")


class NumberingIn(Schema):
    shop_id: int
    told: list[str] = Field(max_length=20)


class RecognitionIn(Schema):
    """Everything that is kept; what is left out of `merchants` goes, a shop left out of `numbers` stays as it is."""

    numbers: list[NumberingIn] = Field(default_factory=list, max_length=200)
    merchants: list[MerchantSchema] = Field(default_factory=list, max_length=500)


@router.get("/recognition", response=RecognitionOut)
def get_recognition(request: HttpRequest) -> HttpResponse:
    """By what messages are read."""
    actor = actor_of(request)
    access.require(actor, "settings.write")
    return answer(_shown(access.visible_stores(actor)))


@router.put("/recognition", response=RecognitionOut)
def save_recognition(request: HttpRequest, wanted: RecognitionIn) -> HttpResponse:
    """Say how our numbers look beside what was learned, and which shops are others."""
    actor = actor_of(request)
    access.require(actor, "settings.write")
    with transaction.atomic():
        for one in wanted.numbers:
            try:
                recognition.tell_numbers(one.shop_id, [shape.strip() for shape in one.told if shape.strip()])
            except BadShape as error:
                raise Invalid("number_shape", field="numbers", name=error.shape[:40]) from error
            except ShopNotFound as error:
                raise Invalid("unknown", field="numbers") from error
        recognition.keep_merchants([_kept(one) for one in wanted.merchants])
    return answer(_shown(access.visible_stores(actor)))


def _kept(one: MerchantSchema) -> merchants.Merchant:
    words = tuple(dict.fromkeys(word.strip() for word in (one.name, *one.words) if len(word.strip()) > 1))
    domains = tuple(dict.fromkeys(part.strip().lstrip("@").casefold() for part in one.domains if "." in part))
    return merchants.Merchant(one.name.strip(), words, domains, one.ours)


def _shown(store_ids: frozenset[int]) -> dict[str, object]:
    return {
        "numbers": queries.numberings(store_ids=store_ids),
        "merchants": queries.merchants(),
        "known": sorted((one.name for one in merchants.shipped()), key=str.casefold),
    }
