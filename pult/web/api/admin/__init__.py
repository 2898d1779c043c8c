"""The doors of administration."""

from __future__ import annotations

from ninja import Router

from pult.web.api.admin import (
    inboxes,
    letterheads,
    masking,
    operations,
    people,
    recognition,
    retention,
    shops,
    webhooks,
)

routers: list[Router] = [
    people.router,
    letterheads.router,
    masking.router,
    inboxes.router,
    shops.router,
    recognition.router,
    operations.router,
    retention.router,
    webhooks.router,
]
