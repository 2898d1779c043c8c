"""`make corpora`: the table of figures; with -v also every case that is not right, or those of measures named."""

from __future__ import annotations

import sys

import django

django.setup()
from tests.corpora import measures  # noqa: E402


def main() -> int:
    """Print the table; return how many figures are below what is asked."""
    if not measures.DATA.is_dir():
        print(f"no public test data at {measures.DATA} (PULT_DATA)")
        return 1
    wanted = [argument for argument in sys.argv[1:] if argument != "-v"]
    short = 0
    for name, measure, asked in measures.TABLE:
        if wanted and not any(part in name for part in wanted):
            continue
        cases = list(measure())
        right = sum(case.right for case in cases)
        share = right / len(cases)
        short += share < asked
        verdict = "" if share >= asked else "  SHORT"
        print(f"{name:<24}{right:>5} of {len(cases):<5}{share:>7.1%}   asked {asked:.0%}{verdict}")
        if "-v" in sys.argv:
            for case in cases:
                if not case.right:
                    print(f"    {case.name}: {case.found}")
    return short


if __name__ == "__main__":
    sys.exit(main())
