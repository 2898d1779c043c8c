"""`pult mail inspect` prints one line of JSON a file, whatever is in it, and says which files it could not open."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

KEYS = [
    "file",
    "message_id",
    "in_reply_to",
    "references",
    "from",
    "to",
    "cc",
    "reply_to",
    "date",
    "subject",
    "language",
    "text",
    "html",
    "reply",
    "attachments",
    "kind",
    "loop_safe",
    "bounce",
    "auth",
    "warnings",
]
MAIL = b"""From: =?utf-8?q?=C5=BDiga?= <ziga@customers.example>
To: desk@shop.example
Subject: Racun
Message-ID: <1@customers.example>
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=windows-1250

Kje je ra\xe8un?

On 3 Nov 2026 at 10:00, Shop <desk@shop.example> wrote:
> Na poti.
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename*=utf-8''ra%C4%8Dun.pdf

%PDF
--b--
"""


def inspected(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    """Run the command and return its lines."""
    call_command("mail", "inspect", *arguments)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_mail_is_one_line_with_every_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "one.eml"
    file.write_bytes(MAIL)
    (found,) = inspected(capsys, str(file))
    assert list(found) == KEYS
    assert (found["file"], found["message_id"], found["kind"], found["loop_safe"]) == (
        str(file),
        "1@customers.example",
        "person",
        True,
    )
    assert found["from"] == {"name": "Žiga", "address": "ziga@customers.example"}
    assert (found["date"], found["reply"], found["bounce"]) == (None, "Kje je račun?", [])
    (attached,) = found["attachments"]
    assert sorted(attached) == ["inline", "name", "sha256", "size", "type"]
    assert (attached["name"], attached["type"], attached["size"], attached["inline"]) == (
        "račun.pdf",
        "application/pdf",
        4,
        False,
    )


def test_a_bare_text_is_read_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "text"
    file.write_text("From: where?\n\nHvala!\n\nOn 3 Nov 2026 at 10:00, Shop <desk@shop.example> wrote:\n> Na poti.\n")
    (found,) = inspected(capsys, "--text", str(file))
    assert list(found) == KEYS
    assert (found["reply"], found["from"]["address"]) == ("From: where?\n\nHvala!", "")


def test_anything_else_is_a_line_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = [b"", b"\0" * 1_000, random.Random(1).randbytes(100_000), b"\xff\xfeF\0r\0o\0m\0", b"\r\n" * 10_000]
    files = [tmp_path / str(number) for number in range(len(odd))]
    for file, content in zip(files, odd, strict=True):
        file.write_bytes(content)
    assert [list(found) for found in inspected(capsys, *map(str, files))] == [KEYS] * len(odd)


def test_what_cannot_be_opened_is_named_and_the_others_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.eml").write_bytes(MAIL)
    with pytest.raises(SystemExit) as ended:
        call_command("mail", "inspect", str(tmp_path / "none"), str(tmp_path), str(tmp_path / "one.eml"))
    written = capsys.readouterr()
    assert ended.value.code == 1
    assert [json.loads(line)["kind"] for line in written.out.splitlines()] == ["person"]
    assert written.err.splitlines() == [
        f"{tmp_path / 'none'}: No such file or directory",
        f"{tmp_path}: Is a directory",
    ]


def test_it_prints_letters_in_a_terminal_that_knows_none() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from pult.cli import main; main()", "mail", "inspect", "-"],
        input=MAIL,
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout.decode("utf-8"))["from"]["name"] == "Žiga"
