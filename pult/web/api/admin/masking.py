"""The doors to which numbers a store hides in what it keeps."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from pult.accounts import access, hiding
from pult.channels import queries as channels
from pult.web.api.answers import answer, conditional
from pult.web.api.auth import actor_of

router = Router(tags=["admin"])


class MaskingOut(Schema):
    ibans: bool = Field(description="Account numbers are hidden but for the country and the last four characters.")
    documents: bool = Field(description="Numbers of people and of their documents of identity are hidden.")
    own_ibans: list[str] = Field(description="The store's own accounts, which stay readable.")


class MaskingIn(Schema):
    ibans: bool = True
    documents: bool = True
    own_ibans: list[str] = Field(default_factory=list, max_length=hiding.MOST_IBANS)


@router.get("/stores/{store_id}/masking", response=MaskingOut)
def store_masking(request: HttpRequest, store_id: int) -> HttpResponse:
    """Which numbers a store hides beside card numbers, which are always hidden."""
    access.require(actor_of(request), "settings.write")
    return conditional(request, hiding.hiding(store_id))


@router.put("/stores/{store_id}/masking", response=MaskingOut)
def save_store_masking(request: HttpRequest, store_id: int, body: MaskingIn) -> HttpResponse:
    """Say which numbers are hidden in what comes and is written from now on. What was hidden is gone for good."""
    saved = hiding.save_hiding(
        actor_of(request), store_id, ibans=body.ibans, documents=body.documents, own_ibans=body.own_ibans
    )
    channels.forget()
    return answer(saved)
