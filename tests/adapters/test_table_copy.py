"""Rows as plain values: the same from both databases, and back again."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.table_copy import Kind, Shape, Tally, load_rows, read_rows, shapes

ALL = """
CREATE TABLE everything (
  number INTEGER, real FLOAT, text VARCHAR(80), flag BOOLEAN, at {instant}, day DATE, said JSON, bytes {bytes}
)
"""
ROW = [7, 0.1, 'Zoë \\N\t"quoted"\n', 1, "2026-11-23 13:00:00.000001", "2026-02-28", '{"b": [1, null]}', "AP8="]
SHAPE = Shape(
    "everything",
    (
        ("number", Kind.NUMBER),
        ("real", Kind.REAL),
        ("text", Kind.TEXT),
        ("flag", Kind.FLAG),
        ("at", Kind.INSTANT),
        ("day", Kind.DATE),
        ("said", Kind.JSON),
        ("bytes", Kind.BYTES),
    ),
)


@pytest.fixture
def connection(session: Session) -> sa.Connection:
    connection = session.connection()
    is_sqlite = connection.dialect.name == "sqlite"
    types = {"instant": "DATETIME", "bytes": "BLOB"} if is_sqlite else {"instant": "TIMESTAMPTZ", "bytes": "BYTEA"}
    connection.exec_driver_sql(ALL.format(**types))
    return connection


def test_kinds_are_read_from_the_database(connection: sa.Connection) -> None:
    assert [shape for shape in shapes(connection) if shape.table == "everything"] == [SHAPE]


def test_rows_come_back_as_they_were(connection: sa.Connection) -> None:
    rows = [ROW, [None] * len(ROW)]
    load_rows(connection, SHAPE, rows)
    assert [row for batch in read_rows(connection, SHAPE) for row in batch] == rows


def test_no_rows_are_nothing_to_do(connection: sa.Connection) -> None:
    load_rows(connection, SHAPE, [])
    assert list(read_rows(connection, SHAPE)) == []


def test_a_type_that_nobody_thought_of_is_told(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE odd (length TIME)")
    with pytest.raises(ValueError, match=r"odd\.length has a type that cannot be copied"):
        shapes(connection)


def test_a_tally_knows_rows_whatever_their_order() -> None:
    one, other, less = Tally(), Tally(), Tally()
    one.add([ROW, [1]])
    other.add([[1]])
    other.add([ROW])
    less.add([ROW, [2]])
    assert (one.rows, one.checksum) == (other.rows, other.checksum)
    assert one.checksum != less.checksum
