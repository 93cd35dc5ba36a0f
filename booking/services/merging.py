"""Two records of one person become one, and can be taken apart again for some days.

Rows are pointed to the record that is kept; nothing is copied, since sealed fields open only where they are. The other
record stays as it was with its own name, address and note, and leads to the one that is kept. docs/adr/0016-merging.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import CannotMerge, NotFound
from booking.models import (
    AccountPatient,
    Appointment,
    Base,
    CarerInvitation,
    Consent,
    FollowUp,
    LinkToken,
    Message,
    Patient,
    PatientMerge,
    QuestionnaireResponse,
    Reservation,
    Task,
    WaitingEntry,
    WaitingOffer,
    WaitingState,
)
from booking.queries.merging import conflicts_of
from booking.services import audit
from booking.services.offer_ends import take_list
from booking.services.transaction import transaction
from booking.services.waiting_list import live_key_of

UNDO_FOR = timedelta(days=14)
DESK_ROLES = frozenset({Role.SCHEDULER, Role.ADMINISTRATOR})
MERGE_REASONS: Final = ("booked_twice", "name_changed", "misspelled", "made_account")

POINTING: Final[Mapping[str, Any]] = {
    "appointment": Appointment,
    "reservation": Reservation,
    "waiting_entry": WaitingEntry,
    "questionnaire_response": QuestionnaireResponse,
    "message": Message,
    "link_token": LinkToken,
    "task": Task,
    "consent": Consent,
    "follow_up": FollowUp,
    "carer_invitation": CarerInvitation,
    "account_patient": AccountPatient,
}
"""Tables whose rows belong to a patient, and move with them."""


def merge_patients(
    session: Session, *, actor: Actor, kept_id: int, merged_id: int, reason_code: str, now: datetime
) -> str:
    """All that belongs to `merged_id` belongs to `kept_id` from now on; the public id of the merge, which undoes it.

    Raises NotFound (not for this person to do, or no such two records), CannotMerge with every conflict; ValueError for
    a reason that is none."""
    if reason_code not in MERGE_REASONS:
        raise ValueError("no reason for a merge")
    with transaction(session):
        take_list(session)
        _take_both(session, actor, kept_id, merged_id)
        conflicts = conflicts_of(session, actor, kept_id, merged_id)
        if conflicts:
            raise CannotMerge(conflicts)
        moved = _move_all(session, kept_id, merged_id, now)
        session.get_one(Patient, merged_id).merged_into_id = kept_id
        row = PatientMerge(
            kept_id=kept_id, merged_id=merged_id, moved=moved, reason_code=reason_code, merged_at=now,
            merged_by_account_id=actor.account_id, undo_until=now + UNDO_FOR,
        )  # fmt: skip
        session.add(row)
        session.flush()
        _record(session, actor, "patients_merged", (kept_id, merged_id), now, reason_code)
        return row.public_id


def _take_both(session: Session, actor: Actor, one_id: int, other_id: int) -> None:
    """Lock the visits and then the patients, each by id, in the order in which changes of visits take them."""
    if actor.role not in DESK_ROLES or actor.account_id is None or one_id == other_id:
        raise NotFound
    both = (one_id, other_id)
    visits = sa.select(Appointment.id).where(Appointment.patient_id.in_(both)).order_by(Appointment.id)
    session.execute(visits.with_for_update(key_share=True)).all()
    patients = sa.select(Patient.id).where(Patient.id.in_(both), Patient.merged_into_id.is_(None)).order_by(Patient.id)
    if len(session.execute(patients.with_for_update(key_share=True)).all()) != len(both):
        raise NotFound


def _move_all(session: Session, kept_id: int, merged_id: int, now: datetime) -> dict[str, Any]:
    """Point every row to the kept record; which ones, as they are needed to undo it."""
    closed = _close_doubled_rights(session, kept_id, merged_id, now)
    keep = {"account_patient": [right["id"] for right in closed]}
    moved: dict[str, Any] = {}
    for name, table in POINTING.items():
        ids = session.scalars(sa.select(table.id).where(table.patient_id == merged_id).order_by(table.id)).all()
        moved[name] = [one for one in ids if one not in keep.get(name, ())]
        _point(session, table, moved[name], kept_id)
    earlier = sa.select(Patient.id).where(Patient.merged_into_id == merged_id).order_by(Patient.id)
    moved["patient"] = list(session.scalars(earlier))
    _lead(session, moved["patient"], kept_id)
    moved["closed_rights"] = closed
    _name_waits(session, kept_id)
    return moved


def _point(session: Session, table: type[Base], ids: Iterable[int], patient_id: int) -> None:
    rows = sa.update(table).where(table.__table__.c.id.in_(list(ids)))
    session.execute(rows.values(patient_id=patient_id).execution_options(synchronize_session=False))


def _lead(session: Session, ids: Iterable[int], kept_id: int) -> None:
    rows = sa.update(Patient).where(Patient.id.in_(list(ids)))
    session.execute(rows.values(merged_into_id=kept_id).execution_options(synchronize_session=False))


def _close_doubled_rights(session: Session, kept_id: int, merged_id: int, now: datetime) -> list[dict[str, Any]]:
    """An account that acts for both keeps the right that it has for the kept record; the other one rests."""
    own = sa.select(AccountPatient.account_id).where(AccountPatient.patient_id == kept_id)
    doubled = session.scalars(
        sa.select(AccountPatient)
        .where(AccountPatient.patient_id == merged_id, AccountPatient.account_id.in_(own))
        .order_by(AccountPatient.id)
    ).all()
    closed = [{"id": one.id, "ends_at": _text(one.ends_at), "closed_at": _text(one.closed_at)} for one in doubled]
    for right in doubled:
        right.ends_at, right.closed_at = now, now
    session.flush()
    return closed


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _name_waits(session: Session, patient_id: int) -> None:
    """Nobody waits twice for one service: the key of that follows the patient."""
    waiting = sa.select(WaitingEntry).where(
        WaitingEntry.patient_id == patient_id, WaitingEntry.state == WaitingState.WAITING
    )
    for entry in session.scalars(waiting.execution_options(populate_existing=True)).all():
        entry.live_key = live_key_of(patient_id, entry.service_id)
    session.flush()


def undo_merge(session: Session, *, actor: Actor, public_id: str, now: datetime) -> str:
    """Take the two apart: all that had moved belongs to the other record again, with what has come of it since.

    What was booked for the kept record meanwhile stays there. Returns the public id of the record that was kept. Raises
    NotFound (not for this person to do, or too late), CannotMerge where visits are at places of others."""
    with transaction(session):
        take_list(session)
        row = _undoable(session, actor, public_id, now)
        conflicts = [one for one in conflicts_of(session, actor, row.kept_id, row.merged_id) if one.service_id is None]
        if conflicts:
            raise CannotMerge(conflicts)
        moved, merged_id = row.moved, row.merged_id
        for name, table in POINTING.items():
            _point(session, table, _still_there(session, table, moved[name], row.kept_id), merged_id)
        _point_what_came_of_it(session, moved, kept_id=row.kept_id, merged_id=merged_id)
        _lead(session, moved["patient"], merged_id)
        _open_rights(session, moved["closed_rights"])
        _name_waits(session, merged_id)
        session.get_one(Patient, merged_id).merged_into_id = None
        row.undone_at, row.undone_by_account_id = now, actor.account_id
        _record(session, actor, "merge_undone", (row.kept_id, merged_id), now, row.reason_code)
        return session.get_one(Patient, row.kept_id).public_id


def _undoable(session: Session, actor: Actor, public_id: str, now: datetime) -> PatientMerge:
    """The merge, locked, while it can be undone: not once the kept record has become part of a third one."""
    row = session.scalars(
        sa.select(PatientMerge)
        .join(Patient, Patient.id == PatientMerge.kept_id)
        .where(
            PatientMerge.public_id == public_id,
            PatientMerge.undone_at.is_(None),
            PatientMerge.undo_until > now,
            Patient.merged_into_id.is_(None),
        )
        .with_for_update(of=PatientMerge)
    ).one_or_none()
    if row is None or actor.role not in DESK_ROLES or actor.account_id is None:
        raise NotFound
    return row


def _still_there(session: Session, table: type[Base], ids: list[int], kept_id: int) -> list[int]:
    """Of these rows those that are the kept record's still."""
    columns = table.__table__.c
    return list(session.scalars(sa.select(columns.id).where(columns.id.in_(ids), columns.patient_id == kept_id)))


def _point_what_came_of_it(session: Session, moved: Mapping[str, Any], *, kept_id: int, merged_id: int) -> None:
    """Rows that were made since, about visits and waits that had moved."""
    offers = sa.select(WaitingOffer.id).where(WaitingOffer.entry_id.in_(moved["waiting_entry"]))
    about: tuple[tuple[Any, sa.ColumnElement[bool]], ...] = (
        *((table, table.appointment_id.in_(moved["appointment"])) for table in _OF_VISITS),
        *((table, table.waiting_entry_id.in_(moved["waiting_entry"])) for table in (Message, LinkToken)),
        *((table, table.offer_id.in_(offers)) for table in (Message, LinkToken)),
    )
    for table, condition in about:
        rows = sa.update(table).where(table.patient_id == kept_id, condition)
        session.execute(rows.values(patient_id=merged_id).execution_options(synchronize_session=False))


_OF_VISITS: tuple[Any, ...] = (Reservation, Message, LinkToken, QuestionnaireResponse, Task, WaitingEntry)


def _open_rights(session: Session, closed: Iterable[Mapping[str, Any]]) -> None:
    for one in closed:
        values = {"ends_at": _instant(one["ends_at"]), "closed_at": _instant(one["closed_at"])}
        right = sa.update(AccountPatient).where(AccountPatient.id == one["id"])
        session.execute(right.values(values).execution_options(synchronize_session=False))


def _record(
    session: Session, actor: Actor, action: str, patient_ids: tuple[int, int], now: datetime, reason_code: str
) -> None:
    """An event at each of the two, so that either leads to it."""
    for patient_id in patient_ids:
        audit.record(
            session, actor, action, "patient", patient_id, now=now, reason_code=reason_code, patient_id=patient_id
        )
