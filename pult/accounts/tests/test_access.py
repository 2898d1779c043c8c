"""Tokens and sessions: who gets in, who does not, and how soon a lock-out holds."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pult.accounts import access, actions, queries
from pult.accounts.access import SYSTEM
from pult.accounts.errors import Conflict, Invalid, PermissionDenied
from pult.accounts.models import ApiToken, Staff

pytestmark = pytest.mark.django_db


def signed_in(staff_id: int) -> SessionStore:
    request = HttpRequest()
    request.session = SessionStore()
    login(request, Staff.objects.get(id=staff_id), backend="django.contrib.auth.backends.ModelBackend")
    return request.session


def test_a_token_opens_with_its_person_s_stores_and_its_own_scopes(
    agent: queries.StaffInfo, store: queries.StoreInfo
) -> None:
    other = actions.create_store(SYSTEM, name="Trgovina HR", language="hr")
    issued = actions.issue_token(SYSTEM, staff_id=agent.id, name="ERP", scopes=["read"])

    with CaptureQueriesContext(connection) as used:
        actor = access.authenticate_token(f"Bearer {issued.secret}")
    assert actor is not None
    assert len([q for q in used.captured_queries if q["sql"].lstrip().startswith("SELECT")]) == 1
    assert actor.ref == f"token:{issued.token.id}"
    assert access.visible_stores(actor) == {store.id}
    assert other.id not in access.visible_stores(actor)
    access.require(actor, "conversations.read")
    with pytest.raises(PermissionDenied, match=r"conversations\.write"):
        access.require(actor, "conversations.write")


def test_only_the_digest_of_a_token_is_kept(agent: queries.StaffInfo) -> None:
    issued = actions.issue_token(SYSTEM, staff_id=agent.id, name="ERP")
    row = ApiToken.objects.values().get(id=issued.token.id)
    assert issued.secret.split("_")[2] not in str(row)
    assert issued.secret.startswith(f"pult_{row['prefix']}_")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda secret: secret[:-1] + ("0" if secret[-1] != "0" else "1"),
        lambda secret: secret.replace("pult_", "plut_"),
        lambda secret: "",
        lambda secret: "pult_x",
        lambda secret: secret + "\x00",
        lambda secret: "pult_'; DROP TABLE accounts_staff; --_x",
    ],
)
def test_a_token_that_is_not_ours_opens_nothing(agent: queries.StaffInfo, spoil: object) -> None:
    issued = actions.issue_token(SYSTEM, staff_id=agent.id, name="ERP")
    assert access.authenticate_token(spoil(issued.secret)) is None  # type: ignore[operator]


def test_a_token_ends_when_it_expires(agent: queries.StaffInfo) -> None:
    issued = actions.issue_token(SYSTEM, staff_id=agent.id, name="week", expires_at=timezone.now() + timedelta(days=7))
    assert access.authenticate_token(issued.secret) is not None
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        access.forget()
        assert access.authenticate_token(issued.secret) is None


def test_a_revoked_token_is_locked_out_elsewhere_within_five_seconds(
    agent: queries.StaffInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = actions.issue_token(SYSTEM, staff_id=agent.id, name="ERP")
    assert access.authenticate_token(issued.secret) is not None
    ApiToken.objects.filter(id=issued.token.id).update(revoked_at=timezone.now())  # another process did it
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 5.001)
    assert access.authenticate_token(issued.secret) is None


def test_revoking_and_deactivating_hold_at_once_in_this_process(agent: queries.StaffInfo) -> None:
    first = actions.issue_token(SYSTEM, staff_id=agent.id, name="one")
    second = actions.issue_token(SYSTEM, staff_id=agent.id, name="two")
    actions.create_staff(SYSTEM, email="admin@example.si", name="Admin", role="admin")
    assert access.authenticate_token(first.secret)
    assert access.authenticate_token(second.secret)
    actions.revoke_token(SYSTEM, first.token.id)
    assert access.authenticate_token(first.secret) is None
    actions.update_staff(SYSTEM, agent.id, {"active": False})
    assert access.authenticate_token(second.secret) is None


def test_a_rotated_token_keeps_its_name_and_scopes_and_the_old_one_ends(agent: queries.StaffInfo) -> None:
    old = actions.issue_token(SYSTEM, staff_id=agent.id, name="ERP", scopes=["read", "write"])
    fresh = actions.rotate_token(SYSTEM, old.token.id)
    assert (fresh.token.name, fresh.token.scopes) == ("ERP", ["read", "write"])
    assert access.authenticate_token(old.secret) is None
    assert access.authenticate_token(fresh.secret) is not None
    with pytest.raises(Conflict):
        actions.rotate_token(SYSTEM, old.token.id)


def test_a_rotated_token_may_live_on_for_a_while(agent: queries.StaffInfo) -> None:
    old = actions.issue_token(SYSTEM, staff_id=agent.id, name="ERP")
    actions.rotate_token(SYSTEM, old.token.id, overlap=timedelta(hours=1))
    assert access.authenticate_token(old.secret) is not None
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=6)):
        access.forget()
        assert access.authenticate_token(old.secret) is None


def test_last_use_is_written_once_a_minute(agent: queries.StaffInfo) -> None:
    issued = actions.issue_token(SYSTEM, staff_id=agent.id, name="ERP")
    access.authenticate_token(issued.secret)
    first = queries.token(issued.token.id).last_used_at
    assert first is not None
    with time_machine.travel(first + timedelta(seconds=30)):
        access.forget()
        access.authenticate_token(issued.secret)
    assert queries.token(issued.token.id).last_used_at == first
    with time_machine.travel(first + timedelta(seconds=61)):
        access.forget()
        access.authenticate_token(issued.secret)
    assert queries.token(issued.token.id).last_used_at != first


def test_nobody_gives_a_token_more_than_he_has(agent: queries.StaffInfo) -> None:
    issued = actions.issue_token(SYSTEM, staff_id=agent.id, name="reader", scopes=["read"])
    reader = access.authenticate_token(issued.secret)
    assert reader is not None
    with pytest.raises(PermissionDenied):
        actions.issue_token(reader, staff_id=agent.id, name="more", scopes=["write"])
    me = access.actor_of_staff(agent.id)
    assert me is not None
    assert actions.issue_token(me, staff_id=agent.id, name="mine", scopes=["read", "write"]).secret
    boss = actions.create_staff(SYSTEM, email="boss@example.si", name="Boss", role="admin")
    with pytest.raises(PermissionDenied):
        actions.issue_token(me, staff_id=boss.id, name="his", scopes=["read"])


def test_an_admin_s_token_gives_no_scope_that_it_lacks() -> None:
    boss = actions.create_staff(SYSTEM, email="boss@example.si", name="Boss", role="admin")
    secret = actions.issue_token(SYSTEM, staff_id=boss.id, name="half", scopes=["read", "admin"]).secret
    half = access.authenticate_token(secret)
    assert half is not None
    assert actions.issue_token(half, staff_id=boss.id, name="as much", scopes=["read", "admin"]).secret
    with pytest.raises(PermissionDenied, match="write"):
        actions.issue_token(half, staff_id=boss.id, name="more", scopes=["read", "write"])


def test_a_token_of_somebody_who_is_no_longer_active_opens_nothing(agent: queries.StaffInfo) -> None:
    issued = actions.issue_token(SYSTEM, staff_id=agent.id, name="ERP")
    Staff.objects.filter(id=agent.id).update(is_active=False)  # not by the action, which revokes the token too
    assert access.authenticate_token(issued.secret) is None
    assert access.actor_of_staff(agent.id) is None


def test_a_session_is_its_person_and_ends_with_the_password(agent: queries.StaffInfo) -> None:
    actions.create_staff(SYSTEM, email="admin@example.si", name="Admin", role="admin")
    session = signed_in(agent.id)
    access.forget()
    with CaptureQueriesContext(connection) as used:
        actor = access.actor_of_session(session)
    assert actor is not None
    assert (actor.kind, actor.id, actor.language) == ("staff", agent.id, "sl")
    assert len(used.captured_queries) == 1
    actions.set_password(SYSTEM, agent.id, "another long secret 77")
    assert access.actor_of_session(session) is None
    assert access.actor_of_session({}) is None


def test_a_session_signed_with_the_key_before_the_newest_still_holds(
    agent: queries.StaffInfo, settings: object
) -> None:
    session = signed_in(agent.id)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]  # type: ignore[attr-defined]
    settings.SECRET_KEY = "the newest key"  # type: ignore[attr-defined]
    assert access.actor_of_session(session) is not None
    settings.SECRET_KEY_FALLBACKS = []  # type: ignore[attr-defined]
    assert access.actor_of_session(session) is None


def test_roles_see_their_stores_an_admin_all_a_colleague_none(store: queries.StoreInfo) -> None:
    other = actions.create_store(SYSTEM, name="Trgovina HR", language="hr")
    seen = {}
    for role in ("colleague", "agent", "lead", "admin"):
        made = actions.create_staff(SYSTEM, email=f"{role}@example.si", name=role, role=role, store_ids=[store.id])
        actor = access.actor_of_staff(made.id)
        assert actor is not None
        seen[role] = access.visible_stores(actor)
        may_read = "conversations.read" in access.permissions(actor)
        assert may_read is (role != "colleague")
    mine, both = {store.id}, {store.id, other.id}
    assert seen == {"colleague": set(), "agent": mine, "lead": mine, "admin": both}
    assert access.visible_stores(SYSTEM) == both


def test_an_agent_changes_neither_staff_nor_settings(agent: queries.StaffInfo) -> None:
    me = access.actor_of_staff(agent.id)
    assert me is not None
    with pytest.raises(PermissionDenied):
        actions.update_staff(me, agent.id, {"role": "admin"})
    with pytest.raises(PermissionDenied):
        actions.create_store(me, name="Mine", language="sl")
    with pytest.raises(Invalid):
        actions.update_me(me, {"role": "admin"})
    with pytest.raises(KeyError):
        access.require(me, "no.such.permission")


def test_the_last_admin_stays(agent: queries.StaffInfo) -> None:
    boss = actions.create_staff(SYSTEM, email="boss@example.si", name="Boss", role="admin")
    for changes in ({"role": "agent"}, {"active": False}):
        with pytest.raises(Conflict):
            actions.update_staff(SYSTEM, boss.id, changes)
    assert queries.staff_member(boss.id).role == "admin"


def test_an_address_is_one_person_whatever_its_case(agent: queries.StaffInfo) -> None:
    assert agent.email == "ana@example.si"
    assert queries.staff_id_by_email(" ANA@example.si") == agent.id
    with pytest.raises(Conflict):
        actions.create_staff(SYSTEM, email="ANA@EXAMPLE.SI", name="Another")


def test_skills_have_levels_and_are_replaced_together(agent: queries.StaffInfo) -> None:
    chat, croatian = queries.SkillInfo("channel", "chat", 5), queries.SkillInfo("language", "hr", 2)
    assert actions.set_skills(SYSTEM, agent.id, [croatian, chat]) == [chat, croatian]
    assert actions.set_skills(SYSTEM, agent.id, [chat]) == [chat]
    with pytest.raises(Invalid):
        actions.set_skills(SYSTEM, agent.id, [queries.SkillInfo("channel", "chat", 6)])
    assert queries.staff_member(agent.id).skills == [chat]


def test_a_reply_is_signed_by_the_person_or_else_by_the_store(
    agent: queries.StaffInfo, store: queries.StoreInfo
) -> None:
    actions.update_store(SYSTEM, store.id, {"signature": "{name}\n{store}"})
    assert queries.signature(store.id, agent.id) == "Ana Novak\nTrgovina"
    actions.update_me(_actor(agent.id), {"signature": "Lep pozdrav, {name}"})
    assert queries.signature(store.id, agent.id) == "Lep pozdrav, Ana Novak"
    assert queries.signature(store.id, None) == "Trgovina"


def test_preferences_are_merged_by_key(agent: queries.StaffInfo) -> None:
    me = _actor(agent.id)
    actions.update_me(me, {"preferences": {"density": "compact", "panes": [320, 480]}})
    actions.update_me(me, {"preferences": {"density": None, "theme": "dark"}})
    assert queries.profile(agent.id).preferences == {"panes": [320, 480], "theme": "dark"}


def _actor(staff_id: int) -> access.Actor:
    actor = access.actor_of_staff(staff_id)
    assert actor is not None
    return actor
