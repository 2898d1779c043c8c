"""The receiver's process: `pult smtp`. It loads the database and this, no URLs."""

from __future__ import annotations

import asyncio
import logging
import signal
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import uvloop
from django.conf import settings
from django.db import close_old_connections

from pult.channels import actions, queries
from pult.channels.adapters.email.smtp import Limits, serve
from pult.channels.base import Incoming


def _keep(items: Sequence[Incoming]) -> Sequence[int | None]:
    close_old_connections()
    try:
        return actions.receive_many(items)
    finally:
        close_old_connections()


def _addresses() -> Mapping[str, int]:
    close_old_connections()
    try:
        return queries.addresses("email")
    finally:
        close_old_connections()


def _tls() -> ssl.SSLContext | None:
    if not settings.SMTP_TLS_CERT:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.SMTP_TLS_CERT, settings.SMTP_TLS_KEY or None)
    return context


def run_smtp(
    *,
    host: str | None = None,
    port: int | None = None,
    stop: Callable[[], bool] | None = None,
    ready: Callable[[int], None] | None = None,
) -> None:
    """Receive mail by SMTP and LMTP until stopped: by `stop`, or by SIGTERM or SIGINT where none is given."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    halted = threading.Event()
    if stop is None:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: halted.set())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(
            serve(
                keep=_keep,
                addresses=_addresses,
                host=host or settings.SMTP_HOST,
                port=settings.SMTP_PORT if port is None else port,
                hostname=settings.SMTP_HOSTNAME,
                data_dir=Path(settings.DATA_DIR),
                limits=Limits(message_bytes=settings.SMTP_MAX_BYTES),
                tls=_tls(),
                stop=stop or halted.is_set,
                ready=ready,
            )
        )
