"""May the program run on this database? Migrations at head, guards present and really refusing, keys that open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from booking.core.scheduling.clinic import ResourceKind
from booking.models import Block, FieldKeyCheck, Heartbeat, Reservation, Resource
from booking.models.guard import LANE_GUARD, PATIENT_GUARD, SQLITE_REFUSAL
from booking.queries.backups import LAST_GOOD
from booking.queries.guards import HEAD_REVISION, missing_guards, schema_revision
from booking.services.heartbeat import WORKER
from booking.services.keys import is_in_use
from booking.services.sealed import field_keys
from booking.services.transaction import transaction


class NotReady(Exception):
    """The program must not start; `problems` has a line each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Readiness:
    """What /readyz tells."""

    problems: tuple[str, ...]
    worker_seen_seconds: int | None
    backup_made_seconds: int | None = None

    @property
    def is_ready(self) -> bool:
        """Nothing stands in the way of serving."""
        return not self.problems


def report(session: Session, *, now: datetime) -> Readiness:
    """Database reachable, schema at head, guards present; how long ago the worker was seen and a backup was good."""
    try:
        problems = _schema_problems(session)
        beats = {} if problems else {row.name: row.beat_at for row in session.scalars(sa.select(Heartbeat))}
    except SQLAlchemyError as error:
        session.rollback()
        return Readiness((f"database: {type(error).__name__}",), None)
    return Readiness(tuple(problems), _seconds_since(beats.get(WORKER), now), _seconds_since(beats.get(LAST_GOOD), now))


def _seconds_since(instant: datetime | None, now: datetime) -> int | None:
    return int((now - instant).total_seconds()) if instant else None


def _schema_problems(session: Session) -> list[str]:
    revision = schema_revision(session)
    if revision != HEAD_REVISION:
        return [f"the database is at migration {revision or 'none'}, this program needs {HEAD_REVISION}"]
    return missing_guards(session)


def check_start(session: Session) -> None:
    """Raise NotReady unless the database may be used: schema, guards, a probe of the guard, and the field keys."""
    problems = _schema_problems(session)
    if not problems and not guard_refuses(session):
        problems = ["the guard against double booking is there, but does not refuse an overlap"]
    if not problems:
        problems = _key_problems(session)
    if problems:
        raise NotReady(tuple(problems))


def guard_refuses(session: Session) -> bool:
    """Insert two overlapping reservations and undo everything; True when the database refused the second."""
    refused = False
    try:
        with transaction(session):
            _insert_overlap(session)
            _undo()
    except _Undo:
        pass
    except IntegrityError as error:
        refused = is_guard_refusal(error)
    return refused


def _undo() -> None:
    """End the probe's transaction without keeping anything."""
    raise _Undo


class _Undo(Exception):
    """Ends the probe's transaction without keeping anything."""


def is_guard_refusal(error: IntegrityError) -> bool:
    """Whether it was the double-booking guard that refused; any other broken constraint is a bug."""
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is not None:
        return diagnostics.constraint_name in {LANE_GUARD, PATIENT_GUARD}
    return str(error.orig) == SQLITE_REFUSAL


def _insert_overlap(session: Session) -> None:
    resource = Resource(code="guard-probe", kind=ResourceKind.DEVICE, name="probe", lanes=1)
    session.add(resource)
    session.flush()
    start = datetime(2000, 1, 1, tzinfo=UTC)
    hour = timedelta(hours=1)
    for begin in (start, start + hour / 2):
        block = Block(resource_id=resource.id, starts_at=begin, ends_at=begin + hour, label="probe")
        session.add(block)
        session.flush()
        session.add(
            Reservation(resource_id=resource.id, lane=0, starts_at=begin, ends_at=begin + hour, block_id=block.id)
        )
        session.flush()


def _key_problems(session: Session) -> list[str]:
    """Every key id in use must be given, with the same key; ids not seen before are noted.

    A key that is no longer given is no problem once nothing is sealed with it: then its check value is forgotten."""
    stored = {row.key_id: row.check_value for row in session.scalars(sa.select(FieldKeyCheck))}
    given = field_keys(session).check_values()
    retired = {key_id for key_id in stored if key_id not in given and not is_in_use(session, key_id)}
    problems = [
        f"FIELD_KEYS: key {key_id} is missing or not the one this database was written with"
        for key_id, value in stored.items()
        if key_id not in retired and given.get(key_id) != value
    ]
    new = {key_id: value for key_id, value in given.items() if key_id not in stored}
    if (new or retired) and not problems:
        with transaction(session):
            session.execute(sa.delete(FieldKeyCheck).where(FieldKeyCheck.key_id.in_(retired)))
            session.add_all(FieldKeyCheck(key_id=key_id, check_value=value) for key_id, value in new.items())
    return problems
