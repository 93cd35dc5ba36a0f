"""`make check-drift`: do migrations build what the models say? Asked on both databases, through our own commands."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.postgres import running_postgres
from tests.settings import BASE_ENV

ROOT = Path(__file__).parents[1]
STEPS = (("db", "upgrade"), ("db", "check"))


def has_drifted(url: str) -> bool:
    """Migrate the empty database at `url` and compare; what Alembic says is shown when it is not "no difference"."""
    environment = {**os.environ, **BASE_ENV, "DATABASE_URL": url}
    for step in STEPS:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *step]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout, done.stderr, sep="", file=sys.stderr)  # noqa: T201 - For the person at the terminal.
            return True
    return False


def main() -> int:
    """0 when neither database differs from the models."""
    with tempfile.TemporaryDirectory() as folder:
        sqlite = has_drifted(f"sqlite:///{folder}/drift.sqlite3")
    with running_postgres() as server, server.temporary_database("drift") as url:
        postgresql = has_drifted(url)
    if not (sqlite or postgresql):
        print("Migrations: both databases are what the models say.")  # noqa: T201 - For the person at the terminal.
    return int(sqlite or postgresql)


if __name__ == "__main__":
    sys.exit(main())
