"""Tells the SQL behind a request or a mail, in order and with its transactions, so that it can be run bare.

`python -m bench.record read PATH...` answers requests inside this process; `... ingest N` takes mails in; `... create
N` creates conversations by API. Prints one list of [kind, sql, parameters] for each, pickled on standard output.
"""

from __future__ import annotations

import enum
import os
import pickle
import sys
import time
from collections.abc import Callable
from typing import Any

import django

Statement = tuple[str, str, Any]


def plain(value: Any) -> Any:
    """Return parameters without the types of Django and Pult, so that they can be read without them."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.value if isinstance(value, enum.Enum) else value


class Recorder:
    """Keeps what goes to the database while `on`."""

    def __init__(self) -> None:
        from django.db import connection  # noqa: PLC0415  after django.setup

        self.connection = connection
        self.statements: list[Statement] = []
        connection.ensure_connection()
        connection.close = lambda: None  # keep the connection, and with it this recorder, between requests
        connection.close_if_unusable_or_obsolete = lambda: None
        self._commit, self._rollback, self._autocommit = (
            connection._commit,
            connection._rollback,
            connection.set_autocommit,
        )
        connection._commit = self._on_commit
        connection._rollback = self._on_rollback
        connection.set_autocommit = self._on_autocommit

    def _on_commit(self) -> None:
        self.statements.append(("commit", "", None))
        self._commit()

    def _on_rollback(self) -> None:
        self.statements.append(("rollback", "", None))
        self._rollback()

    def _on_autocommit(self, autocommit: bool, **more: Any) -> None:
        if not autocommit:
            self.statements.append(("begin", "", None))
        self._autocommit(autocommit, **more)

    def _execute(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            took = time.perf_counter() - began
            if os.environ.get("BENCH_SHOW_SQL"):
                print(f"{1000 * took:8.2f} ms  {' '.join(sql.split())[:400]}", file=sys.stderr)
            self.statements.append(("many" if many else "one", sql, plain(params)))

    def of(self, work: Callable[[], object]) -> list[Statement]:
        """Return the statements of a piece of work."""
        self.statements = []
        with self.connection.execute_wrapper(self._execute):
            work()
        return self.statements


def _get(path: str) -> object:
    from django.test import Client  # noqa: PLC0415

    answer = Client(SERVER_NAME="127.0.0.1").get(path, headers={"Authorization": f"Bearer {os.environ['BENCH_TOKEN']}"})
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code} {answer.content[:300]!r}")
    return answer


def _post(body: bytes) -> object:
    from django.test import Client  # noqa: PLC0415

    headers = {"Authorization": f"Bearer {os.environ['BENCH_TOKEN']}"}
    answer = Client(SERVER_NAME="127.0.0.1").post(
        "/api/v1/conversations", data=body, content_type="application/json", headers=headers
    )
    if answer.status_code != 201:
        raise RuntimeError(f"{answer.status_code} {answer.content[:300]!r}")
    return answer


def _take_in(inbox: int, mails: list[bytes]) -> None:
    from pult.channels import actions as channels  # noqa: PLC0415
    from pult.flows import inbound  # noqa: PLC0415
    from pult.platform import events  # noqa: PLC0415

    for start in range(0, len(mails), 20):
        for raw in mails[start : start + 20]:
            channels.receive(inbox, "", {"sender": "a@b.example"}, raw)
        while inbound.run_batch():
            pass
        events.sequence()


def main() -> None:
    """Record what standard input (a pickle of (what, argument)) asks for."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pult.settings")
    django.setup()
    what, given = pickle.load(sys.stdin.buffer)
    recorder = Recorder()
    result: Any
    if what == "read":
        for path in given:
            _get(path)  # fills the caches
        result = [recorder.of(lambda path=path: _get(path)) for path in given]  # type: ignore[misc]
    elif what == "create":
        result = [recorder.of(lambda body=body: _post(body)) for body in given]  # type: ignore[misc]
    else:
        inbox, mails = given
        result = [recorder.of(lambda: _take_in(inbox, mails))]
    sys.stdout.buffer.write(pickle.dumps(result))


if __name__ == "__main__":
    main()
