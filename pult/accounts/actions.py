"""Every write to stores, teams, people, skills and tokens. Each verb checks who asks, then does it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from pult.accounts import mail, queries, sessions
from pult.accounts.access import SCOPES, Actor, digest_of, forget, require
from pult.accounts.checks import check_staff, check_store, check_team, existing, id_list, name_in_use, only
from pult.accounts.errors import Conflict, Invalid, NotFound, PermissionDenied
from pult.accounts.models import AccessLog, ApiToken, Skill, Staff, Store, Team
from pult.platform import events

SKILL_KINDS = frozenset(Skill.Kind.values)
PREFERENCES_LIMIT = 32_768


class IssuedToken(msgspec.Struct, frozen=True):
    """A new token; `secret` is shown now and never again."""

    secret: str
    token: queries.TokenInfo


# --- stores and teams ----------------------------------------------------------------------------------


def create_store(
    actor: Actor,
    *,
    name: str,
    language: str,
    languages: Sequence[str] = (),
    currency: str = "EUR",
    time_zone: str = "Europe/Ljubljana",
    address: Mapping[str, str] | None = None,
    signature: str = "",
) -> queries.StoreInfo:
    """Open a store. `languages` are the further ones it serves. Raises Invalid, Conflict."""
    require(actor, "settings.write")
    values: dict[str, object] = {
        "name": name,
        "language": language,
        "languages": list(dict.fromkeys([language, *languages])),
        "currency": currency,
        "time_zone": time_zone,
        "address": dict(address or {}),
        "signature": signature,
    }
    check_store(values)
    with name_in_use("store", name), transaction.atomic():
        made = Store.objects.create(**values)
        _record(actor, "store.changed", made.id, store_id=made.id)
    _changed()
    return queries.store(made.id)


def update_store(actor: Actor, store_id: int, changes: Mapping[str, object]) -> queries.StoreInfo:
    """Change a store: name, language, languages, currency, time_zone, address, signature, active."""
    require(actor, "settings.write")
    only(changes, {"name", "language", "languages", "currency", "time_zone", "address", "signature", "active"})
    check_store(changes)
    with name_in_use("store", str(changes.get("name", ""))), transaction.atomic():
        if changes and not Store.objects.filter(id=store_id).update(**changes):
            raise NotFound(f"There is no store {store_id}.")
        _record(actor, "store.changed", store_id, store_id=store_id, fields=changes)
    _changed()
    return queries.store(store_id)


def create_team(actor: Actor, *, name: str, store_id: int | None = None) -> queries.TeamInfo:
    """Make a team, of one store or of all. Raises Invalid, Conflict."""
    require(actor, "settings.write")
    values = {"name": name, "store_id": store_id}
    check_team(values)
    with name_in_use("team", name), transaction.atomic():
        made = Team.objects.create(name=name, store_id=store_id)
        _record(actor, "team.changed", made.id, store_id=store_id)
    return queries.team(made.id)


def update_team(actor: Actor, team_id: int, changes: Mapping[str, object]) -> queries.TeamInfo:
    """Change a team's name or store_id."""
    require(actor, "settings.write")
    only(changes, {"name", "store_id"})
    check_team(changes)
    with name_in_use("team", str(changes.get("name", ""))), transaction.atomic():
        if changes and not Team.objects.filter(id=team_id).update(**changes):
            raise NotFound(f"There is no team {team_id}.")
        _record(actor, "team.changed", team_id, fields=changes)
    return queries.team(team_id)


def delete_team(actor: Actor, team_id: int) -> None:
    """Remove a team; what it had lies with nobody then."""
    require(actor, "settings.write")
    with transaction.atomic():
        deleted, _ = Team.objects.filter(id=team_id).delete()
        if not deleted:
            raise NotFound(f"There is no team {team_id}.")
        _record(actor, "team.changed", team_id)


# --- people --------------------------------------------------------------------------------------------


def create_staff(
    actor: Actor,
    *,
    email: str,
    name: str,
    role: str = "agent",
    language: str = "en",
    store_ids: Iterable[int] = (),
    team_ids: Iterable[int] = (),
    password: str | None = None,
    signature: str = "",
    skills: Iterable[queries.SkillInfo] = (),
) -> queries.StaffInfo:
    """Add a person. Without a password he signs in by the password-reset mail or by OIDC.

    Raises Invalid, Conflict when the address is in use.
    """
    require(actor, "staff.write")
    email = email.strip().lower()
    check_staff({"email": email, "name": name, "role": role, "language": language})
    person = Staff(email=email, name=name.strip(), role=role, language=language, signature=signature)
    _set_password(person, password)
    with name_in_use("email", email), transaction.atomic():
        person.save()
        EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
        person.stores.set(existing(Store.objects.values_list("id", flat=True), store_ids, "store_ids"))
        person.teams.set(existing(Team.objects.values_list("id", flat=True), team_ids, "team_ids"))
        _write_skills(person.id, skills)
        _record(actor, "staff.changed", person.id)
    _changed()
    return queries.staff_member(person.id)


def update_staff(actor: Actor, staff_id: int, changes: Mapping[str, object]) -> queries.StaffInfo:
    """Change a person: email, name, role, language, signature, active, store_ids, team_ids.

    Raises Conflict where it would leave Pult without an active admin.
    """
    require(actor, "staff.write")
    only(changes, {"email", "name", "role", "language", "signature", "active", "store_ids", "team_ids"})
    check_staff(changes)
    with name_in_use("email", str(changes.get("email", ""))), transaction.atomic():
        person = Staff.objects.select_for_update().filter(id=staff_id).first()
        if person is None:
            raise NotFound(f"There is no staff member {staff_id}.")
        was_admin = person.is_active and person.role == Staff.Role.ADMIN
        if "email" in changes:
            _move_email(person, str(changes["email"]).strip().lower())
        for field in ("name", "role", "language", "signature"):
            if field in changes:
                setattr(person, field, changes[field])
        if "active" in changes:
            person.is_active = bool(changes["active"])
        person.save()
        if was_admin and not Staff.objects.filter(role=Staff.Role.ADMIN, is_active=True).exists():
            raise Conflict("last-admin", field="role")
        if "store_ids" in changes:
            wanted = id_list(changes["store_ids"], "store_ids")
            person.stores.set(existing(Store.objects.values_list("id", flat=True), wanted, "store_ids"))
        if "team_ids" in changes:
            wanted = id_list(changes["team_ids"], "team_ids")
            person.teams.set(existing(Team.objects.values_list("id", flat=True), wanted, "team_ids"))
        if not person.is_active:
            sessions.end_all(staff_id)
            ApiToken.objects.filter(staff_id=staff_id, revoked_at=None).update(revoked_at=timezone.now())
        _record(actor, "staff.changed", staff_id, fields=changes)
    _changed()
    return queries.staff_member(staff_id)


def invite(actor: Actor, staff_id: int) -> None:
    """Mail a person the link with which he chooses his first password. Raises NotFound."""
    require(actor, "staff.write")
    person = Staff.objects.filter(id=staff_id, is_active=True).first()
    if person is None:
        raise NotFound(f"There is no active staff member {staff_id}.")
    key = f"{user_pk_to_url_str(person)}-{EmailAwarePasswordResetTokenGenerator().make_token(person)}"
    address = settings.HEADLESS_FRONTEND_URLS["account_reset_password_from_key"].format(key=key)
    mail.post_invitation(person.email, name=person.get_short_name(), language=person.language, url=address)


def set_password(actor: Actor, staff_id: int, password: str) -> None:
    """Give a person a new password; all his sessions end. Raises Invalid where it is too weak."""
    require(actor, "staff.write")
    with transaction.atomic():
        person = Staff.objects.select_for_update().filter(id=staff_id).first()
        if person is None:
            raise NotFound(f"There is no staff member {staff_id}.")
        _set_password(person, password)
        person.save(update_fields=["password"])
        sessions.end_all(staff_id)
        _record(actor, "staff.changed", staff_id, fields=["password"])
    _changed()


def set_skills(actor: Actor, staff_id: int, skills: Iterable[queries.SkillInfo]) -> list[queries.SkillInfo]:
    """Replace what a person does well: channels, languages and topics, each with a level from 1 to 5."""
    require(actor, "staff.write")
    with transaction.atomic():
        if not Staff.objects.select_for_update().filter(id=staff_id).exists():
            raise NotFound(f"There is no staff member {staff_id}.")
        _write_skills(staff_id, skills)
        _record(actor, "staff.changed", staff_id, fields=["skills"])
    return queries.staff_member(staff_id).skills


def update_me(actor: Actor, changes: Mapping[str, object]) -> None:
    """Change what a person may change of himself: name, language, signature, preferences (merged by key)."""
    if actor.staff_id is None or "write" not in actor.scopes:
        raise PermissionDenied("write")
    only(changes, {"name", "language", "signature", "preferences"})
    check_staff(changes)
    with transaction.atomic():
        person = Staff.objects.select_for_update().get(id=actor.staff_id)
        for field in ("name", "language", "signature"):
            if field in changes:
                setattr(person, field, changes[field])
        wishes = changes.get("preferences", {})
        if not isinstance(wishes, Mapping):
            raise Invalid("shape", field="preferences")
        merged = {**person.preferences, **wishes}
        person.preferences = {key: value for key, value in merged.items() if value is not None}
        if len(msgspec.json.encode(person.preferences)) > PREFERENCES_LIMIT:
            raise Invalid("too-large", field="preferences")
        person.save(update_fields=["name", "language", "signature", "preferences"])
        _record(actor, "staff.changed", person.id, fields=changes)
    _changed()


# --- tokens --------------------------------------------------------------------------------------------


def issue_token(
    actor: Actor,
    *,
    staff_id: int,
    name: str,
    scopes: Iterable[str] = ("read",),
    expires_at: datetime | None = None,
) -> IssuedToken:
    """Make a token that acts for a person, within `scopes`. The secret is returned once and kept nowhere.

    A person makes tokens for himself; an admin for anybody. Nobody gives more than he has.
    """
    _may_handle_tokens_of(actor, staff_id)
    wanted = frozenset(scopes)
    if not wanted or not wanted <= frozenset(SCOPES):
        raise Invalid("choice", field="scopes", choices=", ".join(SCOPES))
    if not wanted <= actor.scopes:
        raise PermissionDenied(f"scope {', '.join(sorted(wanted - actor.scopes))}")
    if not name.strip() or len(name) > 120:
        raise Invalid("length", field="name", limit=120)
    now = timezone.now()
    if expires_at is not None and expires_at <= now:
        raise Invalid("expired", field="expires_at")
    if not Staff.objects.filter(id=staff_id, is_active=True).exists():
        raise NotFound(f"There is no active staff member {staff_id}.")
    prefix = secrets.token_hex(5)
    secret = f"pult_{prefix}_{secrets.token_hex(32)}"
    with transaction.atomic():
        made = ApiToken.objects.create(
            staff_id=staff_id,
            name=name.strip(),
            prefix=prefix,
            digest=digest_of(secret),
            scopes=[scope for scope in SCOPES if scope in wanted],
            created_at=now,
            expires_at=expires_at,
        )
        _record(actor, "token.issued", made.id)
    return IssuedToken(secret=secret, token=queries.token(made.id))


def revoke_token(actor: Actor, token_id: int) -> None:
    """End a token; it opens nothing any more within CACHE_SECONDS, everywhere."""
    if actor.kind == "token":
        require(actor, "staff.write")
    held = queries.token(token_id)
    _may_handle_tokens_of(actor, held.staff_id)
    with transaction.atomic():
        if ApiToken.objects.filter(id=token_id, revoked_at=None).update(revoked_at=timezone.now()):
            _record(actor, "token.revoked", token_id)
    _changed()


def rotate_token(actor: Actor, token_id: int, *, overlap: timedelta = timedelta(0)) -> IssuedToken:
    """Make a new token like this one and end this one, at once or after `overlap`."""
    if actor.kind == "token":
        require(actor, "staff.write")
    held = queries.token(token_id)
    _may_handle_tokens_of(actor, held.staff_id)
    if held.revoked_at is not None:
        raise Conflict("revoked")
    with transaction.atomic():
        fresh = issue_token(
            actor, staff_id=held.staff_id, name=held.name, scopes=held.scopes, expires_at=held.expires_at
        )
        if overlap > timedelta(0):
            end = timezone.now() + overlap
            if held.expires_at is None or end < held.expires_at:
                ApiToken.objects.filter(id=token_id).update(expires_at=end)
        else:
            revoke_token(actor, token_id)
    _changed()
    return fresh


def _may_handle_tokens_of(actor: Actor, staff_id: int) -> None:
    if actor.kind != "staff" or actor.staff_id != staff_id:
        require(actor, "staff.write")


def erase(customer_id: int) -> int:
    """Take a customer out of the access log: the lines stay, and say no longer whose data it was.

    But who erased the customer stays, with the id that by then is all there is. Called when a customer is erased;
    returns how many lines it touched.
    """
    lines = AccessLog.objects.filter(customer_id=customer_id).exclude(kind="erase")
    return lines.update(customer_id=None, subject_ids=[])


def _record(
    actor: Actor, kind: str, entity_id: int, *, store_id: int | None = None, fields: Iterable[str] = ()
) -> None:
    """Write the event row that commits with the change."""
    data = {"fields": sorted(fields)} if fields else {}
    events.append(kind, scope_id=store_id, entity_id=entity_id, actor=actor.ref, data=data)


def _changed() -> None:
    """What this process remembers is stale now, and once more when the change is committed."""
    forget()
    transaction.on_commit(forget)


def _set_password(person: Staff, password: str | None) -> None:
    if password is not None:
        try:
            validate_password(password, person)
        except ValidationError as error:
            raise Invalid("password", field="password", what=" ".join(error.messages)) from error
    person.set_password(password)


def _move_email(person: Staff, email: str) -> None:
    if email != person.email:
        person.email = email
        EmailAddress.objects.filter(user=person).delete()
        EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)


def _write_skills(staff_id: int, skills: Iterable[queries.SkillInfo]) -> None:
    rows = []
    for skill in skills:
        if skill.kind not in SKILL_KINDS or not skill.value.strip() or len(skill.value) > 40:
            raise Invalid("skill", field="skills")
        if not 1 <= skill.level <= 5:
            raise Invalid("skill-level", field="skills")
        rows.append(Skill(staff_id=staff_id, kind=skill.kind, value=skill.value.strip(), level=skill.level))
    if len({(row.kind, row.value) for row in rows}) < len(rows):
        raise Invalid("skill-twice", field="skills")
    Skill.objects.filter(staff_id=staff_id).delete()
    Skill.objects.bulk_create(rows)
