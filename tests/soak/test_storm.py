"""Accepted means kept, and what leaves leaves once: with processes killed at any moment."""

from __future__ import annotations

import asyncio

import pytest

from bench.cluster import Cluster
from tests.soak.conftest import Start
from tests.soak.sink import Sink
from tests.soak.storm import Storm

pytestmark = [pytest.mark.program, pytest.mark.own_database]

CHILDREN = ("web 1", "worker", "smtp", "web 2")


@pytest.mark.timeout(400)
def test_nothing_is_lost_or_doubled_when_each_process_is_killed_once(start: Start, sink: Sink) -> None:
    """The short form of what follows, for every run of the tests."""
    storm = Storm(start(""), sink, mails=150, replies=40, seed=1)
    asyncio.run(storm.run(CHILDREN, pause=(0.4, 0.8)))
    assert set(storm.killed) == set(CHILDREN)
    storm.check()


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_two_thousand_mails_through_kills_on_sqlite(start: Start, sink: Sink) -> None:
    storm = Storm(start(""), sink, mails=2_000, replies=600, seed=2)
    asyncio.run(storm.run((*CHILDREN, "supervisor"), pause=(0.5, 2.5)))
    storm.check()


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_two_thousand_mails_through_kills_on_postgresql(start: Start, sink: Sink, cluster: Cluster) -> None:
    storm = Storm(start(cluster.url("pult")), sink, mails=2_000, replies=600, seed=3, cluster=cluster)
    asyncio.run(storm.run((*CHILDREN, "supervisor"), pause=(0.5, 2.5)))
    storm.check()


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_two_thousand_mails_while_postgresql_is_restarted(start: Start, sink: Sink, cluster: Cluster) -> None:
    storm = Storm(start(cluster.url("pult")), sink, mails=2_000, replies=600, seed=4, cluster=cluster)
    asyncio.run(storm.run(("postgresql",), pause=(2.0, 5.0)))
    assert storm.killed["postgresql"] >= 1
    storm.check()
