"""The files of a mail come with the names that their sender gave them, however these travel."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pult.channels.adapters.email import parse
from pult.channels.base import Raw


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("attachment; filename=racun.pdf; filename*=utf-8''ra%C4%8Dun.pdf", "račun.pdf"),
        ("attachment; filename*=''ra%C4%8Dun.pdf", "račun.pdf"),
        ("attachment; filename*=us-ascii''ra%E8un%20%9At.pdf", "račun št.pdf"),
        ("attachment; filename*1*=%C5%A1t; filename*0*=utf-8''ra%C4%8Dun%20; filename*2=.pdf", "račun št.pdf"),
        ("attachment; filename='račun.pdf'", "račun.pdf"),
        ("attachment; name=racun.pdf", "racun.pdf"),
        ("attachment\nContent-Description: =?utf-8?q?ra=C4=8Dun=2Epdf?=", "račun.pdf"),
        ("attachment\nContent-Description: my invoice", "file.pdf"),
    ],
)
def test_a_file_has_the_name_that_says_most(field: str, name: str) -> None:
    part = f"Content-Type: application/pdf\nContent-Disposition: {field}\n\n%PDF"
    raw = f"From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n{part}\n--b--\n".encode()
    (file,) = parse.read(Raw(raw, {}, datetime.now(UTC))).message.files
    assert file.name == name
