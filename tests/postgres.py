"""A PostgreSQL server for the tests, from the programs in a pip package: a private folder, a Unix socket, no TCP.

`with running_postgres() as server:` starts one in about two seconds and takes it away at the end, also when the test
run is killed (tests/postgres_keeper.py). TEST_DATABASE_URL names another server to use instead; its user must be
allowed to create databases.

For developers: `python -m tests.postgres` prints the URL of an empty database and stays until Ctrl-C;
`python -m tests.postgres COMMAND ...` runs the command with DATABASE_URL set to one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.pool import NullPool

KEEPER = Path(__file__).with_name("postgres_keeper.py")
DRIVER = "postgresql+psycopg"
STOP_SECONDS = 30.0


class PostgresUnavailableError(RuntimeError):
    """No server can be had here; the text says why in one sentence."""


class PostgresServer:
    """A running server on which databases may be made and dropped."""

    def __init__(self, maintenance_url: URL) -> None:
        """`maintenance_url` names an existing database, used to create and drop the others."""
        self._maintenance_url = maintenance_url.set(drivername=DRIVER)

    def url(self, database: str) -> str:
        """SQLAlchemy's address of `database` on this server, whether or not it exists."""
        return self._maintenance_url.set(database=database).render_as_string(hide_password=False)

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create `name`, as a copy of `template` when given (nobody may be connected to that); its URL is returned."""
        # Copying files takes half the time of writing each page into the log as well.
        copied = f" TEMPLATE {_quoted(template)} STRATEGY FILE_COPY" if template else ""
        self._execute(f"CREATE DATABASE {_quoted(name)}{copied}")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop `name` and cut whoever is still connected; nothing happens when there is no such database."""
        self._execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")

    @contextmanager
    def temporary_database(self, prefix: str = "test", *, template: str | None = None) -> Iterator[str]:
        """The URL of a database with a name of its own, dropped at the end."""
        name = f"{prefix}_{uuid.uuid4().hex[:12]}"
        try:
            yield self.create_database(name, template=template)
        finally:
            self.drop_database(name)

    def _execute(self, statement: str) -> None:
        engine = create_engine(self._maintenance_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def running_postgres(*, is_durable: bool = False) -> Iterator[PostgresServer]:
    """The server that TEST_DATABASE_URL names, else a new one of our own. Raises PostgresUnavailableError.

    `is_durable` is for measuring: what is committed is on the disk, as it is where patients book.
    """
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        yield PostgresServer(make_url(named))
        return
    with _own_server(is_durable) as socket_folder:
        yield PostgresServer(
            URL.create(DRIVER, username="postgres", database="postgres", query={"host": socket_folder})
        )


@contextmanager
def _own_server(is_durable: bool) -> Iterator[str]:
    keeper = subprocess.Popen(
        [sys.executable, str(KEEPER), *(["--durable"] if is_durable else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # Coverage would follow into the keeper, which runs none of our program.
        env={name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_"))},
        # Ctrl-C in the terminal is for the test run, which then tells the keeper.
        start_new_session=True,
    )
    try:
        yield _socket_folder(keeper)
    finally:
        _dismiss(keeper)


def _socket_folder(keeper: subprocess.Popen[bytes]) -> str:
    assert keeper.stdout is not None
    line = keeper.stdout.readline()
    answer = json.loads(line) if line else {"error": "The process that starts PostgreSQL ended without a word."}
    if "error" in answer:
        raise PostgresUnavailableError(answer["error"])
    return str(answer["socket"])


def _dismiss(keeper: subprocess.Popen[bytes]) -> None:
    """Say "stop" as well as closing the pipe: a forked child may hold a copy of our end."""
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        keeper.stdin.write(b"stop\n")
        keeper.stdin.close()
    except BrokenPipeError:
        pass
    try:
        keeper.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait()
    keeper.stdout.close()


def _stop_on_signal(*_: object) -> None:
    raise KeyboardInterrupt


def main(command: list[str]) -> int:
    """Without a command: print a URL and stay until Ctrl-C. With one: run it on DATABASE_URL, return its status."""
    signal.signal(signal.SIGTERM, _stop_on_signal)
    try:
        with running_postgres() as server, server.temporary_database("respite") as url:
            if command:
                return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode
            print(url, flush=True)  # noqa: T201 - The printed address is the purpose.
            signal.pause()
    except KeyboardInterrupt:
        return 130 if command else 0
    except PostgresUnavailableError as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - One line for the person at the terminal.
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
