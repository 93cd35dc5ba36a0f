"""What all rows share: naming of constraints, UTC instants, opaque public ids. No row lives here."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

INSTANT_WIDTH = 26
"""Characters of an instant on SQLite, where times are compared as text."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: refuses naive values on the way in, gives aware UTC on the way out, on both databases.

    SQLite gets it as text without zone, always 26 characters wide. The text is made and read here: SQLAlchemy's own way
    through its parts costs five times as much, and a booking writes thirty instants, of ten different ones.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """What makes of a value what the driver takes. Raises ValueError for a naive one."""
        return _text_of if dialect.name == "sqlite" else _in_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """What makes of what the driver gives an aware instant in UTC."""
        return _instant_of_text if dialect.name == "sqlite" else _in_utc


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError("a naive datetime is no instant")
    return value.astimezone(UTC)


@lru_cache(maxsize=4096)
def _text_of(value: datetime | None) -> str | None:
    instant = _in_utc(value)
    return None if instant is None else instant.isoformat(" ", "microseconds")[:INSTANT_WIDTH]


def _instant_of_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def new_public_id() -> str:
    """128 random bits as 22 URL-safe characters: opaque, and the row key of sealed fields."""
    return secrets.token_urlsafe(16)


def enum_column(kind: type[StrEnum], name: str, *, grows: bool = False) -> sa.Enum:
    """A StrEnum stored by value as text with a CHECK of its own name.

    `grows`: a vocabulary that most releases add a word to has no CHECK, since SQLite can change one only by building
    the whole table anew.
    """
    return sa.Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=not grows,
        length=40,
        values_callable=lambda e: [member.value for member in e],
    )


IntPk = Annotated[int, orm.mapped_column(sa.Integer, primary_key=True)]
PublicId = Annotated[str, orm.mapped_column(sa.String(32), unique=True, default=new_public_id)]
Code = Annotated[str, orm.mapped_column(sa.String(80))]


class Base(orm.DeclarativeBase):
    """Root of all rows."""

    registry = orm.registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={datetime: UtcDateTime(), dict[str, Any]: sa.JSON()},
    )
