"""The built-in receiver: SMTP and LMTP on one port. It never relays, and says 250 only when the mail is stored.

Refused are, before acceptance, unknown recipients (550), what is over SIZE (552) and, while the disk is full, all
(452). Mails that arrive while one insert runs go into the next one together.
"""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import hashlib
import logging
import re
import shutil
import ssl
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from pult.channels.adapters.email.smtp_store import Directory, Store
from pult.channels.base import Incoming, ReceiveMany

log = logging.getLogger("pult.smtp")

END = b"\r\n.\r\n"
_ROUTE = re.compile(r"^@[^:]*:")
_NAMED = re.compile(rb"^(?:message-id|date)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_HEAD = 64 * 1024
_FULL = re.compile(r"disk (?:is )?full|no space left|could not extend file", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What the receiver grants. Bytes, seconds, and numbers of things at once."""

    message_bytes: int = 35 * 1024 * 1024
    buffered_bytes: int = 160 * 1024 * 1024
    connections: int = 400
    connections_per_peer: int = 100
    recipients: int = 100
    idle_seconds: float = 120.0
    free_disk_bytes: int = 64 * 1024 * 1024


@dataclasses.dataclass(slots=True)
class Shared:
    """What all connections of a receiver share."""

    directory: Directory
    store: Store
    limits: Limits
    data_dir: Path
    open: int = 0
    buffered: int = 0
    by_peer: Counter[str] = dataclasses.field(default_factory=Counter)
    busy: int = 0
    disk_checked_at: float = float("-inf")
    disk_ok: bool = True

    def disk_has_room(self) -> bool:
        """Look at the disk at most once a second."""
        now = time.monotonic()
        if now - self.disk_checked_at > 1.0:
            self.disk_checked_at = now
            self.disk_ok = shutil.disk_usage(self.data_dir).free >= self.limits.free_disk_bytes
        return self.disk_ok


class Handler:
    """What happens at each step of a session."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared

    async def handle_EHLO(
        self, server: Connection, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Advertise nothing that is not meant for a receiver: no AUTH, no HELP."""
        session.host_name = hostname[:255]
        kept = [line for line in responses if not line.startswith(("250-AUTH", "250 HELP"))]
        return ["\r\n".join([*kept, "250 PIPELINING"])]

    async def handle_MAIL(
        self, server: Connection, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender; refuse everybody while the disk is full."""
        if not self.shared.disk_has_room():
            return "452 4.3.1 Insufficient system storage, try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: Connection, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take recipients that are mailboxes here; anything else would be relaying."""
        if len(envelope.rcpt_tos) >= self.shared.limits.recipients:
            return "452 4.5.3 Too many recipients"
        try:
            found = await self.shared.directory.find(address)
        except Exception:
            log.exception("mailboxes could not be read")
            return "451 4.3.0 Temporarily unable to look up the mailbox"
        if found is None:
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        server.mailboxes.append((address, *found))
        return "250 2.1.5 OK"


class Connection(SMTP):
    """One session. Differs from aiosmtpd's in reading DATA by blocks, in lenience, and in its limits."""

    line_length_limit = 64 * 1024

    def __dir__(self) -> list[str]:
        # aiosmtpd looks through dir() for its commands at every connection: a fifth of what a mail cost here.
        return list(_COMMANDS)

    def __init__(self, shared: Shared, hostname: str, tls: ssl.SSLContext | None) -> None:
        self.shared = shared
        self.mailboxes: list[tuple[str, str, int]] = []
        self.lmtp = False
        self.counted: str | None = None
        super().__init__(
            Handler(shared),
            data_size_limit=shared.limits.message_bytes,
            enable_SMTPUTF8=True,
            hostname=hostname,
            ident="Pult",
            timeout=shared.limits.idle_seconds,
            tls_context=tls,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: Any) -> None:
        if self.counted is None:
            peer = transport.get_extra_info("peername")
            host = str(peer[0]) if isinstance(peer, tuple) else "local"
            limits = self.shared.limits
            local = host in {"127.0.0.1", "::1", "local"}
            if self.shared.open >= limits.connections or (
                not local and self.shared.by_peer[host] >= limits.connections_per_peer
            ):
                transport.write(b"421 4.3.2 Too many connections, try again later\r\n")
                self._refuse(transport)
                return
            self.counted = host
            self.shared.open += 1
            self.shared.by_peer[host] += 1
        super().connection_made(transport)

    def _refuse(self, transport: Any) -> None:
        self.counted = ""
        super().connection_made(transport)
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
        transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self.counted:
            self.shared.open -= 1
            self.shared.by_peer[self.counted] -= 1
            if not self.shared.by_peer[self.counted]:
                del self.shared.by_peer[self.counted]
            self.counted = ""
        super().connection_lost(error)

    def _set_rset_state(self) -> None:
        self.mailboxes = []
        super()._set_rset_state()  # type: ignore[no-untyped-call]

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Read `<address> parameters` as it is: odd senders are no reason to refuse a mail."""
        arg = arg.strip()
        if arg.startswith("<") and ">" in arg:
            address, _, rest = arg[1:].rpartition(">") if arg.endswith(">") else arg[1:].partition(">")
        else:
            address, _, rest = arg.partition(" ")
        address = _ROUTE.sub("", address.strip())
        if len(address) > 512 or any(ord(c) < 32 for c in address):
            return None, None
        return address or "<>", rest.strip()

    async def smtp_AUTH(self, arg: str) -> None:
        await self.push("502 5.5.1 Not offered")

    async def smtp_VRFY(self, arg: str) -> None:
        await self.push("252 2.5.0 Send some mail and see")

    async def smtp_LHLO(self, arg: str) -> None:
        """LMTP (RFC 2033): as SMTP, but the end of DATA is answered once for each recipient."""
        self.lmtp = True
        await super().smtp_EHLO(arg)

    async def smtp_EHLO(self, arg: str) -> None:
        self.lmtp = False
        await super().smtp_EHLO(arg)

    async def smtp_DATA(self, arg: str) -> None:
        """Read the mail to its final dot, store it, and only then answer."""
        if await self.check_helo_needed():
            return
        if not self.mailboxes:
            await self.push("503 5.5.1 need RCPT first")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        held = [0]
        self.shared.busy += 1
        try:
            content = await self._read_content(held)
            reply = await self._accept(content) if isinstance(content, bytes) else content
        finally:
            self.shared.buffered -= held[0]
            self.shared.busy -= 1
        answers = len(self.mailboxes) if self.lmtp else 1
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        self.mailboxes = []
        await self.push("\r\n".join([reply] * answers))

    async def _read_content(self, held: list[int]) -> bytes | str:
        """Return the content without transparency dots, or the refusal; reads on to the final dot either way."""
        content = bytearray(await self._reader.readexactly(3))
        if content == b".\r\n":
            return b""
        while not content.endswith(END) and any(content.endswith(END[:n]) for n in range(1, 5)):
            content += await self._reader.readexactly(1)
        refusal = ""
        ended = content.endswith(END)
        while not ended:
            try:
                block = await self._reader.readuntil(END)
                ended = True
            except asyncio.LimitOverrunError as over:
                block = await self._reader.readexactly(over.consumed)
            self._reset_timeout()
            refusal = refusal or self._count(block, content, held)
            if refusal:
                content.clear()
            else:
                content += block
        if refusal:
            return refusal
        del content[-3:]
        text = bytes(content)
        return (text[1:] if text.startswith(b".") else text).replace(b"\r\n.", b"\r\n")

    def _count(self, block: bytes, content: bytearray, held: list[int]) -> str:
        if len(content) + len(block) > self.shared.limits.message_bytes:
            return "552 5.3.4 Message is larger than this server accepts"
        held[0] += len(block)
        self.shared.buffered += len(block)
        if self.shared.buffered > self.shared.limits.buffered_bytes:
            return "452 4.3.1 Too busy with other mail, try again later"
        return ""

    async def _accept(self, content: bytes) -> str:
        try:
            await self.shared.store.put(self._rows(content))
        except Exception as error:
            if (isinstance(error, OSError) and error.errno == errno.ENOSPC) or _FULL.search(str(error)):
                log.error("disk full: mail refused for now")
                return "452 4.3.1 Insufficient system storage, try again later"
            log.exception("mail could not be stored")
            return "451 4.3.0 Could not store the mail, try again later"
        return "250 2.0.0 OK: stored"

    def _rows(self, content: bytes) -> list[Incoming]:
        """One row per mailbox, named by content and envelope: a sender's retry is the same row.

        A mail with neither Message-ID nor Date says nothing by which a retry could be told from the same words
        written again, so it is never taken for a retry.
        """
        session, given = self.session, self.envelope
        if session is None or given is None:
            raise ConnectionResetError("the session has ended")
        sender = "" if given.mail_from == "<>" else str(given.mail_from)
        peer = session.peer
        named = _NAMED.search(content[:_HEAD].partition(b"\r\n\r\n")[0]) is not None
        again = b"" if named else uuid.uuid4().bytes
        rows: dict[int, Incoming] = {}
        for address, mailbox, inbox_id in self.mailboxes:
            if inbox_id in rows:
                rows[inbox_id].envelope["recipients"].append(address)
                continue
            digest = hashlib.sha256(b"\0".join((_bytes(sender), mailbox.encode(), again, content))).hexdigest()
            envelope = {
                "transport": "lmtp" if self.lmtp else "smtp",
                "sender": sender,
                "recipients": [address],
                "peer": str(peer[0]) if isinstance(peer, tuple) else "",
                "helo": str(session.host_name or ""),
                "tls": session.ssl is not None,
                "utf8": bool(given.smtp_utf8),
            }
            rows[inbox_id] = Incoming(inbox_id, f"smtp:{digest}", envelope, content)
        return list(rows.values())


_COMMANDS = sorted(
    {
        name
        for kind in (*Connection.__mro__, Handler)
        for name in vars(kind)
        if name.startswith(("smtp_", "auth_", "handle_"))
    }
)


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


async def serve(
    *,
    keep: ReceiveMany,
    addresses: Callable[[], Mapping[str, int]],
    host: str,
    port: int,
    hostname: str,
    data_dir: Path,
    stop: Callable[[], bool],
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
    ready: Callable[[int], None] | None = None,
) -> None:
    """Receive until `stop()` is true; mails being received then are finished within ten seconds.

    Args:
        keep, addresses: how mails are stored and mailboxes found. `ready` is told the port.
    """
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(2, "smtp-store"))
    shared = Shared(Directory(addresses), Store(keep), limits or Limits(), data_dir)
    server = await loop.create_server(lambda: Connection(shared, hostname, tls), host, port, backlog=512)
    try:
        if ready is not None:
            ready(server.sockets[0].getsockname()[1])
        while not stop():
            await asyncio.sleep(0.1)
    finally:
        server.close()
        deadline = time.monotonic() + 10.0
        while shared.busy and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        await shared.store.close()
