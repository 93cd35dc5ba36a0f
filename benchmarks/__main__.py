"""`make bench`: every row, ours and its anchor in turn; prints the table and writes benchmarks/latest.json.

`--full` takes the large sizes. Naming sections (slots, bookings, growth, pages) measures only those, and leaves the
file as it is.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import bookings, growth, pages, slots
from benchmarks.measure import Row, keep, report
from tests.postgres import PostgresUnavailableError, running_postgres

NewUrl = Callable[[], str]
Section = Callable[[str, NewUrl, Path], list[Row]]


def _sections(*, is_full: bool) -> dict[str, Section]:
    many, rounds = (1_000_000, 300) if is_full else (100_000, 60)
    return {
        "slots": lambda label, url, folder: slots.rows(label, (url(), url()), folder),
        "bookings": lambda label, url, folder: bookings.rows(label, url(), folder, storm_rounds=rounds),
        "growth": lambda label, url, folder: growth.rows(label, (url(), url()), folder, many=many),
        "pages": lambda label, url, folder: pages.rows(label, url(), folder),
    }


@contextmanager
def _databases(folder: Path) -> Iterator[dict[str, NewUrl]]:
    """How to get an empty database, by the name of its kind; PostgreSQL only where there is one."""
    numbers = itertools.count()
    kinds: dict[str, NewUrl] = {"SQLite": lambda: f"sqlite:///{folder}/bench{next(numbers)}.db"}
    try:
        with running_postgres(is_durable=True) as server:
            yield {**kinds, "PostgreSQL": lambda: server.create_database(f"bench{next(numbers)}")}
    except PostgresUnavailableError as missing:
        print(f"PostgreSQL is left out: {missing}")
        yield kinds


def main() -> int:
    """Measure and report; 0 also when a goal is missed, for the table says so, 1 when something was not measured."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the large sizes")
    parser.add_argument("sections", nargs="*", help="slots, bookings, growth, pages; all without a name")
    asked = parser.parse_args()
    found: list[Row] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as folder, _databases(Path(folder)) as kinds:
        for name, section in _sections(is_full=asked.full).items():
            for label, new_url in kinds.items() if name in (asked.sections or (name,)) else ():
                started = time.monotonic()
                try:
                    found += section(label, new_url, Path(folder))
                except Exception as error:  # noqa: BLE001 - Whatever it is, the rows of all others shall be told.
                    failed.append(f"NOT MEASURED: {name} on {label}: {type(error).__name__} {error}")
                print(f"{name} on {label}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    report(found)
    if not asked.sections:
        keep(found)
    print(*failed, sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
