"""Who is asking, and what they may do: the few functions through which every door of Pult goes.

API tokens and sessions are read on every request, so both are one explicit query without model objects, kept
in this process for CACHE_SECONDS at most. A revoked token or a deactivated person is therefore locked out
everywhere within that time, and at once in the process that did it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Generic, TypeVar

import msgspec
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from pult.accounts.errors import PermissionDenied
from pult.platform.db import time_in

__all__ = [
    "PERMISSIONS",
    "SCOPES",
    "SYSTEM",
    "Actor",
    "PermissionDenied",
    "actor_of_session",
    "actor_of_staff",
    "authenticate_token",
    "permissions",
    "require",
    "visible_stores",
]

CACHE_SECONDS = 5.0
LAST_USED_EVERY = timedelta(minutes=1)

SCOPES = ("read", "write", "admin")

_AGENTS = frozenset({"agent", "lead", "admin"})
_LEADS = frozenset({"lead", "admin"})
_ADMINS = frozenset({"admin"})

# permission: (roles that have it, scope that a token needs for it). A colleague has no seat and so none of
# these: a colleague reads only the conversations in which somebody asked him.
PERMISSIONS: Mapping[str, tuple[frozenset[str], str]] = {
    "conversations.read": (_AGENTS, "read"),
    "conversations.write": (_AGENTS, "write"),
    "messages.undo": (_LEADS, "write"),  # another's; one's own needs conversations.write only
    "tags.manage": (_LEADS, "write"),
    "views.manage": (_LEADS, "write"),  # shared views of others
    "customers.read": (_AGENTS, "read"),
    "customers.write": (_AGENTS, "write"),
    "customers.merge": (_AGENTS, "write"),
    "orders.act": (_AGENTS, "write"),  # up to the limits of the role, above them with a second person
    "orders.approve": (_LEADS, "write"),
    "customers.export": (_LEADS, "read"),
    "customers.erase": (_ADMINS, "admin"),
    "reports.read": (_LEADS, "read"),
    "log.read": (_LEADS, "read"),
    "settings.write": (_ADMINS, "admin"),
    "staff.write": (_ADMINS, "admin"),
}


class Actor(msgspec.Struct, frozen=True):
    """Somebody who asks: a signed-in person, a program with a token, or Pult itself.

    `store_ids` are the stores whose conversations the actor sees (for an admin all of them); `scopes` limit
    a token and are all three for a person.
    """

    kind: str
    id: int
    staff_id: int | None
    name: str
    role: str
    store_ids: frozenset[int]
    scopes: frozenset[str]
    language: str

    @property
    def ref(self) -> str:
        """The form kept in events and logs: `staff:3`, `token:9` or `system`."""
        return "system" if self.kind == "system" else f"{self.kind}:{self.id}"


SYSTEM = Actor(
    kind="system",
    id=0,
    staff_id=None,
    name="Pult",
    role="admin",
    store_ids=frozenset(),
    scopes=frozenset(SCOPES),
    language="en",
)


def permissions(actor: Actor) -> frozenset[str]:
    """Return everything the actor may do."""
    return frozenset(
        name for name, (roles, scope) in PERMISSIONS.items() if actor.role in roles and scope in actor.scopes
    )


def require(actor: Actor, permission: str) -> None:
    """Let the actor pass or raise PermissionDenied; a permission nobody defined raises KeyError."""
    roles, scope = PERMISSIONS[permission]
    if actor.role not in roles or scope not in actor.scopes:
        raise PermissionDenied(permission)


def visible_stores(actor: Actor) -> frozenset[int]:
    """Return the ids of the stores whose conversations the actor may see; a colleague sees none."""
    if actor.kind == "system":
        return _all_store_ids()
    return actor.store_ids if actor.role in _AGENTS else frozenset()


# --- the two hot reads ---------------------------------------------------------------------------------

T = TypeVar("T")


class _Brief(Generic[T]):
    """A small dictionary that forgets after CACHE_SECONDS and never holds more than `size`."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._rows: dict[str, tuple[float, T]] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> T | None:
        row = self._rows.get(key)
        return row[1] if row is not None and row[0] > time.monotonic() else None

    def put(self, key: str, value: T) -> None:
        with self._lock:
            if len(self._rows) >= self._size:
                now = time.monotonic()
                self._rows = {k: row for k, row in self._rows.items() if row[0] > now}
                if len(self._rows) >= self._size:
                    self._rows.clear()
            self._rows[key] = (time.monotonic() + CACHE_SECONDS, value)

    def clear(self) -> None:
        with self._lock:
            self._rows.clear()


class _StaffRow(msgspec.Struct, frozen=True):
    actor: Actor
    password: str


_tokens: _Brief[Actor] = _Brief(1024)
_staff: _Brief[_StaffRow] = _Brief(1024)


def forget() -> None:
    """Drop what this process remembers of tokens and people; called after any of them changes."""
    _tokens.clear()
    _staff.clear()


# Admins see every store, the others the ones they are members of; a person without stores gives one row.
_STORES_OF_S = """
    LEFT JOIN accounts_store st ON (s.role = 'admin' OR EXISTS (
        SELECT 1 FROM accounts_staff_stores m WHERE m.staff_id = s.id AND m.store_id = st.id))
"""
_TOKEN_SQL = f"""
    SELECT t.id, t.digest, t.scopes, t.last_used_at IS NULL OR t.last_used_at < %s,
           s.id, s.name, s.role, s.language, st.id
    FROM accounts_apitoken t JOIN accounts_staff s ON s.id = t.staff_id {_STORES_OF_S}
    WHERE t.prefix = %s AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > %s)
        AND s.is_active
"""
_STAFF_SQL = f"""
    SELECT s.id, s.name, s.role, s.language, s.password, st.id
    FROM accounts_staff s {_STORES_OF_S}
    WHERE s.id = %s AND s.is_active
"""


def digest_of(token: str) -> str:
    """Return the SHA-256 under which a token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def authenticate_token(header_value: str) -> Actor | None:
    """Return who holds the token, or None if it is unknown, revoked or expired or its person deactivated.

    `header_value` is `pult_<prefix>_<secret>`, with or without `Bearer ` before it.
    """
    token = header_value.strip()
    if token[:7].lower() == "bearer ":
        token = token[7:].strip()
    parts = token.split("_", 2)
    if len(parts) != 3 or parts[0] != "pult" or len(token) > 200:
        return None
    digest = digest_of(token)
    known = _tokens.get(digest)
    if known is not None:
        return known
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_TOKEN_SQL, [time_in(now - LAST_USED_EVERY), parts[1], time_in(now)])
        rows = cursor.fetchall()
        if not rows or not hmac.compare_digest(str(rows[0][1]), digest):
            return None
        token_id, _, scopes, unused_for_a_while, staff_id, name, role, language, _ = rows[0]
        if unused_for_a_while:
            cursor.execute("UPDATE accounts_apitoken SET last_used_at = %s WHERE id = %s", [time_in(now), token_id])
    actor = Actor(
        kind="token",
        id=token_id,
        staff_id=staff_id,
        name=name,
        role=role,
        store_ids=_ids(row[-1] for row in rows),
        scopes=frozenset(json.loads(scopes)),
        language=language,
    )
    _tokens.put(digest, actor)
    return actor


def actor_of_staff(staff_id: int) -> Actor | None:
    """Return the person as an actor, or None if there is no such active person."""
    row = _staff_row(staff_id)
    return row.actor if row else None


def actor_of_session(session: Mapping[str, object]) -> Actor | None:
    """Return who is signed in with this Django session, or None.

    `session` is the loaded session (request.session, or a SessionStore). A session begun before the person's
    password changed is over: its hash no longer fits.
    """
    raw_id = session.get(SESSION_KEY)
    if raw_id is None or not session.get(BACKEND_SESSION_KEY):
        return None
    row = _staff_row(int(str(raw_id)))
    if row is None:
        return None
    held = str(session.get(HASH_SESSION_KEY, ""))
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return row.actor if any(hmac.compare_digest(held, _session_hash(row.password, key)) for key in keys) else None


def _session_hash(password: str, key: str) -> str:
    """AbstractBaseUser.get_session_auth_hash without loading a person."""
    salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
    return salted_hmac(salt, password, secret=key, algorithm="sha256").hexdigest()


def _staff_row(staff_id: int) -> _StaffRow | None:
    known = _staff.get(str(staff_id))
    if known is not None:
        return known
    with connection.cursor() as cursor:
        cursor.execute(_STAFF_SQL, [staff_id])
        rows = cursor.fetchall()
    if not rows:
        return None
    _, name, role, language, password, _ = rows[0]
    actor = Actor(
        kind="staff",
        id=staff_id,
        staff_id=staff_id,
        name=name,
        role=role,
        store_ids=_ids(row[-1] for row in rows),
        scopes=frozenset(SCOPES),
        language=language,
    )
    row = _StaffRow(actor=actor, password=password)
    _staff.put(str(staff_id), row)
    return row


def _all_store_ids() -> frozenset[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM accounts_store")
        return _ids(row[0] for row in cursor.fetchall())


def _ids(values: Iterable[int | None]) -> frozenset[int]:
    return frozenset(value for value in values if value is not None)
