"""The doors to the people, teams and stores of the company."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from pult.accounts import access, actions, queries
from pult.web.api.accounts import Language, Role, TeamRef
from pult.web.api.answers import answer, empty, once
from pult.web.api.auth import actor_of

router = Router(tags=["admin"])


class SkillOut(Schema):
    kind: Literal["channel", "language", "topic"]
    value: str = Field(max_length=40)
    level: int = Field(ge=1, le=5)


class StaffOut(Schema):
    id: int
    name: str
    email: str
    role: Role
    language: str
    signature: str
    active: bool
    store_ids: list[int]
    team_ids: list[int]
    skills: list[SkillOut]
    created_at: datetime
    last_sign_in_at: datetime | None


class PeopleOut(Schema):
    items: list[StaffOut]
    next: str | None


class StaffIn(Schema):
    """A new person. With `invite` the link for the first password is mailed."""

    email: str = Field(max_length=254)
    name: str = Field(max_length=120)
    role: Role = "agent"
    language: Language = "en"
    store_ids: list[int] = Field(default_factory=list, max_length=200)
    team_ids: list[int] = Field(default_factory=list, max_length=200)
    signature: str = Field(default="", max_length=4_000)
    skills: list[SkillOut] = Field(default_factory=list, max_length=100)
    invite: bool = False


class StaffChanges(Schema):
    """Only the fields that are sent are changed."""

    email: str | None = Field(default=None, max_length=254)
    name: str | None = Field(default=None, max_length=120)
    role: Role | None = None
    language: Language | None = None
    signature: str | None = Field(default=None, max_length=4_000)
    active: bool | None = None
    store_ids: list[int] | None = Field(default=None, max_length=200)
    team_ids: list[int] | None = Field(default=None, max_length=200)


class SkillsIn(Schema):
    skills: list[SkillOut] = Field(max_length=100)


class StoreOut(Schema):
    id: int
    name: str
    language: str
    languages: list[str]
    currency: str
    time_zone: str
    address: dict[str, str]
    signature: str
    active: bool


class StoresOut(Schema):
    items: list[StoreOut]
    next: str | None


class StoreIn(Schema):
    name: str = Field(max_length=120)
    language: Language
    languages: list[Language] = Field(default_factory=list, max_length=5)
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    time_zone: str = Field(default="Europe/Ljubljana", max_length=64)
    address: dict[str, str] = Field(default_factory=dict)
    signature: str = Field(default="", max_length=4_000)


class StoreChanges(Schema):
    """Only the fields that are sent are changed."""

    name: str | None = Field(default=None, max_length=120)
    language: Language | None = None
    languages: list[Language] | None = Field(default=None, max_length=5)
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")
    time_zone: str | None = Field(default=None, max_length=64)
    address: dict[str, str] | None = None
    signature: str | None = Field(default=None, max_length=4_000)
    active: bool | None = None


class TeamsOut(Schema):
    items: list[TeamRef]
    next: str | None


class TeamIn(Schema):
    name: str = Field(max_length=120)
    store_id: int | None = None


class TeamChanges(Schema):
    """Only the fields that are sent are changed; store_id null makes it a team of all stores."""

    name: str | None = Field(default=None, max_length=120)
    store_id: int | None = None


def sent(body: Schema) -> dict[str, object]:
    """Return the fields that the request sent and did not leave null."""
    return body.model_dump(exclude_unset=True, exclude_none=True)


def skills_of(given: list[SkillOut]) -> list[queries.SkillInfo]:
    """Return skills as accounts take them."""
    return [queries.SkillInfo(kind=skill.kind, value=skill.value, level=skill.level) for skill in given]


# --- people --------------------------------------------------------------------------------------------


@router.get("/staff", response=PeopleOut)
def staff(request: HttpRequest) -> HttpResponse:
    """Everybody, also those who have left, by name."""
    access.require(actor_of(request), "staff.write")
    return answer({"items": queries.staff(), "next": None})


@router.post("/staff", response={201: StaffOut})
def create_staff(request: HttpRequest, body: StaffIn) -> HttpResponse:
    """Add a person."""
    actor = actor_of(request)

    def write() -> queries.StaffInfo:
        made = actions.create_staff(
            actor,
            email=body.email,
            name=body.name,
            role=body.role,
            language=body.language,
            store_ids=body.store_ids,
            team_ids=body.team_ids,
            signature=body.signature,
            skills=skills_of(body.skills),
        )
        if body.invite:
            actions.invite(actor, made.id)
        return made

    return once(request, actor, write)


@router.get("/staff/{staff_id}", response=StaffOut)
def staff_member(request: HttpRequest, staff_id: int) -> HttpResponse:
    """One person."""
    access.require(actor_of(request), "staff.write")
    return answer(queries.staff_member(staff_id))


@router.patch("/staff/{staff_id}", response=StaffOut)
def change_staff(request: HttpRequest, staff_id: int, body: StaffChanges) -> HttpResponse:
    """Change a person; `active: false` ends his sessions and tokens at once."""
    return answer(actions.update_staff(actor_of(request), staff_id, sent(body)))


@router.put("/staff/{staff_id}/skills", response=StaffOut)
def set_skills(request: HttpRequest, staff_id: int, body: SkillsIn) -> HttpResponse:
    """Replace what a person does well."""
    actions.set_skills(actor_of(request), staff_id, skills_of(body.skills))
    return answer(queries.staff_member(staff_id))


@router.post("/staff/{staff_id}/invitation", response={204: None})
def invite(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Mail a person the link with which he chooses a password."""
    actions.invite(actor_of(request), staff_id)
    return empty()


# --- stores and teams ----------------------------------------------------------------------------------


@router.get("/stores", response=StoresOut)
def stores(request: HttpRequest) -> HttpResponse:
    """All stores by name, also those that are closed."""
    access.require(actor_of(request), "settings.write")
    return answer({"items": queries.stores(), "next": None})


@router.post("/stores", response={201: StoreOut})
def create_store(request: HttpRequest, body: StoreIn) -> HttpResponse:
    """Open a store."""
    actor = actor_of(request)
    return once(request, actor, lambda: actions.create_store(actor, **body.model_dump()))


@router.patch("/stores/{store_id}", response=StoreOut)
def change_store(request: HttpRequest, store_id: int, body: StoreChanges) -> HttpResponse:
    """Change a store."""
    return answer(actions.update_store(actor_of(request), store_id, sent(body)))


@router.get("/teams", response=TeamsOut)
def teams(request: HttpRequest) -> HttpResponse:
    """All teams by name."""
    access.require(actor_of(request), "settings.write")
    return answer({"items": queries.teams(), "next": None})


@router.post("/teams", response={201: TeamRef})
def create_team(request: HttpRequest, body: TeamIn) -> HttpResponse:
    """Make a team."""
    actor = actor_of(request)
    return once(request, actor, lambda: actions.create_team(actor, name=body.name, store_id=body.store_id))


@router.patch("/teams/{team_id}", response=TeamRef)
def change_team(request: HttpRequest, team_id: int, body: TeamChanges) -> HttpResponse:
    """Change a team."""
    changes = body.model_dump(exclude_unset=True)
    return answer(actions.update_team(actor_of(request), team_id, changes))


@router.delete("/teams/{team_id}", response={204: None})
def delete_team(request: HttpRequest, team_id: int) -> HttpResponse:
    """Remove a team."""
    actions.delete_team(actor_of(request), team_id)
    return empty()
