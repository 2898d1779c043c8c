"""What stands around every request, and what only stands around pages."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.mark.parametrize("path", ["/", "/api/v1/health", "/api/v1/conversations", "/api/v1/nowhere"])
def test_every_answer_has_the_policy_and_says_how_long_it_is(path: str) -> None:
    answer = Client().get(path)
    assert "unsafe-inline" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert int(answer["Content-Length"]) == len(answer.content) > 0


def test_forms_of_pages_need_their_token_also_where_the_api_passes_by() -> None:
    client = Client(enforce_csrf_checks=True)
    form = {"email": "a@shop.example", "password": "x"}
    page = client.post("/_allauth/browser/v1/auth/login", form, content_type="application/json")
    assert page.status_code == 403
    client.get("/_allauth/browser/v1/config")
    token = client.cookies["csrftoken"].value
    page = client.post(
        "/_allauth/browser/v1/auth/login", form, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert page.status_code == 400
