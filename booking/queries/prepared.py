"""Statements that every search and booking sends: made ready once, and then handed to the driver as they are.

SQLAlchemy finds the cached text of a statement again, names its parameters, looks up their types and describes its
columns each time, which takes longer than most of the statements themselves: of a booking on SQLite it was half. Text
and types are still its own, and so are connections, transactions and errors; only what comes out the same every time is
kept. Rows are what the driver gives: for numbers and text, not for instants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert

_CURSOR = "prepared_cursor"

Processor = Callable[[Any], Any]
Values = Mapping[str, Any]


class IdList(sa.types.TypeDecorator[Sequence[int]]):
    """Ids as one parameter of PostgreSQL. As text, which its driver takes as it is: of a list it looks at each item."""

    impl = postgresql.ARRAY(sa.Integer)
    cache_ok = True

    def bind_processor(self, _dialect: Dialect) -> Processor:
        """What writes an array as the server does."""
        return _as_array


def _as_array(ids: Sequence[int]) -> str:
    return f"{{{','.join(map(str, ids))}}}"


class Answer(NamedTuple):
    """What the driver gave: the rows that the statement returns, and how many it wrote."""

    rows: Sequence[tuple[Any, ...]]
    written: int


@dataclass(frozen=True, slots=True)
class _Text:
    """What the driver gets: the text, constants of the statement as it takes them, and all parameters in order, each
    with how it is made of its value. `has_rows`: the statement returns some."""

    text: str
    has_rows: bool
    constants: Values
    parameters: tuple[tuple[str, Processor | None], ...]
    is_positional: bool

    def filled(self, values: Values) -> Any:
        """The parameters by place or by name, as the driver wants them. Raises KeyError when one is missing."""
        given = {**self.constants, **values} if self.constants else values
        if self.is_positional:
            return [given[name] if made is None else made(given[name]) for name, made in self.parameters]
        return {name: given[name] if made is None else made(given[name]) for name, made in self.parameters}


def _text_for(dialect: Dialect, statement: sa.ClauseElement) -> _Text:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - every statement that is executed compiles to one.
    names = compiled.positiontup if compiled.positional else list(compiled.bind_names.values())
    made = {name: compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names or ()}
    given = {name: compiled.binds[name].value for name in made if compiled.binds[name].value is not None}
    constants = {name: value if (make := made[name]) is None else make(value) for name, value in given.items()}
    return _Text(
        compiled.string,
        isinstance(statement, sa.SelectBase) or bool(compiled.effective_returning),
        constants,
        tuple((name, None if name in constants else made[name]) for name in names or ()),
        compiled.positional,
    )


class Prepared:
    """One statement of SQLAlchemy without lists for parameters, for each of the databases that it is sent to."""

    def __init__(self, statement: sa.ClauseElement) -> None:
        self._statement = statement
        self._texts: dict[str, _Text] = {}

    def execute(self, connection: sa.Connection, values: Values) -> Answer:
        """Send it in the connection's transaction. `values` by the names of its parameters; names that it does not have
        do no harm. Raises what SQLAlchemy raises."""
        text = self._texts.get(connection.dialect.name)
        if text is None:
            text = self._texts[connection.dialect.name] = _text_for(connection.dialect, self._statement)
        return _send(connection, text, text.filled(values))


def _send(connection: sa.Connection, text: _Text, parameters: Any) -> Answer:
    """Straight to the driver's cursor: a result of SQLAlchemy costs more than a row. Its listeners hear of it."""
    cursor = _cursor(connection)
    try:
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, cursor, text.text, parameters, None, False)
        cursor.execute(text.text, parameters)
        return Answer(cursor.fetchall() if text.has_rows else (), cursor.rowcount)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_sqlalchemy_says(connection, text.text, error) from error


def _cursor(connection: sa.Connection) -> Any:
    """One for all statements of a connection of the driver, with which it is forgotten: all rows are fetched at once,
    and psycopg takes longer to make one than to send a small statement."""
    kept = connection.connection.info
    if _CURSOR not in kept:
        kept[_CURSOR] = connection.connection.cursor()
    return kept[_CURSOR]


def _as_sqlalchemy_says(connection: sa.Connection, text: str, error: Any) -> Exception:
    """The error as it comes from every other statement, without values; a connection that broke is not used again."""
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(error, connection.connection, None)
    if is_lost:
        connection.invalidate(error)
    base = dialect.loaded_dbapi.Error
    said: Exception = sa.exc.DBAPIError.instance(
        text, None, error, base, hide_parameters=True, connection_invalidated=is_lost, dialect=dialect
    )
    return said


class PreparedInsert:
    """Rows of one table in one statement. `like` makes the statement more than plain: what to do on conflict, what to
    return. The rows name every column that has a default in Python; all name the same ones, two at least."""

    def __init__(self, table: type[Any], like: Callable[[postgresql.Insert], Insert] = lambda insert: insert) -> None:
        self._table: sa.Table = table.__table__
        self._like = like
        self._made: dict[tuple[int, tuple[str, ...]], tuple[Prepared, list[str]]] = {}

    def execute(self, connection: sa.Connection, rows: Sequence[Values]) -> Answer:
        """Write the rows, one at least; `written` is how many were."""
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
