"""What the tests of accounts share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from pult.accounts import access, actions, queries
from pult.accounts.access import SYSTEM

PASSWORD = "correct horse 42 battery"


@pytest.fixture(autouse=True)
def _quick_and_forgetful(settings: Any) -> Iterator[None]:
    """Cheap password hashes, and nothing remembered from the test before."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    access.forget()
    yield
    access.forget()


@pytest.fixture
def store(db: None) -> queries.StoreInfo:
    cache.clear()
    return actions.create_store(SYSTEM, name="Trgovina", language="sl")


@pytest.fixture
def agent(store: queries.StoreInfo) -> queries.StaffInfo:
    return actions.create_staff(
        SYSTEM,
        email="Ana@example.si",
        name="Ana Novak",
        language="sl",
        store_ids=[store.id],
        password=PASSWORD,
    )


@pytest.fixture
def admin(store: queries.StoreInfo) -> queries.StaffInfo:
    return actions.create_staff(SYSTEM, email="admin@example.si", name="Maja Kralj", role="admin", password=PASSWORD)


class Browser:
    """Django's test client as the staff app uses it: JSON, the session cookie, the CSRF cookie and header."""

    def __init__(self, **environment: str) -> None:
        self.client = Client(enforce_csrf_checks=True, **environment)  # type: ignore[arg-type]
        self.client.get("/_allauth/browser/v1/config")

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        csrf = self.client.cookies["csrftoken"].value if "csrftoken" in self.client.cookies else ""
        return self.client.generic(
            method,
            path,
            data=b"" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"X-CSRFToken": csrf, "Accept": "application/json", **headers},
        )

    def auth(self, method: str, path: str, body: object = None) -> Any:
        """Call one of allauth's addresses."""
        return self.call(method, f"/_allauth/browser/v1/{path}", body)

    def sign_in(self, email: str, password: str = PASSWORD) -> Any:
        return self.auth("POST", "auth/login", {"email": email, "password": password})

    @property
    def signed_in(self) -> bool:
        return bool(self.auth("GET", "auth/session").status_code == 200)


@pytest.fixture
def browser(store: queries.StoreInfo) -> Browser:
    return Browser()
