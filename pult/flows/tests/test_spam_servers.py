"""A filter beside ours: what it says counts, what people say is told to it, and its silence holds nothing up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pult.channels import actions as channels
from pult.channels import queries as channels_queries
from pult.channels.adapters.email import rspamd
from pult.channels.adapters.email.test_rspamd import Server
from pult.channels.queries import InboxRecord
from pult.flows import inbound
from pult.flows import spam as spam_flow
from pult.flows.tests.conftest import mail
from pult.platform import httpclient, queue
from pult.spam import queries as spam_queries

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]


@pytest.fixture
def server(settings: Any, inbox: InboxRecord) -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.HTTP_ALLOW_HOSTS = [f"127.0.0.1:{running.server_port}"]
    channels.change_inbox(inbox.id, settings={"rspamd_url": f"http://127.0.0.1:{running.server_port}"})
    rspamd.forget()
    spam_flow.forget_health()
    spam_queries.forget()
    yield running
    rspamd.forget()
    httpclient.close_clients()
    running.shutdown()
    thread.join()
    running.server_close()


def reports(inbox: InboxRecord) -> dict[str, str]:
    return {report.name: report.error for report in channels_queries.listener_reports() if report.inbox_id == inbox.id}


def test_what_it_takes_for_spam_is_put_there_with_its_score(server: Server, arrive: Call, api: Call) -> None:
    arrive(mail())
    (item,) = api("GET", "/conversations?view=spam").json()["items"]
    opened = api("GET", f"/conversations/{item['id']}").json()
    assert opened["messages"][0]["spam"] == {
        "by": "rspamd",
        "score": 7.5,
        "limit": 6.0,
        "action": "add header",
        "clues": [],
    }
    assert opened["history"][0]["after"] == "rspamd"


def test_what_it_finds_right_is_ordinary(server: Server, inbox: InboxRecord, arrive: Call, api: Call) -> None:
    server.body = b'{"action": "no action", "score": 0.1, "required_score": 15}'
    arrive(mail())
    assert len(api("GET", "/conversations?view=open").json()["items"]) == 1
    assert reports(inbox) == {"rspamd": ""}


def test_what_people_say_is_told_to_it(server: Server, arrive: Call, api: Call) -> None:
    arrive(mail())
    (item,) = api("GET", "/conversations?view=spam").json()["items"]
    api("POST", f"/conversations/{item['id']}/not-spam")
    queue.run_due()
    queue.run_due()
    assert [path for path, _, _ in server.seen] == ["/checkv2", "/learnham"]
    assert server.seen[1][2] == server.seen[0][2]
    api("POST", f"/conversations/{item['id']}/spam")
    queue.run_due()
    queue.run_due()
    assert [path for path, _, _ in server.seen][2:] == ["/learnspam"]


def test_only_the_last_word_is_told(server: Server, arrive: Call, api: Call) -> None:
    arrive(mail())
    (item,) = api("GET", "/conversations?view=spam").json()["items"]
    for verb in ("not-spam", "spam", "not-spam"):
        api("POST", f"/conversations/{item['id']}/{verb}")
    queue.run_due()
    queue.run_due()
    assert {path for path, _, _ in server.seen[1:]} == {"/learnham"}


def test_mail_goes_on_when_it_does_not_answer_and_the_admin_sees_it(
    server: Server, inbox: InboxRecord, arrive: Call, api: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound, "CHECK_SECONDS", 0.3)
    server.wait = 2.0
    begun = time.monotonic()
    arrive(mail(), mail(message_id="<2@customers.example>", subject="Drugo"))
    assert time.monotonic() - begun < 1.5
    assert len(api("GET", "/conversations?view=open").json()["items"]) == 2
    assert "took too long" in reports(inbox)["rspamd"]
    rspamd.forget()
    server.wait = 0.0
    arrive(mail(message_id="<3@customers.example>", subject="Tretje"))
    assert reports(inbox) == {"rspamd": ""}


def test_a_wrong_password_is_shown_and_not_tried_again(
    server: Server, inbox: InboxRecord, arrive: Call, api: Call
) -> None:
    arrive(mail())
    (item,) = api("GET", "/conversations?view=spam").json()["items"]
    server.status, server.body = 401, b'{"error":"Unauthorized"}'
    api("POST", f"/conversations/{item['id']}/not-spam")
    queue.run_due()
    queue.run_due()
    assert "401" in reports(inbox)["rspamd"]
    assert api("GET", f"/conversations/{item['id']}").json()["status"] == "open"
    assert len(queue.dead(task="flows.teach_filter")) == 1


def test_a_trusted_servers_header_is_enough(inbox: InboxRecord, arrive: Call, api: Call) -> None:
    channels.change_inbox(inbox.id, settings={"authserv_id": "mx.shop.example"})
    arrive(mail(X_Spam_Flag="YES", X_Spam_Status="Yes, score=12.3 required=5.0"))
    (item,) = api("GET", "/conversations?view=spam").json()["items"]
    why = api("GET", f"/conversations/{item['id']}").json()["messages"][0]["spam"]
    assert (why["by"], why["score"], why["limit"]) == ("mx.shop.example", 12.3, 5.0)


def test_an_inner_address_is_refused_when_it_is_saved_unless_it_is_allowed(
    inbox: InboxRecord, person: Call, settings: Any
) -> None:
    _, admin = person("Adam", "admin")
    url = {"settings": {"rspamd_url": "http://127.0.0.1:11334"}}
    refused = admin("PATCH", f"/inboxes/{inbox.id}", url)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "settings.rspamd_url"
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1:11335"]
    assert admin("PATCH", f"/inboxes/{inbox.id}", url).status_code == 422
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1:11334"]
    saved = admin("PATCH", f"/inboxes/{inbox.id}", {"settings": {**url["settings"], "rspamd_password": "pw"}})
    assert saved.status_code == 200
    assert saved.json()["settings"]["rspamd_password"] is True
    # What is not touched is not asked about again.
    settings.HTTP_ALLOW_HOSTS = []
    assert admin("PATCH", f"/inboxes/{inbox.id}", {"name": "Pomoč 2"}).status_code == 200
    assert admin("PATCH", f"/inboxes/{inbox.id}", {"settings": {"authserv_hops": 2}}).status_code == 200
