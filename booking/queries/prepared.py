"""Statements that every search and booking sends: made ready once, and then handed to the driver as they are.

SQLAlchemy finds the cached text of a statement again, names its parameters and looks up their types each time, which
takes longer than most of the statements themselves: of a booking on SQLite it was half. Text and types are still its
own; only what comes out the same every time is kept. Results are what the driver gives: for numbers and text, not for
instants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert

Processor = Callable[[Any], Any]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Text:
    """What the driver gets: the text, constants of the statement, and how each parameter is made."""

    text: str
    constants: Values
    processors: Mapping[str, Processor]
    order: tuple[str, ...] | None

    def parameters(self, values: Values) -> Any:
        """By place or by name, as the driver wants them. Raises KeyError when one is missing."""
        given = {**self.constants, **values}
        for name, made in self.processors.items():
            given[name] = made(given[name])
        return given if self.order is None else tuple([given[name] for name in self.order])


def _text_for(dialect: Dialect, statement: sa.ClauseElement) -> _Text:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - every statement that is executed compiles to one.
    found = {name: bound.type.dialect_impl(dialect).bind_processor(dialect) for name, bound in compiled.binds.items()}
    return _Text(
        compiled.string,
        {name: bound.value for name, bound in compiled.binds.items() if bound.value is not None},
        {name: made for name, made in found.items() if made is not None},
        tuple(compiled.positiontup) if compiled.positional and compiled.positiontup else None,
    )


class Prepared:
    """One statement of SQLAlchemy without lists for parameters, for each of the databases that it is sent to."""

    def __init__(self, statement: sa.ClauseElement) -> None:
        self._statement = statement
        self._texts: dict[str, _Text] = {}

    def execute(self, connection: sa.Connection, values: Values) -> sa.CursorResult[Any]:
        """Send it. `values` by the names of its parameters; names that it does not have do no harm."""
        text = self._texts.get(connection.dialect.name)
        if text is None:
            text = self._texts[connection.dialect.name] = _text_for(connection.dialect, self._statement)
        return connection.exec_driver_sql(text.text, text.parameters(values))


class PreparedInsert:
    """Rows of one table in one statement. `like` makes the statement more than plain: what to do on conflict, what to
    return. The rows name every column that has a default in Python; all name the same ones, two at least."""

    def __init__(self, table: type[Any], like: Callable[[postgresql.Insert], Insert] = lambda insert: insert) -> None:
        self._table: sa.Table = table.__table__
        self._like = like
        self._made: dict[tuple[int, tuple[str, ...]], tuple[Prepared, list[str]]] = {}

    def execute(self, connection: sa.Connection, rows: Sequence[Values]) -> sa.CursorResult[Any]:
        """Write the rows, one at least; `rowcount` is how many were written."""
        shape = (len(rows), tuple(rows[0]))
        made = self._made.get(shape)
        if made is None:
            made = self._made[shape] = self._prepare(*shape)
        prepared, parameters = made
        values = chain.from_iterable(map(itemgetter(*shape[1]), rows))
        return prepared.execute(connection, dict(zip(parameters, values, strict=True)))

    def _prepare(self, count: int, names: Sequence[str]) -> tuple[Prepared, list[str]]:
        """The statement for so many rows with these columns, and the names of its parameters row by row."""
        types = {name: self._table.c[name].type for name in names}
        rows = [{name: sa.bindparam(f"{name}_{i}", type_=types[name]) for name in names} for i in range(count)]
        statement = self._like(postgresql.insert(self._table).values(rows))
        return Prepared(statement), [f"{name}_{i}" for i in range(count) for name in names]
