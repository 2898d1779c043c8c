"""The doors of administration."""

from __future__ import annotations

from ninja import Router

from pult.web.api.admin import inboxes, letterheads, operations, people, webhooks

routers: list[Router] = [people.router, letterheads.router, inboxes.router, operations.router, webhooks.router]
