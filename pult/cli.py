"""The `pult` command."""

from __future__ import annotations

import os
import sys

from pult.demo import environment


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pult.settings")
    if sys.argv[1:2] == ["demo"]:
        environment.prepare()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["pult", *sys.argv[1:]])
