"""Reading a mailbox by IMAP: new mail by IDLE, and after any outage on from the last UID that was stored.

The place is UIDVALIDITY with the last UID (RFC 3501, 2.3.1.1). When UIDVALIDITY changes, all from two days before the
newest known mail is looked at again: what was stored before has the same bytes, hence the same name, and is kept once.
Mails are marked or moved only where the inbox says so.

A mail whose content the server does not give (it answers without, refuses, or drops the connection) holds up nothing
behind it and is not forgotten: its UID is owed, kept with the place, asked for again, and shown until it came or is
gone from the folder.
"""

from __future__ import annotations

import hashlib
import logging
import random
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from imapclient import SEEN, IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from pult.channels.adapters.email.settings import Settings, read
from pult.channels.base import InboxInfo, Receive

log = logging.getLogger("pult.imap")

TIMEOUT = 60.0
IDLE_SECONDS = 540.0
"""Seconds of one IDLE; servers end it after half an hour (RFC 2177)."""
POLL_SECONDS = 30.0
GLANCE = 1.0
"""Seconds between looks whether to stop."""
GROUP_BYTES = 4 * 1024 * 1024
GROUP_MAILS = 100
MAX_BYTES = 50 * 1024 * 1024
HEAD_BYTES = 1024 * 1024
OVERLAP = timedelta(days=2)
OWED_SECONDS = 600.0
"""Seconds until mails that the server gave no content of are asked for again."""
MOST_OWED = 50
"""Mails without content after which it is the server that fails, not they."""
LOSSES = 2
"""Connections that may be lost over one mail before it is passed over."""
PAUSES = (1, 2, 5, 10, 30, 60, 120, 300)
LOGIN_PAUSE = 60

Save = Callable[[Mapping[str, Any] | None, str], None]
"""save(place or None, error): keeps how far the listener has read and what hinders it."""


class Place(NamedTuple):
    """How far the folder has been read. `seen_at` is the newest arrival time (INTERNALDATE) read, `owed` are the
    UIDs below that the server has not given the content of."""

    uidvalidity: int
    uid: int
    seen_at: datetime | None
    owed: tuple[int, ...] = ()

    def value(self) -> dict[str, Any]:
        """Return what is kept of it."""
        seen_at = self.seen_at.isoformat() if self.seen_at else None
        return {"uidvalidity": self.uidvalidity, "uid": self.uid, "seen_at": seen_at, "owed": list(self.owed)}

    def trouble(self) -> str:
        """Say what is owed, as the admin's list of inboxes shows it; "" when nothing is."""
        return f"withheld: {', '.join(map(str, self.owed))}" if self.owed else ""


def place_of(value: Mapping[str, Any]) -> Place | None:
    """Read back what Place.value gave; None where nothing was kept."""
    if "uidvalidity" not in value:
        return None
    seen_at = value.get("seen_at")
    moment = datetime.fromisoformat(seen_at) if seen_at else None
    return Place(int(value["uidvalidity"]), int(value["uid"]), moment, tuple(value.get("owed", ())))


class ImapListener:
    """One folder of one mailbox (a base.Listener)."""

    def __init__(self, inbox: InboxInfo, value: Mapping[str, Any], save: Save) -> None:
        self.inbox = inbox
        self.settings: Settings = read(inbox.settings)
        self.place = place_of(value)
        self._save = save
        self._failures = 0
        self._healthy = False
        self._asked: tuple[int, ...] = ()
        self._alone: set[int] = set()
        self._losses: dict[int, int] = {}
        self._owed_due = 0.0

    def run(self, receive: Receive, stop: Callable[[], bool]) -> None:
        """Read until stopped; a lost connection is made anew, after pauses that grow to five minutes."""
        while not stop():
            try:
                self._session(receive, stop)
            except (IMAPClientError, OSError, ValueError) as error:
                self._failed(error, stop)

    def _failed(self, error: Exception, stop: Callable[[], bool]) -> None:
        self._healthy = False
        if len(self._asked) == 1:
            self._losses[self._asked[0]] = self._losses.get(self._asked[0], 0) + 1
        self._alone |= set(self._asked)
        self._asked = ()
        words = str(error) or type(error).__name__
        log.warning("inbox %s: IMAP: %s", self.inbox.id, words)
        self._save(None, words)
        pause = float(PAUSES[min(self._failures, len(PAUSES) - 1)])
        if isinstance(error, LoginError):
            pause = max(pause, LOGIN_PAUSE)
        self._failures += 1
        until = time.monotonic() + pause * random.uniform(0.8, 1.2)  # noqa: S311
        while not stop() and time.monotonic() < until:
            time.sleep(min(GLANCE, 0.2))

    def _session(self, receive: Receive, stop: Callable[[], bool]) -> None:
        client = self._connect()
        try:
            writes = self.settings.imap_after != "keep"
            selected = client.select_folder(self.settings.imap_folder, readonly=not writes)
            self._begin(client, selected)
            while not stop():
                self._catch_up(client, receive, stop)
                self._well()
                self._wait(client, stop)
        finally:
            _leave(client)

    def _well(self) -> None:
        self._failures = 0
        if not self._healthy:
            self._healthy = True
            self._save(None, self.place.trouble() if self.place else "")

    def _connect(self) -> IMAPClient:
        settings = self.settings
        context = ssl.create_default_context()
        if not settings.verify_certificates:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        tls = settings.imap_tls == "tls"
        client = IMAPClient(
            settings.imap_host, settings.imap_port, ssl=tls, ssl_context=context if tls else None, timeout=TIMEOUT
        )
        try:
            if settings.imap_tls == "starttls":
                client.starttls(context)
            client.login(settings.imap_user, settings.imap_password)
        except BaseException:
            _leave(client)
            raise
        return client

    def _begin(self, client: IMAPClient, selected: Mapping[bytes, Any]) -> None:
        """Find the place in the folder as the server knows it now."""
        uidvalidity = int(selected[b"UIDVALIDITY"])
        last = int(selected.get(b"UIDNEXT", 0)) - 1
        if last < 0:
            last = max(client.search(["ALL"]), default=0)
        if self.place is not None and self.place.uidvalidity == uidvalidity:
            return
        since: datetime | None = None
        if self.place is None:
            days = self.settings.imap_history_days
            since = datetime.now(UTC) - timedelta(days=days) if days else None
        else:
            log.warning("inbox %s: UIDVALIDITY changed, reading again", self.inbox.id)
            since = (self.place.seen_at or datetime.now(UTC)) - OVERLAP
        again = client.search(["SINCE", since.date()]) if since else []
        uid = min(again) - 1 if again else last
        seen_at = self.place.seen_at if self.place else None
        self._move_to(Place(uidvalidity, uid, seen_at or datetime.now(UTC)))

    def _move_to(self, place: Place) -> None:
        self._save(place.value(), place.trouble())
        self.place = place

    def _catch_up(self, client: IMAPClient, receive: Receive, stop: Callable[[], bool]) -> None:
        """Store everything above the last UID, oldest first, and keep the place after each group."""
        self._ask_owed(client, receive)
        idle_rounds = 0
        while (place := self.place) is not None and not stop():
            _told_of_mail(client)  # The search sees what was told of before it.
            found = client.search(["UID", f"{place.uid + 1}:*"])
            uids = sorted(uid for uid in found if uid > place.uid)[:GROUP_MAILS]
            if not uids:
                idle_rounds += 1
                if idle_rounds > 3 or not _told_of_mail(client):
                    return
                continue
            facts = client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
            for group in _groups(uids, facts):
                self._store(client, receive, group, facts)
                if stop():
                    return

    def _store(
        self, client: IMAPClient, receive: Receive, uids: Sequence[int], facts: Mapping[int, Mapping[bytes, Any]]
    ) -> None:
        bodies = self._fetch(client, uids, facts)
        seen_at = self._keep(client, receive, bodies, facts)
        missing = [uid for uid in uids if uid not in bodies]
        if missing:
            missing = self._still_there(client, missing)
        if missing:
            log.warning("inbox %s: the server gives no content of the mails %s", self.inbox.id, missing)
        if self.place is not None:
            owed = (*self.place.owed, *missing)
            if len(owed) > MOST_OWED:
                raise IMAPClientError(f"the server gives no content of {len(owed)} mails")
            self._move_to(Place(self.place.uidvalidity, uids[-1], seen_at, owed))

    def _keep(
        self,
        client: IMAPClient,
        receive: Receive,
        bodies: Mapping[int, bytes],
        facts: Mapping[int, Mapping[bytes, Any]],
    ) -> datetime | None:
        """Store mails, mark or move them as the inbox says, and return the newest arrival time known."""
        seen_at = self.place.seen_at if self.place else None
        for uid, body in sorted(bodies.items()):
            arrived = _utc(facts[uid].get(b"INTERNALDATE"))
            receive(self.inbox.id, *self._named(body, uid, facts[uid], arrived))
            seen_at = max(filter(None, (seen_at, arrived)), default=None)
        if self.settings.imap_after == "seen" and bodies:
            client.add_flags(list(bodies), [SEEN], silent=True)
        if self.settings.imap_after == "move" and self.settings.imap_move_to and bodies:
            self._move(client, list(bodies))
        return seen_at

    def _ask_owed(self, client: IMAPClient, receive: Receive) -> None:
        """Ask again for mails whose content the server did not give, in an order that lets each have its turn."""
        place = self.place
        if place is None or not place.owed or time.monotonic() < self._owed_due:
            return
        self._owed_due = time.monotonic() + OWED_SECONDS
        there = self._still_there(client, place.owed)
        self._owed(there)
        facts = client.fetch(there, ["RFC822.SIZE", "INTERNALDATE"]) if there else {}
        for uid in random.sample(sorted(facts), len(facts)):
            self._losses.pop(uid, None)
            body = self._ask(client, [uid], facts)
            if body:
                self._keep(client, receive, body, facts)
                self._owed([other for other in self.place.owed if other != uid] if self.place else ())

    def _owed(self, uids: Sequence[int]) -> None:
        if self.place is not None and self.place.owed != tuple(uids):
            self._move_to(self.place._replace(owed=tuple(uids)))

    def _still_there(self, client: IMAPClient, uids: Sequence[int]) -> list[int]:
        return sorted(client.search(["UID", ",".join(map(str, uids))]))

    def _named(
        self, body: bytes, uid: int, facts: Mapping[bytes, Any], arrived: datetime | None
    ) -> tuple[str, dict[str, Any], bytes]:
        """Name a mail by its content: the same mail under another UID is the same thing."""
        size = int(facts.get(b"RFC822.SIZE", len(body)))
        envelope: dict[str, Any] = {
            "transport": "imap",
            "recipients": [self.inbox.address],
            "folder": self.settings.imap_folder,
            "uid": uid,
            "arrived": arrived.isoformat() if arrived else "",
        }
        if size > MAX_BYTES:
            envelope |= {"truncated": True, "size": size}
        return f"imap:{hashlib.sha256(body).hexdigest()}", envelope, body

    def _fetch(
        self, client: IMAPClient, uids: Sequence[int], facts: Mapping[int, Mapping[bytes, Any]]
    ) -> dict[int, bytes]:
        """Return bodies by UID; what is not given with the others is asked for once more, alone."""
        bodies = {} if self._alone.intersection(uids) else self._ask(client, uids, facts)
        for uid in uids:
            if uid not in bodies:
                bodies |= self._ask(client, [uid], facts)
        self._alone.difference_update(uids)
        return bodies

    def _ask(
        self, client: IMAPClient, uids: Sequence[int], facts: Mapping[int, Mapping[bytes, Any]]
    ) -> dict[int, bytes]:
        """Return the bodies that the server gives; of a mail above 50 MiB its beginning only."""
        if len(uids) == 1 and self._losses.get(uids[0], 0) >= LOSSES:
            return {}
        huge = [uid for uid in uids if int(facts.get(uid, {}).get(b"RFC822.SIZE", 0)) > MAX_BYTES]
        part = f"BODY.PEEK[]<0.{HEAD_BYTES}>" if huge else "BODY.PEEK[]"
        key = b"BODY[]<0>" if huge else b"BODY[]"
        self._asked = tuple(uids)
        try:
            answer = client.fetch(list(uids), [part])
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            log.warning("inbox %s: the mails %s: %s", self.inbox.id, list(uids), error)
            answer = {}
        self._asked = ()
        return {uid: bytes(fields[key]) for uid, fields in answer.items() if uid in facts and fields.get(key)}

    def _move(self, client: IMAPClient, uids: list[int]) -> None:
        target = self.settings.imap_move_to
        if not client.folder_exists(target):
            client.create_folder(target)
        if client.has_capability("MOVE"):
            client.move(uids, target)
        else:
            client.copy(uids, target)
            client.delete_messages(uids, silent=True)
            client.expunge(uids if client.has_capability("UIDPLUS") else None)

    def _wait(self, client: IMAPClient, stop: Callable[[], bool]) -> None:
        """Return when there may be new mail, or to stop."""
        if not client.has_capability("IDLE"):
            until = time.monotonic() + POLL_SECONDS
            while not stop() and time.monotonic() < until:
                time.sleep(GLANCE)
            client.noop()
            return
        until = time.monotonic() + IDLE_SECONDS
        client.idle()
        news = False
        while not news and not stop() and time.monotonic() < until:
            news = any(_is_news(item) for item in client.idle_check(timeout=GLANCE))
        client.idle_done()


def _told_of_mail(client: IMAPClient) -> bool:
    """Say whether the server has told of mail (RFC 3501, 7.3.1: EXISTS) among its answers since this was asked last.

    IMAPClient hands out such answers to NOOP and IDLE only; those to other commands wait in imaplib. Who went idle
    without looking would wait for mail that the server has already told of.
    """
    told: object = client._imap.response("EXISTS")[1]
    return told != [None]


def _is_news(item: Any) -> bool:
    if isinstance(item, tuple) and item and item[0] == b"BYE":
        raise IMAPClientError("the server said goodbye")
    return isinstance(item, tuple) and len(item) > 1 and item[1] in {b"EXISTS", b"RECENT"}


def _groups(uids: Sequence[int], facts: Mapping[int, Mapping[bytes, Any]]) -> Iterator[list[int]]:
    """Split into groups of at most 4 MiB; a larger mail is a group of its own."""
    group: list[int] = []
    total = 0
    for uid in uids:
        size = int(facts.get(uid, {}).get(b"RFC822.SIZE", 0))
        if group and total + size > GROUP_BYTES:
            yield group
            group, total = [], 0
        group.append(uid)
        total += size
    if group:
        yield group


def _utc(value: object) -> datetime | None:
    """IMAPClient gives local time without a zone."""
    return value.astimezone(UTC) if isinstance(value, datetime) else None


def _leave(client: IMAPClient) -> None:
    try:
        client.socket().settimeout(2.0)
        client.logout()
    except (IMAPClientError, OSError, AttributeError):
        try:
            client.shutdown()
        except (IMAPClientError, OSError, AttributeError):
            return
