"""Against a real Dovecot: mail that comes at a bad moment, and mail whose content the server does not give."""

from __future__ import annotations

import pytest

from pult.channels.adapters.email import imap
from pult.channels.tests.mailservers import Dovecot, missing
from pult.channels.tests.test_mailservers import Reader, began, eventually, mail, reader, server

__all__ = ["reader", "server"]
pytestmark = [
    pytest.mark.mailserver,
    pytest.mark.skipif(bool(missing("dovecot")), reason=missing("dovecot") or "-"),
    pytest.mark.timeout(90),
]


def test_mail_that_arrives_while_another_is_stored_does_not_wait_for_the_end_of_idle(
    server: Dovecot, reader: Reader
) -> None:
    """Dovecot tells of it within the last SEARCH, whose result is without it; the IDLE after that is silent."""
    reader.start()
    eventually(began(reader))
    late = [mail(2)]

    def put_another() -> None:
        if late:
            server.put(reader.inbox.address, late.pop())

    reader.before_store = put_another
    server.put(reader.inbox.address, mail(1))
    eventually(lambda: reader.subjects() == [1, 2])


def test_a_mail_without_content_holds_up_nothing_is_shown_and_comes_when_it_can(
    server: Dovecot, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "PAUSES", (0.1,))
    monkeypatch.setattr(imap, "OWED_SECONDS", 0.5)
    reader.start()
    eventually(began(reader))
    reader.stop()
    server.put(reader.inbox.address, mail(1), mail(2), mail(3))
    spoilt = server.files(reader.inbox.address)[1]
    spoilt.chmod(0)
    reader.start()
    eventually(lambda: reader.subjects() == [1, 3])
    eventually(lambda: reader.errors[-1] == "withheld: 2")
    assert reader.place["owed"] == [2]
    reader.stop()
    server.files(reader.inbox.address)[1].chmod(0o600)
    reader.start()
    eventually(lambda: reader.subjects() == [1, 2, 3])
    eventually(lambda: reader.errors[-1] == "" and reader.place["owed"] == [])


def test_a_mail_that_went_before_it_was_read_is_owed_no_more(
    server: Dovecot, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(reader.inbox.address, mail(1))
    with server.client(reader.inbox.address) as client:
        uidvalidity = client.select_folder("INBOX")[b"UIDVALIDITY"]
    reader.place = {"uidvalidity": uidvalidity, "uid": 9, "seen_at": None, "owed": [1, 7]}
    reader.start()
    eventually(lambda: reader.subjects() == [1])
    eventually(lambda: reader.place["owed"] == [])
