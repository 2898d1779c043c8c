"""What others may read of stores, teams, people, skills and tokens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import msgspec
from django.db.models import QuerySet

from pult.accounts.errors import NotFound
from pult.accounts.models import AccessLog, ApiToken, Skill, Staff, Store, Team
from pult.platform import paging


class StoreInfo(msgspec.Struct, frozen=True):
    """One shop front."""

    id: int
    name: str
    language: str
    languages: list[str]
    currency: str
    time_zone: str
    address: dict[str, str]
    signature: str
    active: bool


class TeamInfo(msgspec.Struct, frozen=True):
    """People who share work; `store_id` None means a team for all stores."""

    id: int
    name: str
    store_id: int | None


class SkillInfo(msgspec.Struct, frozen=True):
    """What somebody does well; level 1 (a little) to 5 (excellent)."""

    kind: str
    value: str
    level: int


class StaffInfo(msgspec.Struct, frozen=True):
    """A person of the company. `store_ids` are memberships: an admin sees all stores all the same."""

    id: int
    name: str
    email: str
    role: str
    language: str
    signature: str
    active: bool
    store_ids: list[int]
    team_ids: list[int]
    skills: list[SkillInfo]
    created_at: datetime
    last_sign_in_at: datetime | None


class TokenInfo(msgspec.Struct, frozen=True):
    """A program's key, without its secret."""

    id: int
    staff_id: int
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class Reading(msgspec.Struct, frozen=True):
    """One line of the access log: who read whose data, when, in what way, from where."""

    id: int
    at: datetime
    actor: str
    name: str
    kind: str
    subject: str
    subject_ids: list[int]
    customer_id: int | None
    address: str | None


class Readings(msgspec.Struct, frozen=True):
    """A page of the access log; `next` is where the following one begins."""

    items: list[Reading]
    next: str | None


class Profile(msgspec.Struct, frozen=True):
    """What a person keeps for himself."""

    name: str
    language: str
    email: str
    signature: str
    preferences: dict[str, object]
    team_ids: list[int]


_STORE = ("id", "name", "language", "languages", "currency", "time_zone", "address", "signature", "active")
_TOKEN = (
    "id", "staff_id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at",
)  # fmt: skip


def stores(ids: Iterable[int] | None = None, *, active_only: bool = False) -> list[StoreInfo]:
    """Return stores by name: all, those of `ids`, or only the active ones."""
    rows = Store.objects.order_by("name")
    if ids is not None:
        rows = rows.filter(id__in=list(ids))
    if active_only:
        rows = rows.filter(active=True)
    return [StoreInfo(*row) for row in rows.values_list(*_STORE)]


def store(store_id: int) -> StoreInfo:
    """Return one store. Raises NotFound."""
    found = stores([store_id])
    if not found:
        raise NotFound(f"There is no store {store_id}.")
    return found[0]


def teams() -> list[TeamInfo]:
    """Return all teams by name."""
    return [TeamInfo(*row) for row in Team.objects.order_by("name").values_list("id", "name", "store_id")]


def team(team_id: int) -> TeamInfo:
    """Return one team. Raises NotFound."""
    row = Team.objects.filter(id=team_id).values_list("id", "name", "store_id").first()
    if row is None:
        raise NotFound(f"There is no team {team_id}.")
    return TeamInfo(*row)


def staff(ids: Iterable[int] | None = None, *, active_only: bool = False) -> list[StaffInfo]:
    """Return people by name, with their stores, teams and skills, in four queries however many they are."""
    people = Staff.objects.order_by("name", "id")
    if ids is not None:
        people = people.filter(id__in=list(ids))
    if active_only:
        people = people.filter(is_active=True)
    rows = list(
        people.values_list(
            "id", "name", "email", "role", "language", "signature", "is_active", "date_joined", "last_login"
        )
    )
    wanted = [row[0] for row in rows]
    store_ids: defaultdict[int, list[int]] = defaultdict(list)
    for staff_id, store_id in Staff.stores.through.objects.filter(staff_id__in=wanted).values_list(
        "staff_id", "store_id"
    ):
        store_ids[staff_id].append(store_id)
    team_ids: defaultdict[int, list[int]] = defaultdict(list)
    for staff_id, team_id in Staff.teams.through.objects.filter(staff_id__in=wanted).values_list("staff_id", "team_id"):
        team_ids[staff_id].append(team_id)
    skills: defaultdict[int, list[SkillInfo]] = defaultdict(list)
    for staff_id, kind, value, level in Skill.objects.filter(staff_id__in=wanted).values_list(
        "staff_id", "kind", "value", "level"
    ):
        skills[staff_id].append(SkillInfo(kind, value, level))
    return [
        StaffInfo(
            id=staff_id,
            name=name,
            email=email,
            role=role,
            language=language,
            signature=signature,
            active=active,
            store_ids=sorted(store_ids[staff_id]),
            team_ids=sorted(team_ids[staff_id]),
            skills=sorted(skills[staff_id], key=lambda skill: (skill.kind, skill.value)),
            created_at=created_at,
            last_sign_in_at=last_sign_in_at,
        )
        for staff_id, name, email, role, language, signature, active, created_at, last_sign_in_at in rows
    ]


def staff_member(staff_id: int) -> StaffInfo:
    """Return one person. Raises NotFound."""
    found = staff([staff_id])
    if not found:
        raise NotFound(f"There is no staff member {staff_id}.")
    return found[0]


def staff_names(ids: Iterable[int]) -> dict[int, str]:
    """Return names by id, in one query."""
    return dict(Staff.objects.filter(id__in=set(ids)).values_list("id", "name"))


def staff_id_by_email(email: str) -> int | None:
    """Return who has this address, whatever its case."""
    return Staff.objects.filter(email__iexact=email.strip()).values_list("id", flat=True).first()


def profile(staff_id: int) -> Profile:
    """Return what a person keeps for himself. Raises NotFound."""
    columns = ("name", "language", "email", "signature", "preferences")
    row = Staff.objects.filter(id=staff_id).values_list(*columns).first()
    if row is None:
        raise NotFound(f"There is no staff member {staff_id}.")
    memberships = Staff.teams.through.objects.filter(staff_id=staff_id).values_list("team_id", flat=True)
    return Profile(row[0], row[1], row[2], row[3], row[4], sorted(memberships))


def signature(store_id: int, staff_id: int | None) -> str:
    """Return what goes under a reply: the person's own signature, or the store's where he has none.

    `{name}` and `{store}` in it become the person's and the store's names. Raises NotFound.
    """
    store(store_id)
    return signatures([store_id], staff_id)[store_id]


def signatures(store_ids: Iterable[int], staff_id: int | None) -> dict[int, str]:
    """Return by store what goes under a person's replies there, in two queries."""
    person = Staff.objects.filter(id=staff_id).values_list("name", "signature").first() if staff_id else None
    name, own = person or ("", "")
    return {
        shop.id: (own or shop.signature).replace("{name}", name).replace("{store}", shop.name).strip()
        for shop in stores(store_ids)
    }


def tokens(staff_id: int | None = None) -> list[TokenInfo]:
    """Return tokens, newest first: one person's, or all."""
    rows = ApiToken.objects.order_by("-id")
    if staff_id is not None:
        rows = rows.filter(staff_id=staff_id)
    return [TokenInfo(*row) for row in rows.values_list(*_TOKEN)]


def token(token_id: int) -> TokenInfo:
    """Return one token. Raises NotFound."""
    row = ApiToken.objects.filter(id=token_id).values_list(*_TOKEN).first()
    if row is None:
        raise NotFound(f"There is no token {token_id}.")
    return TokenInfo(*row)


class LogFilter(msgspec.Struct, frozen=True):
    """What the access log is narrowed to: one customer's lines, one actor's (`staff:3`, `token:9`), of one kind, of one
    door (`staff`: the screen, `token`: the API, `link`: a link), from `since` on and before `until`."""

    customer_id: int | None = None
    actor_ref: str = ""
    kind: str = ""
    door: str = ""
    since: datetime | None = None
    until: datetime | None = None


_SLACK = 1_000
"""Lines that were written at once may have their ids in another order than their times."""


def access_log(
    *,
    customer_id: int | None = None,
    actor_ref: str = "",
    kind: str = "",
    after: str = "",
    limit: int = 50,
    narrowed: LogFilter | None = None,
) -> Readings:
    """Return a page of the access log, newest first: all of it, or what it is narrowed to.

    `after` is the `next` of the page before. A line about a conversation that was opened carries its customer; a list
    or search names only the conversations it showed. Raises BadCursor.
    """
    wanted = narrowed or LogFilter(customer_id, actor_ref, kind)
    rows = _log_rows(wanted)
    if after:
        rows = rows.filter(id__lt=paging.id_of(after))
    fields = ("id", "at", "actor", "kind", "subject", "subject_ids", "customer_id", "address")
    found = list(rows.values_list(*fields)[: limit + 1])
    names = actor_names(row[2] for row in found)
    items = [Reading(row[0], row[1], row[2], names.get(row[2], ""), *row[3:]) for row in found[:limit]]
    return Readings(items=items, next=str(items[-1].id) if len(found) > limit else None)


def _log_rows(wanted: LogFilter) -> QuerySet[AccessLog]:
    """Return the lines in question, newest first: by their ids, which their times bound, so that no page is sorted."""
    rows = AccessLog.objects.order_by("-id")
    if wanted.customer_id is not None:
        rows = rows.filter(customer_id=wanted.customer_id)
    if wanted.actor_ref:
        rows = rows.filter(actor=wanted.actor_ref)
    elif wanted.door:
        rows = rows.filter(actor__startswith=f"{wanted.door}:")
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.since is not None:
        first = AccessLog.objects.filter(at__gte=wanted.since).order_by("at").values_list("id", flat=True).first()
        rows = rows.filter(at__gte=wanted.since, id__gte=(first or _SLACK) - _SLACK)
    if wanted.until is not None:
        last = AccessLog.objects.filter(at__lt=wanted.until).order_by("-at").values_list("id", flat=True).first()
        rows = rows.filter(at__lt=wanted.until, id__lte=(last or 0) + _SLACK)
    return rows


def actor_names(refs: Iterable[str]) -> dict[str, str]:
    """Return the names behind `staff:3` and `token:9`, in two queries at most."""
    wanted = set(refs)
    staff_ids = {int(ref[6:]) for ref in wanted if ref.startswith("staff:")}
    token_ids = {int(ref[6:]) for ref in wanted if ref.startswith("token:")}
    found = {f"staff:{key}": name for key, name in (staff_names(staff_ids) if staff_ids else {}).items()}
    if token_ids:
        rows = ApiToken.objects.filter(id__in=token_ids).values_list("id", "name")
        found |= {f"token:{key}": name for key, name in rows}
    return found


def export(customer_id: int) -> list[dict[str, object]]:
    """Return every line of the access log about a customer, for a copy of his data: who read it, and when."""
    lines: list[dict[str, object]] = []
    after = ""
    while True:
        page = access_log(customer_id=customer_id, after=after, limit=1000)
        lines += [{"at": line.at.isoformat(), "by": line.name or line.actor, "kind": line.kind} for line in page.items]
        if page.next is None:
            return lines
        after = page.next
