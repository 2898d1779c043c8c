"""A header that was folded and encoded is read as it was written: RFC 5322, 2.2.3, and RFC 2047, 6.2."""

from __future__ import annotations

from email.header import Header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pult.channels.adapters.email.text import header


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("velikost,\r\n vracilo", "velikost, vracilo"),
        ("velikost,\r\n\tvracilo", "velikost, vracilo"),
        ("velikost,\r\n =?utf-8?q?vra=C4=8Dilo?=", "velikost, vračilo"),
        ("=?utf-8?q?ve=C4=8Dja,?=\r\n vracilo", "večja, vracilo"),
        ("=?utf-8?q?ve=C4=8Dja,_?=\r\n =?utf-8?q?vra=C4=8Dilo?=", "večja, vračilo"),
        ("=?utf-8?q?ve=C4=8Dja,?=\r\n =?utf-8?q?_vra=C4=8Dilo?=", "večja, vračilo"),
        # Space between encoded words is none of the text: long words are cut there.
        ("=?utf-8?q?vra=C4?=\r\n =?utf-8?q?=8Dilo?=", "vračilo"),
        ("=?utf-8?q?ve=C4=8Dja,?=\r\n  =?utf-8?q?vra=C4=8Dilo?=", "večja,vračilo"),
    ],
)
def test_space_is_kept_where_it_is_text(written: str, read: str) -> None:
    assert header(written) == read


@given(st.lists(st.sampled_from(["večja", "velikost,", "vračilo", "4711", "αλλαγή", "plašč"]), min_size=1, max_size=25))
def test_a_header_that_a_careful_program_wrote_comes_back_whole(words: list[str]) -> None:
    subject = " ".join(words)
    assert header(Header(subject, "utf-8", maxlinelen=76, header_name="Subject").encode(linesep="\r\n")) == subject
