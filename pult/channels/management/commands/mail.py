"""`pult mail inspect FILE...`: what Pult reads in a mail."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from pult.channels.adapters.email import inspection
from pult.channels.adapters.email.authenticity import HOPS


class Command(BaseCommand):
    """Look into mails with the eyes of the inbound path; nothing is stored."""

    help = "Print what Pult reads in each mail, one line of JSON a file."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do, and the files."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        inspect = verbs.add_parser("inspect", help="print one line of JSON for each file ('-' is standard input)")
        inspect.add_argument("files", nargs="+", metavar="FILE")
        inspect.add_argument("--text", action="store_true", help="the files are bare text bodies, not whole mails")
        inspect.add_argument("--authserv-id", default="", help="the server whose Authentication-Results is believed")
        inspect.add_argument("--hops", type=int, default=HOPS, help="Received lines that may stand above its header")

    def handle(self, *args: object, **options: Any) -> None:
        """Print a line a file, in UTF-8 whatever the terminal's charset is; the exit code says if one is missing."""
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        try:
            self._inspect(options)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _inspect(self, options: Mapping[str, Any]) -> None:
        files = options["files"]
        unread = 0
        for name in files if isinstance(files, list) else []:
            try:
                body = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
            except OSError as error:
                unread += 1
                self.stderr.write(f"{name}: {error.strerror}")
                continue
            read = inspection.of_text(body) if options["text"] else _of_mail(body, options)
            self.stdout.write(json.dumps({"file": name, **read}, ensure_ascii=False))
        if unread:
            sys.exit(1)


def _of_mail(body: bytes, options: Mapping[str, Any]) -> dict[str, object]:
    return inspection.of_mail(body, received_at=timezone.now(), server=options["authserv_id"], hops=options["hops"])
