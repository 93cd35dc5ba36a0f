"""Audit events to seal and to tamper with: as the program writes them, and past everything that guards them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.models import AuditEvent
from booking.models.guard import POSTGRES_TRIGGERS, SQLITE_TRIGGERS
from booking.services import audit
from booking.services.audit_seal import seal_new
from booking.services.transaction import transaction
from tests.factories import NOW
from tests.settings import AUDIT_KEY

DORA = Actor(account_id=1, role=Role.SCHEDULER, network="192.0.2.0/24", session_ref="0123456789ab")


def write_events(session: Session, count: int) -> list[int]:
    """That many events in one transaction; their numbers."""
    with transaction(session):
        for number in range(count):
            audit.record(
                session, DORA, "patient_seen", "patient_page", number, now=NOW + timedelta(seconds=number),
                patient_id=number,
            )  # fmt: skip
    return list(session.scalars(sa.select(AuditEvent.seq).order_by(AuditEvent.seq)))


def sealed_events(session: Session, count: int) -> list[int]:
    """That many events with their seals; their numbers in the order of the chain."""
    found = write_events(session, count)
    seal_new(session, AUDIT_KEY)
    return found


@contextmanager
def unguarded(session: Session) -> Iterator[None]:
    """The database as somebody has it who may do everything there: without triggers and the index of marks."""
    session.rollback()
    if session.get_bind().dialect.name == "sqlite":
        names = [name for name in SQLITE_TRIGGERS if name.startswith("audit_")]
        run(session, *(f"DROP TRIGGER {name}" for name in names), "DROP INDEX ix_audit_event_mark")
        yield
        session.rollback()
        run(session, *(SQLITE_TRIGGERS[name] for name in names))
    else:
        run(session, *_switched("DISABLE"), "DROP INDEX ix_audit_event_mark")
        yield
        session.rollback()
        run(session, *_switched("ENABLE"))


def _switched(how: str) -> list[str]:
    return [f"ALTER TABLE {table} {how} TRIGGER {name}" for name, table in POSTGRES_TRIGGERS.items()]


def run(session: Session, *statements: str, **values: object) -> None:
    """Raw SQL, committed."""
    with transaction(session):
        for statement in statements:
            session.execute(sa.text(statement), values)


def cut_off(session: Session, first: int) -> None:
    """Delete the end of the log from that event on, links and all."""
    run(
        session,
        "DELETE FROM audit_seal WHERE event_seq >= :first",
        "DELETE FROM audit_event WHERE seq >= :first",
        first=first,
    )
