"""The outcome of a visit as its specialist says it, and the follow-ups that wait on the desk's list until they are
booked, or dropped with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.clock import local_date
from booking.core.errors import MoveNotAllowed, NotFound
from booking.core.follow_ups import DROP_REASONS, is_fitting_day
from booking.models import Appointment, FollowUp, FollowUpState, new_public_id
from booking.queries.appointments import Visit, visit_for
from booking.queries.catalogue import catalogue
from booking.queries.follow_ups import WantedFollowUp, follow_up_or_none
from booking.services import audit
from booking.services.before_visit import is_specialist_of
from booking.services.transaction import transaction
from booking.services.visit_flow import finish_in_transaction, reopen_in_transaction

FOLLOW_UP = "follow_up"
UNDONE = "undone"
"""Reason of a follow-up that went when the outcome of its visit was taken back."""


@dataclass(frozen=True, slots=True)
class FollowUpWish:
    """What shall follow: a kind of visit, by which local date, and with whom (None: any specialist)."""

    service_id: int
    wanted_by: date
    resource_id: int | None


def finish_visit(
    session: Session, *, actor: Actor, public_id: str, version: int, wish: FollowUpWish | None, now: datetime
) -> None:
    """The visit is done, as its specialist says; what shall follow joins the desk's list. Twice is once.

    Raises NotFound for anybody but the specialist, MoveNotAllowed when the visit is not under way or was changed since
    it was shown (`version`), ValueError for a service that is not given or a day that does not fit."""
    with transaction(session):
        visit = _own_visit(session, actor, public_id)
        finish_in_transaction(session, actor, visit, version, now)
        if wish is not None:
            _check_wish(session, visit, wish, now)
            _want(session, actor, visit, wish, now)


def reopen_visit(session: Session, *, actor: Actor, public_id: str, version: int, now: datetime) -> None:
    """Take the outcome back: the visit goes on, and what should follow is off the list, unless it was booked already.

    Raises NotFound and MoveNotAllowed as `finish_visit`."""
    with transaction(session):
        visit = _own_visit(session, actor, public_id)
        reopen_in_transaction(session, actor, visit, version, now)
        row = _row_of(session, visit)
        if row is not None and row.state is FollowUpState.OPEN:
            _settle(session, actor, row.id, row.patient_id, FollowUpState.DROPPED, now, reason=UNDONE)


def _own_visit(session: Session, actor: Actor, public_id: str) -> Visit:
    visit = visit_for(session, actor, public_id, lock=True)
    if visit is None or not is_specialist_of(actor, visit):
        raise NotFound
    return visit


def _check_wish(session: Session, visit: Visit, wish: FollowUpWish, now: datetime) -> None:
    clinic = catalogue(session)
    service = clinic.services.get(wish.service_id)
    today = local_date(now, clinic.locations[visit.location_id].tz)
    if service is None or not service.is_active or not is_fitting_day(wish.wanted_by, today):
        raise ValueError("No such follow-up can be wanted.")


def _row_of(session: Session, visit: Visit) -> FollowUp | None:
    wanted = sa.select(FollowUp).where(FollowUp.appointment_id == visit.id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def _want(session: Session, actor: Actor, visit: Visit, wish: FollowUpWish, now: datetime) -> None:
    """One follow-up for a visit: saying it anew replaces what was said, but not what was booked."""
    row = _row_of(session, visit)
    if row is not None and row.state is FollowUpState.BOOKED:
        raise MoveNotAllowed
    said = {
        "patient_id": visit.patient_id,
        "service_id": wish.service_id,
        "resource_id": wish.resource_id,
        "wanted_by": wish.wanted_by,
        "state": FollowUpState.OPEN,
        "created_at": now,
        "created_by_account_id": actor.account_id,
        "settled_at": None,
        "settled_by_account_id": None,
    }
    if row is None:
        row = FollowUp(public_id=new_public_id(), appointment_id=visit.id, **said)
        session.add(row)
    for name, value in said.items():
        setattr(row, name, value)
    session.flush()
    audit.record(session, actor, "follow_up_wanted", FOLLOW_UP, row.id, now=now, patient_id=visit.patient_id)


def drop(session: Session, *, actor: Actor, public_id: str, reason: str, now: datetime) -> None:
    """Take it off the desk's list without a visit. Dropping twice is dropping once.

    Raises NotFound where the actor does not work, ValueError for an unknown reason."""
    if reason not in DROP_REASONS:
        raise ValueError("There is no such reason.")
    with transaction(session):
        found = _at_desk(session, actor, public_id)
        if found.state is not FollowUpState.DROPPED:
            _settle(session, actor, found.id, found.patient_id, FollowUpState.DROPPED, now, reason=reason)


def put_back(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """It is to be booked after all. Raises NotFound as `drop`."""
    with transaction(session):
        found = _at_desk(session, actor, public_id)
        if found.state is FollowUpState.DROPPED:
            _update(session, found.id, state=FollowUpState.OPEN, settled_at=None, settled_by_account_id=None)
            audit.record(
                session, actor, "follow_up_reopened", FOLLOW_UP, found.id, now=now, patient_id=found.patient_id
            )


def settle_with(session: Session, *, actor: Actor, public_id: str, visit_public_id: str, now: datetime) -> None:
    """That visit is the one that was wanted. Raises NotFound as `drop`, and for another patient's visit."""
    with transaction(session):
        found = _at_desk(session, actor, public_id)
        if not _settle_with(session, actor, found, visit_public_id, now):
            raise NotFound


def settle_in_booking(session: Session, actor: Actor, public_id: str, visit_public_id: str, now: datetime) -> None:
    """The same, while the visit is being booked: one that is gone, or of somebody else, keeps no visit from anybody."""
    found = follow_up_or_none(session, public_id)
    if found is not None and actor.works_at(found.location_id):
        _settle_with(session, actor, found, visit_public_id, now)


def _settle_with(session: Session, actor: Actor, found: WantedFollowUp, visit_public_id: str, now: datetime) -> bool:
    """Whether the visit is the patient's; then it is the one that was wanted."""
    visit_id = session.scalars(
        sa.select(Appointment.id).where(
            Appointment.public_id == visit_public_id, Appointment.patient_id == found.patient_id
        )
    ).one_or_none()
    if visit_id is not None:
        _settle(session, actor, found.id, found.patient_id, FollowUpState.BOOKED, now, visit_id=visit_id)
    return visit_id is not None


def _at_desk(session: Session, actor: Actor, public_id: str) -> WantedFollowUp:
    found = follow_up_or_none(session, public_id)
    if found is None or not actor.is_staff or not actor.works_at(found.location_id):
        raise NotFound
    return found


def _settle(
    session: Session,
    actor: Actor,
    follow_up_id: int,
    patient_id: int,
    state: FollowUpState,
    now: datetime,
    *,
    visit_id: int | None = None,
    reason: str | None = None,
) -> None:
    _update(
        session,
        follow_up_id,
        state=state,
        booked_appointment_id=visit_id,
        settled_at=now,
        settled_by_account_id=actor.account_id,
    )
    audit.record(
        session, actor, f"follow_up_{state.value}", FOLLOW_UP, follow_up_id, now=now, reason_code=reason,
        patient_id=patient_id,
    )  # fmt: skip


def _update(session: Session, follow_up_id: int, **values: object) -> None:
    wanted = sa.update(FollowUp).where(FollowUp.id == follow_up_id).values(**values)
    session.execute(wanted.execution_options(synchronize_session=False))
