"""What all rows share: naming of constraints, UTC instants, opaque public ids. No row lives here."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from enum import StrEnum
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


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: refuses naive values on the way in, gives aware UTC on the way out, on both databases."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware value in UTC; SQLite gets it without zone, always 26 characters wide."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime is no instant")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware UTC, whatever the driver hands back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


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
