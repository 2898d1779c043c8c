"""Signing in over real HTTP: password, second factor, passkey, reset, sessions, brute force."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pult.accounts import access, actions, queries, sessions
from pult.accounts.access import SYSTEM
from pult.accounts.models import Staff
from pult.accounts.tests.conftest import PASSWORD, Browser
from pult.accounts.tests.soft_passkey import SoftPasskey
from pult.platform.queue import run_due

pytestmark = pytest.mark.django_db


def totp(secret: str, *, ahead: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead)))


def confirm_password(browser: Browser) -> None:
    """Changing how one signs in asks for the password again."""
    assert browser.auth("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200


def with_totp(browser: Browser) -> str:
    confirm_password(browser)
    offered = browser.auth("GET", "account/authenticators/totp")
    secret = str(offered.json()["meta"]["secret"])
    assert browser.auth("POST", "account/authenticators/totp", {"code": totp(secret)}).status_code == 200
    return secret


def test_the_right_password_signs_in_and_out(browser: Browser, agent: queries.StaffInfo) -> None:
    assert not browser.signed_in
    answer = browser.sign_in("ANA@example.si")
    assert answer.status_code == 200
    assert answer.json()["data"]["user"]["display"] == "Ana Novak"
    cookie = answer.cookies["pult_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["secure"]  # PUBLIC_URL is http here
    assert cookie["max-age"] == 14 * 86_400
    assert browser.signed_in
    actor = access.actor_of_session(browser.client.session)
    assert actor is not None
    assert actor.staff_id == agent.id
    browser.auth("DELETE", "auth/session")
    assert not browser.signed_in


def test_a_post_without_the_csrf_header_is_refused(browser: Browser, agent: queries.StaffInfo) -> None:
    answer = browser.client.post(
        "/_allauth/browser/v1/auth/login",
        {"email": agent.email, "password": PASSWORD},
        content_type="application/json",
    )
    assert answer.status_code == 403
    assert not browser.signed_in


@pytest.mark.parametrize("email", ["ana@example.si", "nobody@example.si"])
def test_a_wrong_password_and_an_unknown_person_look_the_same(
    browser: Browser, agent: queries.StaffInfo, email: str
) -> None:
    answer = browser.sign_in(email, "wrong password 1")
    assert answer.status_code == 400
    assert [e["code"] for e in answer.json()["errors"]] == ["email_password_mismatch"]


def test_a_deactivated_person_stays_outside(
    browser: Browser, agent: queries.StaffInfo, admin: queries.StaffInfo
) -> None:
    browser.sign_in(agent.email)
    actions.update_staff(SYSTEM, agent.id, {"active": False})
    assert not browser.signed_in
    assert browser.sign_in(agent.email).status_code in {400, 401}
    assert not browser.signed_in


def test_guessing_at_one_account_is_slowed_whatever_address_it_comes_from(agent: queries.StaffInfo) -> None:
    for attempt in range(5):
        answer = Browser(REMOTE_ADDR=f"192.0.2.{attempt}").sign_in(agent.email, f"guess number {attempt}")
        assert answer.json()["errors"][0]["code"] == "email_password_mismatch"
    answer = Browser(REMOTE_ADDR="192.0.2.99").sign_in(agent.email)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "too_many_login_attempts"


def test_guessing_from_one_address_is_slowed_whatever_account_it_is_at(agent: queries.StaffInfo) -> None:
    browser = Browser(REMOTE_ADDR="192.0.2.7")
    for attempt in range(10):
        browser.sign_in(f"person{attempt}@example.si", "guess")
    assert browser.sign_in(agent.email).json()["errors"][0]["code"] == "too_many_login_attempts"
    assert Browser(REMOTE_ADDR="192.0.2.8").sign_in(agent.email).status_code == 200


def test_the_counts_are_kept_where_all_processes_see_them(agent: queries.StaffInfo) -> None:
    Browser().sign_in(agent.email, "guess")
    assert type(cache._connections[cache._alias]).__name__ == "DatabaseCache"  # type: ignore[attr-defined]


def test_a_second_factor_is_asked_for_and_its_secret_is_sealed(browser: Browser, agent: queries.StaffInfo) -> None:
    browser.sign_in(agent.email)
    secret = with_totp(browser)
    kept = Authenticator.objects.get(user_id=agent.id, type="totp").data["secret"]
    assert secret not in str(kept)
    again = Browser()
    half = again.sign_in(agent.email)
    assert half.status_code == 401
    assert not again.signed_in
    assert access.actor_of_session(again.client.session) is None
    assert again.auth("POST", "auth/2fa/authenticate", {"code": "000000"}).status_code == 400
    assert not again.signed_in
    assert again.auth("POST", "auth/2fa/authenticate", {"code": totp(secret, ahead=1)}).status_code == 200
    assert again.signed_in


def test_guessing_the_second_factor_is_slowed(browser: Browser, agent: queries.StaffInfo) -> None:
    browser.sign_in(agent.email)
    secret = with_totp(browser)
    thief = Browser(REMOTE_ADDR="192.0.2.5")
    thief.sign_in(agent.email)
    for guess in range(5):
        thief.auth("POST", "auth/2fa/authenticate", {"code": f"00000{guess}"})
    answer = thief.auth("POST", "auth/2fa/authenticate", {"code": totp(secret, ahead=1)})
    assert answer.status_code in {400, 429}
    assert not thief.signed_in


def test_a_recovery_code_opens_once(browser: Browser, agent: queries.StaffInfo) -> None:
    browser.sign_in(agent.email)
    with_totp(browser)
    codes = browser.auth("GET", "account/authenticators/recovery-codes").json()["data"]["unused_codes"]
    assert len(codes) == 10
    for expected in (200, 400):
        again = Browser()
        again.sign_in(agent.email)
        answer = again.auth("POST", "auth/2fa/authenticate", {"code": codes[0]})
        assert answer.status_code == expected


def test_adding_a_factor_asks_for_the_password_again(browser: Browser, agent: queries.StaffInfo) -> None:
    browser.sign_in(agent.email)
    assert browser.auth("GET", "account/authenticators/webauthn?passwordless").status_code == 401
    secret = browser.auth("GET", "account/authenticators/totp").json()["meta"]["secret"]
    assert browser.auth("POST", "account/authenticators/totp", {"code": totp(secret)}).status_code == 401
    assert not Authenticator.objects.exists()


def add_passkey(browser: Browser) -> SoftPasskey:
    confirm_password(browser)
    offered = browser.auth("GET", "account/authenticators/webauthn?passwordless")
    assert offered.status_code == 200, offered.content
    passkey = SoftPasskey(origin="http://testserver")
    credential = passkey.create(offered.json()["data"]["creation_options"])
    answer = browser.auth("POST", "account/authenticators/webauthn", {"name": "Phone", "credential": credential})
    assert answer.status_code == 200, answer.content
    return passkey


def test_a_passkey_signs_in_without_a_password(browser: Browser, agent: queries.StaffInfo) -> None:
    browser.sign_in(agent.email)
    passkey = add_passkey(browser)
    again = Browser()
    options = again.auth("GET", "auth/webauthn/login").json()["data"]["request_options"]
    answer = again.auth("POST", "auth/webauthn/login", {"credential": passkey.get(options)})
    assert answer.status_code == 200, answer.content
    assert again.signed_in
    actor = access.actor_of_session(again.client.session)
    assert actor is not None
    assert actor.staff_id == agent.id


def test_a_passkey_opens_while_somebody_guesses_at_the_password(browser: Browser, agent: queries.StaffInfo) -> None:
    browser.sign_in(agent.email)
    passkey = add_passkey(browser)
    for attempt in range(6):
        Browser(REMOTE_ADDR=f"192.0.2.{attempt}").sign_in(agent.email, "guess")
    kept_out = Browser()
    assert kept_out.sign_in(agent.email).json()["errors"][0]["code"] == "too_many_login_attempts"
    options = kept_out.auth("GET", "auth/webauthn/login").json()["data"]["request_options"]
    assert kept_out.auth("POST", "auth/webauthn/login", {"credential": passkey.get(options)}).status_code == 200
    assert kept_out.signed_in
    assert browser.signed_in


def test_a_passkey_s_answer_to_another_challenge_opens_nothing(browser: Browser, agent: queries.StaffInfo) -> None:
    browser.sign_in(agent.email)
    passkey = add_passkey(browser)
    heard = Browser()
    options = heard.auth("GET", "auth/webauthn/login").json()["data"]["request_options"]
    replayed = Browser()
    replayed.auth("GET", "auth/webauthn/login")
    answer = replayed.auth("POST", "auth/webauthn/login", {"credential": passkey.get(options)})
    assert answer.status_code == 400
    assert not replayed.signed_in


def test_a_forgotten_password_is_replaced_by_mail_once(browser: Browser, agent: queries.StaffInfo) -> None:
    other = Browser()
    other.sign_in(agent.email)
    assert browser.auth("POST", "auth/password/request", {"email": agent.email}).status_code == 200
    assert mail.outbox == []  # the worker sends it, not the request
    run_due()
    (letter,) = mail.outbox
    assert letter.to == [agent.email]
    assert letter.subject == "Izberite novo geslo za Pult"  # in the person's language
    key = re.search(r"/sign-in/reset/(\S+)", str(letter.body))
    assert key is not None
    weak = browser.auth("POST", "auth/password/reset", {"key": key[1], "password": "password"})
    assert weak.status_code == 400
    answer = browser.auth("POST", "auth/password/reset", {"key": key[1], "password": "a fresh secret 9"})
    assert answer.status_code == 401  # the password is set; signing in is the next step
    assert browser.sign_in(agent.email, "a fresh secret 9").status_code == 200
    access.forget()
    assert access.actor_of_session(other.client.session) is None
    assert not other.signed_in
    used = Browser().auth("POST", "auth/password/reset", {"key": key[1], "password": "and another 10"})
    assert used.status_code == 400


def test_asking_for_an_unknown_address_looks_the_same_and_sends_nothing(browser: Browser) -> None:
    assert browser.auth("POST", "auth/password/request", {"email": "no@example.si"}).status_code == 200
    run_due()
    assert mail.outbox == []


def test_a_changed_password_is_told_and_ends_the_other_sessions(browser: Browser, agent: queries.StaffInfo) -> None:
    other = Browser()
    other.sign_in(agent.email)
    browser.sign_in(agent.email)
    answer = browser.auth(
        "POST", "account/password/change", {"current_password": PASSWORD, "new_password": "a fresh secret 9"}
    )
    assert answer.status_code == 200
    run_due()
    assert "Vaše geslo je bilo spremenjeno." in str(mail.outbox[-1].body)
    assert browser.signed_in
    assert not other.signed_in
    listed = browser.call("GET", "/api/v1/sessions").json()["items"]
    assert [row["current"] for row in listed] == [True]


def test_sessions_are_listed_and_ended(browser: Browser, agent: queries.StaffInfo) -> None:
    other = Browser(HTTP_USER_AGENT="Phone", REMOTE_ADDR="192.0.2.20")
    other.sign_in(agent.email)
    browser.sign_in(agent.email)
    listed = browser.auth("GET", "auth/sessions").json()["data"]
    assert {(row["ip"], row["is_current"]) for row in listed} == {("127.0.0.1", True), ("192.0.2.20", False)}
    phone = next(row["id"] for row in listed if not row["is_current"])
    assert browser.auth("DELETE", "auth/sessions", {"sessions": [phone]}).status_code == 200
    assert not other.signed_in
    assert browser.signed_in


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "auth/signup", {"email": "new@example.si", "password": PASSWORD}),
        ("POST", "auth/webauthn/signup", {"email": "new@example.si"}),
        ("POST", "auth/provider/signup", {"email": "new@example.si"}),
        ("POST", "auth/provider/token", {"provider": "company", "process": "login", "token": {}}),
        ("POST", "account/email", {"email": "new@example.si"}),
        ("POST", "account/phone", {"phone": "+38640111222"}),
    ],
)
def test_nobody_signs_up_or_changes_his_address(
    browser: Browser, agent: queries.StaffInfo, method: str, path: str, body: Any
) -> None:
    before = Staff.objects.count()
    assert browser.auth(method, path, body).status_code == 404
    browser.sign_in(agent.email)
    assert browser.auth(method, path, body).status_code == 404
    assert Staff.objects.count() == before


def test_a_new_person_is_invited_and_chooses_a_password(admin: queries.StaffInfo) -> None:
    made = actions.create_staff(SYSTEM, email="petra@example.hr", name="Petra Horvat", language="hr")
    actions.invite(SYSTEM, made.id)
    run_due()
    (letter,) = mail.outbox
    assert letter.subject == "Vaš račun u Pultu"
    key = re.search(r"/sign-in/reset/(\S+)", str(letter.body))
    assert key is not None
    browser = Browser()
    browser.auth("POST", "auth/password/reset", {"key": key[1], "password": "a fresh secret 9"})
    assert browser.sign_in(made.email, "a fresh secret 9").status_code == 200


def test_changing_the_forwarded_address_does_not_evade_the_count(agent: queries.StaffInfo, settings: Any) -> None:
    settings.TRUSTED_PROXIES = "127.0.0.1"
    for attempt in range(10):
        lied = Browser(REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR=f"198.51.100.{attempt}")
        lied.sign_in(f"person{attempt}@example.si", "guess")
    browser = Browser(REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="198.51.100.99")
    assert browser.sign_in(agent.email).json()["errors"][0]["code"] == "too_many_login_attempts"
    proxied = Browser(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="198.51.100.99")
    assert proxied.sign_in(agent.email).status_code == 200


def test_trying_a_thousand_names_does_not_push_a_count_out(agent: queries.StaffInfo) -> None:
    for attempt in range(5):
        Browser(REMOTE_ADDR=f"192.0.2.{attempt}").sign_in(agent.email, "guess")
    for number in range(1000):
        cache.set(f"another:{number}", [1.0], 300)
    answer = Browser(REMOTE_ADDR="192.0.2.99").sign_in(agent.email)
    assert answer.json()["errors"][0]["code"] == "too_many_login_attempts"


def test_a_session_tells_when_it_was_last_used(browser: Browser, agent: queries.StaffInfo) -> None:
    browser.sign_in(agent.email)
    begun = timezone.now()
    UserSession.objects.update(last_seen_at=begun - timedelta(hours=1))
    sessions._seen.clear()
    with CaptureQueriesContext(connection) as used:
        browser.call("GET", "/api/v1/me")
        browser.call("GET", "/api/v1/me")
    assert len([q for q in used.captured_queries if q["sql"].startswith('UPDATE "usersessions')]) == 1
    (row,) = browser.call("GET", "/api/v1/sessions").json()["items"]
    assert row["last_seen_at"] >= begun.isoformat()[:19]
