"""Figures beside their targets and floors, printed and kept as JSON."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# scenario (its beginning) -> (path in its figures, the most or the least allowed)
TARGETS: list[tuple[str, str, str, float]] = [
    ("mail in by SMTP", "cpu_ms", "<=", 5.0),
    ("mail in by SMTP", "visible_per_s", ">=", 300.0),
    ("create by API", "cpu_ms", "<=", 4.0),
    ("webhooks of shops", "written_per_s", ">=", 300.0),
    ("webhooks of shops", "lost", "<=", 0.0),
    ("inbox list", "1 client.cpu_ms", "<=", 2.0),
    ("conversation of 20", "1 client.cpu_ms", "<=", 1.5),
    ("search rare", "1 client.p50_ms", "<=", 20.0),
    ("search common", "1 client.p50_ms", "<=", 20.0),
    ("card of a buyer", "1 client.cpu_ms", "<=", 10.0),
    ("order by number", "1 client.p50_ms", "<=", 20.0),
    ("orders by address", "1 client.p50_ms", "<=", 20.0),
    ("first reading", "peak_mb", "<=", 250.0),
    ("memory", "total_mb", "<=", 450.0),
    ("streams", "p99_ms", "<=", 500.0),
]
LARGE_RATIO = 1.5


def _at(figures: dict[str, Any], path: str) -> float | None:
    found: Any = figures
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return None if found is None else float(found)


def flat(figures: dict[str, Any]) -> str:
    """Return figures on one line."""
    return "  ".join(f"{key} {value}" for key, value in figures.items() if not isinstance(value, dict))


class Report:
    """What was measured in one run; figures of other scenarios in the file stay."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.figures: dict[str, Any] = {}
        self.checked: list[dict[str, Any]] = []

    def add(self, name: str, figures: dict[str, Any]) -> None:
        """Take and print the figures of one scenario."""
        self.figures[name] = figures
        print(f"\n{name}\n    {flat(figures)}", flush=True)
        for key, value in figures.items():
            if isinstance(value, dict):
                print(f"    {key:12} {flat(value)}", flush=True)
        floor = _at(figures, "floor: same SQL.cpu_ms")
        measured = _at(figures, "1 client.cpu_ms") or _at(figures, "cpu_ms")
        if floor and measured:
            figures["ratio to floor"] = round(measured / floor, 2)
            print(f"    CPU is {measured / floor:.2f} times that of the same SQL in bare psycopg", flush=True)
        for scenario, path, sign, limit in TARGETS:
            value = _at(figures, path)
            if name.startswith(scenario) and value is not None:
                self._check(f"{name}: {path.rpartition('.')[2]}", value, sign, limit)

    def _check(self, what: str, value: float, sign: str, limit: float) -> None:
        good = value <= limit if sign == "<=" else value >= limit
        self.checked.append({"what": what, "value": value, "target": f"{sign} {limit:g}", "met": good})

    def grow(self, small: str, large: str) -> None:
        """Compare CPU and p50 of the same reading at two sizes, from this run or an earlier one."""
        every = {**self._kept().get("figures", {}), **self.figures}
        for name in [n for n in every if n.endswith(f" @ {small}")]:
            other = every.get(name.replace(f" @ {small}", f" @ {large}"))
            if other is None:
                continue
            for path in ("1 client.cpu_ms", "1 client.p50_ms"):
                one, two = _at(every[name], path), _at(other, path)
                if one and two:
                    what = f"{name.partition(' @ ')[0]}: {path.rpartition('.')[2]} at {large} to {small}"
                    self._check(what, round(two / one, 2), "<=", LARGE_RATIO)

    def _kept(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.path.read_text()) if self.path.exists() else {}
        return found

    def write(self) -> None:
        """Print what was met and write the JSON file."""
        if self.checked:
            print(f"\n{'':60}{'measured':>10}  target")
        for check in self.checked:
            mark = "met" if check["met"] else "NOT MET"
            print(f"{check['what'][:60]:60}{check['value']:>10.2f}  {check['target']:10} {mark}")
        kept = self._kept()
        kept["machine"] = {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "kernel": platform.release(),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        kept.setdefault("figures", {}).update(self.figures)
        kept.setdefault("targets", {}).update({check["what"]: check for check in self.checked})
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
