"""A file past 400 lines becomes a folder; a function past 60 lines is two functions."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 60
SKIPPED = {"node_modules", "migrations", ".venv", "var", "static", "test-results", "__pycache__"}


def sources(root: Path) -> Iterator[Path]:
    """Yield the hand-written source files below `root`."""
    for folder in ("pult", "tests", "scripts", "bench", "deploy", "frontend"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in {".py", ".ts", ".vue", ".mjs", ".sh"} or path.name.endswith(".d.ts"):
                continue
            if SKIPPED.isdisjoint(path.relative_to(root).parts) and path.is_file():
                yield path


def long_functions(path: Path, text: str) -> Iterator[str]:
    """Yield one sentence for every function that is too long."""
    for node in ast.walk(ast.parse(text, str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {lines} lines, more than {FUNCTION_LINES}"


def complaints(root: Path) -> Iterator[str]:
    """Yield one sentence for everything below `root` that is too long."""
    for path in sources(root):
        text = path.read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > FILE_LINES:
            yield f"{path}:1: the file has {lines} lines, more than {FILE_LINES}"
        if path.suffix == ".py":
            yield from long_functions(path, text)


def main() -> int:
    """Print the complaints about the folder named, or this one; return 1 when there are any."""
    found = list(complaints(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
    print("\n".join(found) if found else "lengths: fine")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
