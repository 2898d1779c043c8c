"""What the demo sets before settings are read: it listens on 127.0.0.1 only and all its mail stays here."""

from __future__ import annotations

import os
import socket

HOST = "127.0.0.1"


def prepare() -> None:
    """Set the environment of a demo; called before Django reads its settings."""
    smtp_port = int(os.environ.get("SMTP_PORT") or "2525")
    outbox_port = _free_port(smtp_port + 1)
    shop_port = _free_port(smtp_port + 2)
    allowed = [host for host in os.environ.get("HTTP_ALLOW_HOSTS", "").split(",") if host]
    os.environ.update(
        PULT_DEMO="1",
        HOST=HOST,
        SMTP_HOST=HOST,
        OUTBOX_PORT=str(outbox_port),
        DEMO_SHOP_PORT=str(shop_port),
        HTTP_ALLOW_HOSTS=",".join([*allowed, f"{HOST}:{shop_port}"]),
        MAIL_URL=f"smtp://{HOST}:{outbox_port}",
    )


def is_free(port: int) -> bool:
    """Say whether one can listen on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port(wished: int) -> int:
    if wished < 65_536 and is_free(wished):
        return wished
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
