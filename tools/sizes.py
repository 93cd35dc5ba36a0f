"""`make sizes`: the longest files and functions. With --check, what is too long to read, unless it is excused.

An excuse is a line in tools/size_exceptions.txt: a path, or path:function, where * stands for anything, then the
reason. An excuse that is no longer needed is a mistake as well.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXCEPTIONS = ROOT / "tools" / "size_exceptions.txt"
SUFFIXES = {".py", ".html", ".css", ".js"}
FILE_LIMIT, FILE_SMELL = 400, 300
FUNCTION_LIMIT, FUNCTION_SMELL = 40, 25
SHOWN = 15


@dataclass(frozen=True, slots=True)
class Size:
    """The length in lines of a file, or of a function when `limit` is that of functions."""

    name: str
    lines: int
    limit: int


def own_files(root: Path) -> list[Path]:
    """Files of this repository, new ones included, ignored ones not; relative to `root`."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [path for path in map(Path, listing.split("\0")) if path.suffix in SUFFIXES and (root / path).is_file()]


def function_sizes(path: str, source: str) -> Iterator[Size]:
    """Every function of a Python file, its decorators left out, nested ones counted in the outer one, too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Size(f"{path}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1, FUNCTION_LIMIT)


def measured(root: Path) -> list[Size]:
    """Files and functions, longest first in relation to what is allowed."""
    found: list[Size] = []
    for path in own_files(root):
        source = (root / path).read_text(encoding="utf-8")
        found.append(Size(path.as_posix(), len(source.splitlines()), FILE_LIMIT))
        if path.suffix == ".py":
            found += function_sizes(path.as_posix(), source)
    return sorted(found, key=lambda size: -size.lines / size.limit)


def excused(text: str) -> dict[str, str]:
    """Name to reason, from the lines of the exceptions file; blank lines and comments are passed over."""
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return {parts[0]: parts[1] if len(parts) > 1 else "" for parts in lines}


def complaints(sizes: list[Size], excuses: dict[str, str]) -> list[str]:
    """One line per thing that is too long, per excuse without a reason, per excuse that nothing needs."""
    too_long = [size for size in sizes if size.lines > size.limit]
    found = [
        f"{size.name}: {size.lines} lines, {size.limit} are allowed"
        for size in too_long
        if not any(fnmatchcase(size.name, pattern) for pattern in excuses)
    ]
    for pattern, reason in excuses.items():
        if not reason:
            found.append(f"{EXCEPTIONS.name}: {pattern}: give the reason")
        if not any(fnmatchcase(size.name, pattern) for size in too_long):
            found.append(f"{EXCEPTIONS.name}: {pattern}: nothing of that name is too long (any more)")
    return found


def report(sizes: list[Size]) -> str:
    """The longest files and functions, those above the length at which to look again marked."""
    lines: list[str] = []
    for title, limit, smell in (("Files", FILE_LIMIT, FILE_SMELL), ("Functions", FUNCTION_LIMIT, FUNCTION_SMELL)):
        lines.append(f"{title} (look again above {smell}, {limit} at most)")
        longest = [size for size in sizes if size.limit == limit][:SHOWN]
        lines += [f"  {size.lines:4} {'*' if size.lines > smell else ' '} {size.name}" for size in longest]
    return "\n".join(lines)


def main() -> int:
    """0, or 1 when --check finds something."""
    parser = argparse.ArgumentParser(description="List the longest files and functions.")
    parser.add_argument("--check", action="store_true", help="fail when something is too long and not excused")
    sizes = measured(ROOT)
    if not parser.parse_args().check:
        print(report(sizes))
        return 0
    found = complaints(sizes, excused(EXCEPTIONS.read_text(encoding="utf-8")))
    print("\n".join(found) if found else f"Sizes: {len(sizes)} files and functions are short enough.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
