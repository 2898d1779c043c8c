"""What mail servers answer, and whether it means that the recipient's address is dead (test_refusals.toml)."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pult.channels.adapters.email import reasons

CASES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
ASKED = "host mx.customers.example[192.0.2.1] said: {} (in reply to RCPT TO command)"


def dead(said: str, *, status: str = "", about: str = "") -> bool:
    """Judge what was said."""
    return reasons.judge(status=status, said=said, about=about, action="failed").permanent


@pytest.mark.parametrize(("name", "wanted"), [("nobody", True), ("somebody", False)])
def test_who_is_not_there_when_asked_for_is_dead(name: str, wanted: bool) -> None:
    for said in map(ASKED.format, CASES[name]):
        assert (dead(said, status="5.0.0"), dead("", status="5.0.0", about=said)) == (wanted, wanted), said


@pytest.mark.parametrize(("name", "wanted"), [("dead", True), ("alive", False)])
def test_words_prove_an_address_dead_or_do_not(name: str, wanted: bool) -> None:
    for status, said in CASES[name]:
        assert (dead(said, status=status), dead("", status=status, about=said)) == (wanted, wanted), said


@pytest.mark.parametrize(("name", "wanted"), [("registered_dead", True), ("registered_alive", False)])
def test_a_registered_code_is_judged_alike_whatever_stands_before_its_name(name: str, wanted: bool) -> None:
    for code, said in CASES[name]:
        status = code.partition(" ")[2]
        before = "" if "ejected" in said or "blocked" in said else "<x@b.example>: Recipient address rejected: "
        assert dead(f"{code} {said}", status=status) is wanted, said
        assert dead(f"{code} {before}{said} (in reply to RCPT TO command)", status=status) is wanted, said
