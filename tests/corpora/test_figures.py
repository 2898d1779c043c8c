"""The figures of `make corpora` are held by tests: reading may get better, never worse."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.corpora import measures
from tests.corpora.measures import Case

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not measures.DATA.is_dir(), reason=f"no public test data at {measures.DATA} (PULT_DATA)"),
]


@pytest.mark.parametrize(("name", "measure", "asked"), measures.TABLE, ids=[row[0] for row in measures.TABLE])
def test_real_mail_is_read_as_well_as_asked(name: str, measure: Callable[[], Iterator[Case]], asked: float) -> None:
    cases = list(measure())
    wrong = [case for case in cases if not case.right]
    assert len(cases) > 20
    assert 1 - len(wrong) / len(cases) >= asked, "\n".join(f"{case.name}: {case.found}" for case in wrong)
