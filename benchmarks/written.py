"""The anchor of the booking rows: what one booking wrote, read back, and written again by the bare driver.

So the anchor writes what the service writes, whatever columns the tables have by now, in one transaction, under the
same guard and with the same durability. It asks nothing and locks nothing beforehand. A column that is empty in all
rows is not named, as nobody would by hand: with all columns of three messages psycopg takes its text apart at every
call, which made the anchor slower by a tenth of a millisecond.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks import raw
from benchmarks.history import LENGTH

TABLES = {
    "idempotency": ("nonce = '{nonce}'", 1),
    "appointment": ("id = {id}", 1),
    "reservation": ("appointment_id = {id}", 4),
    "message": ("appointment_id = {id}", 3),
    "audit_event": ("object_kind = 'appointment' AND object_id = {id}", 1),
}
"""Where the rows of a booking are, and how many: the definition of the anchor."""
KEYS = ("id", "seq")
UNIQUE = ("public_id", "reference", "nonce", "subject", "dedup_key", "message_id", "mark")
FAR = timedelta(days=20_000)
"""The anchor books decades after ours, so that neither is in the other's way."""

Values = dict[str, Any]
Booking = dict[str, list[Values]]
Statement = tuple[str, list[Any]]


class Anchor:
    """Writes the rows of a booking again and again, each time at another time and under other unique names."""

    def __init__(self, url: str, appointment_id: int, nonce: str) -> None:
        self._connection = raw.connect(url)
        self._mark = "?" if raw.is_sqlite(url) else "%s"
        self._model = {
            table: self._read(table, where.format(id=appointment_id, nonce=nonce), count)
            for table, (where, count) in TABLES.items()
        }
        self._texts = {table: self._insert_text(table) for table in TABLES}
        self._numbers = itertools.count(1)
        self._beginning = min(_later(row["starts_at"], FAR) for row in self._model["reservation"])

    def _read(self, table: str, where: str, count: int) -> list[Values]:
        cursor = self._connection.execute(f"SELECT * FROM {table} WHERE {where}")
        names = [column[0] for column in cursor.description or ()]
        rows = [{n: v for n, v in zip(names, row, strict=True) if n not in KEYS} for row in cursor.fetchall()]
        if len(rows) != count:
            raise RuntimeError(f"a booking is expected to write {count} rows of {table}, not {len(rows)}")
        written = [name for name in rows[0] if any(row[name] is not None for row in rows)]
        return [{name: row[name] for name in written} for row in rows]

    def prepared(self, count: int) -> list[Booking]:
        """So many bookings, ready to be written. Times of those before are given back: the guard of SQLite reads what
        lies after a new row, and ours come before."""
        self._connection.execute(f"DELETE FROM reservation WHERE starts_at > {self._mark}", [self._beginning])
        return [self._moved(next(self._numbers)) for _ in range(count)]

    def _moved(self, number: int) -> Booking:
        later = FAR + timedelta(minutes=LENGTH * number)
        return {
            table: [_moved(row, f"{number:x}.{place}", later) for place, row in enumerate(rows)]
            for table, rows in self._model.items()
        }

    def write(self, booking: Booking) -> None:
        """One statement for each table."""
        with self._transaction():
            self._execute(self._insert("idempotency", booking))
            appointment_id = self._insert_appointment(booking)
            _belong(booking, appointment_id)
            for table in ("reservation", "message", "audit_event"):
                self._execute(self._insert(table, booking))

    def write_in_four(self, booking: Booking) -> None:
        """The same rows in four statements: the nonce and the audit event travel with the messages. PostgreSQL only."""
        with self._transaction():
            appointment_id = self._insert_appointment(booking)
            _belong(booking, appointment_id)
            self._execute(self._insert("reservation", booking))
            self._execute(self._insert("message", booking))
            nonce, audit = self._insert("idempotency", booking), self._insert("audit_event", booking)
            self._execute((f"WITH nonce AS ({nonce[0]}) {audit[0]}", nonce[1] + audit[1]))

    def _insert_appointment(self, booking: Booking) -> int:
        text, values = self._insert("appointment", booking)
        [appointment_id] = self._execute((f"{text} RETURNING id", values)).fetchone()
        return int(appointment_id)

    def _insert_text(self, table: str) -> str:
        rows = self._model[table]
        marks = f"({', '.join([self._mark] * len(rows[0]))})"
        return f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES {', '.join([marks] * len(rows))}"

    def _insert(self, table: str, booking: Booking) -> Statement:
        return self._texts[table], [value for row in booking[table] for value in row.values()]

    def _execute(self, statement: Statement) -> Any:
        return self._connection.execute(*statement)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE" if self._mark == "?" else "BEGIN")
        yield
        self._connection.execute("COMMIT")


def _belong(booking: Booking, appointment_id: int) -> None:
    for table in ("reservation", "message"):
        for row in booking[table]:
            row["appointment_id"] = appointment_id
    for row in booking["audit_event"]:
        row["object_id"] = appointment_id


def _moved(row: Values, name: str, later: timedelta) -> Values:
    moved = {column: _renamed(column, value, name) for column, value in row.items()}
    if "ends_at" in row:
        moved |= {column: _later(row[column], later) for column in ("starts_at", "ends_at")}
    return moved


def _renamed(column: str, value: Any, name: str) -> Any:
    """Another unique name of the same length."""
    return f"{name}.{value}"[: len(value)] if column in UNIQUE else value


def _later(instant: Any, later: timedelta) -> Any:
    if isinstance(instant, datetime):
        return instant + later
    moved = datetime.fromisoformat(instant).replace(tzinfo=UTC) + later
    return moved.strftime("%Y-%m-%d %H:%M:%S.%f")
