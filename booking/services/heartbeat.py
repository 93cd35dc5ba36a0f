"""When something of a name last happened: the worker was alive, a backup was good. /readyz tells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.models import Heartbeat
from booking.services.transaction import transaction

WORKER = "worker"

_INSERT: Mapping[str, Callable[..., Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def beat(session: Session, *, name: str, now: datetime) -> None:
    """Note that the process of that name is alive."""
    with transaction(session):
        write_beat(session, name=name, now=now)


def write_beat(session: Session, *, name: str, now: datetime) -> None:
    """The same, in the open transaction."""
    insert = _INSERT[session.get_bind().dialect.name](Heartbeat).values(name=name, beat_at=now)
    session.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"beat_at": now}))


def seen_since(connection: sa.Connection, instant: datetime) -> bool:
    """Whether a worker was alive after that instant."""
    alive = sa.select(Heartbeat.name).where(Heartbeat.name == WORKER, Heartbeat.beat_at > instant)
    return connection.scalar(alive) is not None


def claim(session: Session, *, name: str, before: datetime, now: datetime) -> bool:
    """Take up work that one process shall do: True for the first who asks since `before`. It is a heartbeat, too."""
    insert = _INSERT[session.get_bind().dialect.name](Heartbeat).values(name=name, beat_at=now)
    taken = insert.on_conflict_do_update(
        index_elements=["name"], set_={"beat_at": now}, where=Heartbeat.beat_at <= before
    ).returning(Heartbeat.name)
    with transaction(session):
        return session.execute(taken).one_or_none() is not None
