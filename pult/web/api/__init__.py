"""The API of Pult, version 1, described by OpenAPI at /api/v1/openapi.json."""

from __future__ import annotations

from pult import VERSION
from pult.web.api import (
    accounts,
    acts,
    admin,
    cards,
    commerce,
    conversations,
    customers,
    desk,
    health,
    messages,
    problems,
)
from pult.web.api.auth import authenticate
from pult.web.api.document import DESCRIPTION, CleanParser, DescribedAPI

api = DescribedAPI(
    title="Pult",
    version=VERSION,
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
    auth=authenticate,
    parser=CleanParser(),
)
problems.install(api)
for router in (
    health.router,
    accounts.router,
    conversations.router,
    messages.router,
    desk.router,
    customers.router,
    cards.router,
    commerce.router,
    acts.router,
    *admin.routers,
):
    api.add_router("", router)
