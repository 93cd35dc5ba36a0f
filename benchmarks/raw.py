"""The anchors of the database rows: the drivers alone, sqlite3 and psycopg, without any of our program."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from booking.adapters.database import POSTGRES_OPTIONS, SQLITE_PRAGMAS

FETCH = (
    "SELECT resource_id, lane, starts_at, ends_at FROM reservation"
    " WHERE resource_id IN ({ids}) AND ends_at > {mark} AND starts_at < {mark}"
)

Connection = sqlite3.Connection | psycopg.Connection[Any]


def is_sqlite(url: str) -> bool:
    """Which of the two drivers a database address asks for."""
    return url.startswith("sqlite")


def connect(url: str) -> Connection:
    """A bare connection with the settings of the program: the same durability, the same time-outs. Autocommits."""
    if not is_sqlite(url):
        return psycopg.connect(
            url.replace("postgresql+psycopg", "postgresql"), autocommit=True, options=POSTGRES_OPTIONS
        )
    connection = sqlite3.connect(make_url(url).database or "", isolation_level=None)
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def value_for(url: str, value: Any) -> Any:
    """The value as the driver takes it: SQLite keeps instants as text of 26 characters."""
    if isinstance(value, datetime) and is_sqlite(url):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value


def fetch(url: str, resource_ids: Sequence[int], since: datetime, until: datetime) -> Callable[[], list[Any]]:
    """A call that fetches the busy rows of these resources."""
    connection = connect(url)
    ids = ", ".join(str(resource_id) for resource_id in sorted(resource_ids))
    statement = FETCH.format(ids=ids, mark="?" if is_sqlite(url) else "%s")
    window = (value_for(url, since), value_for(url, until))
    return lambda: connection.execute(statement, window).fetchall()
