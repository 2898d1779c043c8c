"""The catch-all SMTP server: it accepts every recipient and keeps the mail; nothing is ever sent on."""

from __future__ import annotations

import asyncio
import socket

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings

from pult.demo.environment import HOST
from pult.demo.outbox.store import Outbox

SIZE_LIMIT = 64 << 20
"""Bytes of one mail."""


class _Catch:
    """Keeps whatever comes."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep one mail before the sender hears 250."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode("utf-8", "surrogateescape")
        recipients = [str(address) for address in envelope.rcpt_tos]
        number = await asyncio.to_thread(self.outbox.add, str(envelope.mail_from or ""), recipients, raw)
        return f"250 2.0.0 Kept as {number}, not sent on"


def default_outbox() -> Outbox:
    """Return the outbox of this installation."""
    return Outbox(settings.DATA_DIR / "outbox.sqlite3")


def listen(port: int) -> socket.socket:
    """Open the listening socket, on 127.0.0.1 only. Raises OSError where the port is in use."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(256)
    listener.set_inheritable(True)
    return listener


async def serve(listener: socket.socket, outbox: Outbox) -> None:
    """Take mails until cancelled."""
    loop = asyncio.get_running_loop()
    catch = _Catch(outbox)

    def protocol() -> SMTP:
        return SMTP(
            catch, data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True, hostname="outbox.localhost", ident="Pult outbox"
        )

    server = await loop.create_server(protocol, sock=listener)
    async with server:
        await server.serve_forever()


def run(listener: socket.socket) -> None:
    """Take mails until the process ends; a child of the supervisor."""
    asyncio.run(serve(listener, default_outbox()))
