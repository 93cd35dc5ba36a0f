"""`make bench`: every row, ours and its anchor in turn; prints the table and writes benchmarks/latest.json."""

from __future__ import annotations

import sys

from benchmarks import pages, slots
from benchmarks.measure import report
from tests.postgres import PostgresUnavailableError, running_postgres


def main() -> int:
    """Measure and report; 0 also when a goal is missed, for the table says so."""
    try:
        with running_postgres() as server:
            found = [*slots.rows(server.create_database("slots")), *pages.rows(server.create_database("pages"))]
    except PostgresUnavailableError as missing:
        print(f"PostgreSQL is left out: {missing}")
        found = [*slots.rows(None), *pages.rows(None)]
    report(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
