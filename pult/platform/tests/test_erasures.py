"""The log of erasures: what was erased stays erased after a restore."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from pult.platform import erasures


@pytest.fixture
def erased(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A data folder of its own and a room that notes which customers it was told to erase."""
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    monkeypatch.setattr(erasures, "_erasers", {})
    told: list[int] = []
    erasures.register("customer", told.append)
    return told


def test_every_recorded_erasure_is_applied_again(erased: list[int], tmp_path: Path) -> None:
    erasures.record("customer", 7)
    erasures.record("customer", 9)

    assert erasures.apply_all() == 2
    assert erased == [7, 9]
    assert (tmp_path / "erasures.log").stat().st_mode & 0o777 == 0o600


def test_the_log_of_a_backup_joins_ours_and_nothing_is_there_twice(erased: list[int]) -> None:
    erasures.record("customer", 7)
    of_the_backup = erasures.text() + "2020-01-01T00:00:00+00:00 customer 3\n"

    erasures.merge(of_the_backup)
    erasures.merge(of_the_backup)

    assert erasures.apply_all() == 2
    assert erased == [3, 7]


def test_a_kind_that_nothing_can_erase_is_not_passed_over(erased: list[int]) -> None:
    erasures.record("parcel", 1)

    with pytest.raises(erasures.CannotErase, match="parcel"):
        erasures.apply_all()
    assert erased == []
