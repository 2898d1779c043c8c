"""Reading what pytest's runs reported, and summing them into one closing line."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

WORDS = {"failed": "failed", "passed": "passed", "skipped": "skipped", "error": "error"}


def verdict(case: ElementTree.Element) -> str:
    """Return failed, error, skipped or passed."""
    for tag, word in (("failure", "failed"), ("error", "error"), ("skipped", "skipped")):
        if case.find(tag) is not None:
            return word
    return "passed"


def read(paths: Iterable[Path]) -> tuple[Counter[str], dict[str, list[str]]]:
    """Return how many tests came to which verdict, and which tests no run at all executed, by reason."""
    counts: Counter[str] = Counter()
    ran: set[str] = set()
    skipped: dict[str, str] = {}
    for path in paths:
        if not path.exists():
            counts["error"] += 1
            continue
        for case in ElementTree.parse(path).iter("testcase"):
            name = f"{case.get('classname')}.{case.get('name')}"
            word = verdict(case)
            counts[word] += 1
            mark = case.find("skipped")
            if mark is not None:
                skipped[name] = mark.get("message") or "skipped"
            else:
                ran.add(name)
    reasons: dict[str, list[str]] = defaultdict(list)
    for name, reason in skipped.items():
        if name not in ran:
            reasons[reason].append(name)
    return counts, dict(reasons)


def closing_line(counts: Counter[str], seconds: float) -> str:
    """Return pytest's last line for these counts."""
    parts = [f"{counts[word]} {word}" for word in WORDS if counts[word]] or ["no tests ran"]
    clock = f" ({int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02})" if seconds >= 60 else ""
    return f" {', '.join(parts)} in {seconds:.2f}s{clock} ".center(80, "=")
