"""When a process was last alive: what /readyz and the administrator's page tell of the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.models import Heartbeat
from booking.services.transaction import transaction

_INSERT: Mapping[str, Callable[..., Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def beat(session: Session, *, name: str, now: datetime) -> None:
    """Note that the process of that name is alive."""
    insert = _INSERT[session.get_bind().dialect.name](Heartbeat).values(name=name, beat_at=now)
    with transaction(session):
        session.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"beat_at": now}))
