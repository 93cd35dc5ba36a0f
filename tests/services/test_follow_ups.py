"""The outcome of a visit, and the follow-ups that wait on the desk's list until somebody has booked them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import MoveNotAllowed, NotFound, RulesRefuse
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AuditEvent, FollowUp, FollowUpState
from booking.queries.appointments import Visit
from booking.queries.follow_ups import settled_since, to_book
from booking.services.appointments import VisitDetails, book_at_desk
from booking.services.follow_ups import FollowUpWish, drop, finish_visit, put_back, reopen_visit, settle_with
from tests.factories import MONDAY, NEXT_MONDAY_9, make_appointment, make_patient
from tests.services.forms_cast import visit_of

DR_CRUZ = Actor(None, Role.SPECIALIST, resource_id=1)
DORA = Actor(None, Role.SCHEDULER, location_ids=frozenset({1}), owner="dora")
ELI = Actor(None, Role.SCHEDULER, location_ids=frozenset({2}), owner="eli")
THEN = NEXT_MONDAY_9 + timedelta(minutes=30)
WISH = FollowUpWish(service_id=1, wanted_by=MONDAY + timedelta(weeks=5), resource_id=1)


@pytest.fixture
def visit(session: Session) -> Visit:
    return visit_of(session, make_appointment(session).id)


def finish(session: Session, visit: Visit, wish: FollowUpWish | None = WISH, *, version: int = 1) -> None:
    finish_visit(session, actor=DR_CRUZ, public_id=visit.public_id, version=version, wish=wish, now=THEN)


def status(session: Session, visit: Visit) -> AppointmentStatus:
    session.rollback()
    return session.get_one(Appointment, visit.id).status


def only(session: Session) -> str:
    return session.scalars(sa.select(FollowUp.public_id)).one()


def actions(session: Session) -> list[tuple[str, str | None]]:
    rows = session.execute(
        sa.select(AuditEvent.action, AuditEvent.reason_code)
        .where(AuditEvent.object_kind == "follow_up")
        .order_by(AuditEvent.seq)
    )
    return [tuple(row) for row in rows]


def test_done_alone_wants_nothing(session: Session, visit: Visit) -> None:
    finish(session, visit, None)
    finish(session, visit, None)
    assert status(session, visit) is AppointmentStatus.DONE
    assert to_book(session) == []


def test_what_shall_follow_is_on_the_list_once(session: Session, visit: Visit) -> None:
    finish(session, visit)
    later = FollowUpWish(1, WISH.wanted_by + timedelta(weeks=1), None)
    finish(session, visit, later)
    [one] = to_book(session)
    assert (one.patient_id, one.service_id, one.wanted_by, one.resource_id) == (
        visit.patient_id, 1, later.wanted_by, None,
    )  # fmt: skip
    assert actions(session) == [("follow_up_wanted", None)] * 2


def test_an_outcome_is_only_for_the_specialist_and_only_of_what_takes_place(session: Session, visit: Visit) -> None:
    with pytest.raises(NotFound):
        finish_visit(session, actor=DORA, public_id=visit.public_id, version=1, wish=None, now=THEN)
    with pytest.raises(MoveNotAllowed):
        finish(session, visit, version=9)
    with pytest.raises(RulesRefuse):
        finish_visit(
            session, actor=DR_CRUZ, public_id=visit.public_id, version=1, wish=None, now=THEN - timedelta(days=1)
        )
    session.execute(sa.update(Appointment).values(status=AppointmentStatus.NO_SHOW))
    session.commit()
    with pytest.raises(MoveNotAllowed):
        finish(session, visit)


@pytest.mark.parametrize(
    "wish",
    [
        FollowUpWish(99, WISH.wanted_by, None),
        FollowUpWish(1, MONDAY - timedelta(days=9), None),
        FollowUpWish(1, MONDAY + timedelta(days=900), None),
    ],
    ids=["no such service", "past", "too far"],
)
def test_a_wish_that_cannot_be_is_refused_with_all_of_it(session: Session, visit: Visit, wish: FollowUpWish) -> None:
    with pytest.raises(ValueError, match="can be wanted"):
        finish(session, visit, wish)
    assert status(session, visit) is AppointmentStatus.BOOKED


def test_taking_the_outcome_back_takes_the_wish_back(session: Session, visit: Visit) -> None:
    finish(session, visit)
    reopen_visit(session, actor=DR_CRUZ, public_id=visit.public_id, version=2, now=THEN)
    assert status(session, visit) is AppointmentStatus.IN_ROOM
    assert to_book(session) == []
    assert actions(session)[-1] == ("follow_up_dropped", "undone")
    with pytest.raises(MoveNotAllowed):
        reopen_visit(session, actor=DR_CRUZ, public_id=visit.public_id, version=3, now=THEN)
    finish(session, visit, version=3)
    assert len(to_book(session)) == 1


def book(session: Session, patient_id: int, *, follow_up: str | None = None) -> str:
    booked = book_at_desk(
        session, actor=DORA, service_id=1, location_id=1, specialist_id=1,
        starts_at=NEXT_MONDAY_9 + timedelta(weeks=3), patient=patient_id, details=VisitDetails(None), nonce="n" * 22,
        now=THEN, follow_up=follow_up or only(session),
    )  # fmt: skip
    return booked.public_id


def test_booking_settles_it_in_the_same_transaction(session: Session, visit: Visit) -> None:
    finish(session, visit)
    public_id = book(session, visit.patient_id)
    session.rollback()
    row = session.scalars(sa.select(FollowUp)).one()
    booked = session.scalars(sa.select(Appointment).where(Appointment.public_id == public_id)).one()
    assert (row.state, row.booked_appointment_id) == (FollowUpState.BOOKED, booked.id)
    assert to_book(session) == []
    with pytest.raises(MoveNotAllowed):
        finish(session, visit)
    reopen_visit(session, actor=DR_CRUZ, public_id=visit.public_id, version=2, now=THEN)
    assert actions(session)[-1] == ("follow_up_booked", None)


def test_one_whose_visit_was_cancelled_waits_again(session: Session, visit: Visit) -> None:
    finish(session, visit)
    public_id = book(session, visit.patient_id)
    cancelled = sa.update(Appointment).where(Appointment.public_id == public_id)
    session.execute(cancelled.values(status=AppointmentStatus.CANCELLED))
    session.commit()
    assert [one.state for one in to_book(session)] == [FollowUpState.BOOKED]


def test_booking_for_somebody_else_settles_nothing(session: Session, visit: Visit) -> None:
    finish(session, visit)
    book(session, make_patient(session).id)
    assert len(to_book(session)) == 1


def test_a_follow_up_that_is_gone_keeps_nobody_from_being_booked(session: Session, visit: Visit) -> None:
    assert book(session, visit.patient_id, follow_up="x" * 22)


def test_a_visit_booked_another_way_is_named_and_can_settle_it(session: Session, visit: Visit) -> None:
    finish(session, visit)
    times = {"starts_at": NEXT_MONDAY_9 + timedelta(weeks=3), "booked_at": THEN + timedelta(minutes=1)}
    patient = session.get_one(Appointment, visit.id).patient_id
    other = make_appointment(session, patient_id=patient, **times)
    [one] = to_book(session)
    assert (one.booked_starts_at, one.booked_public_id) == (times["starts_at"], other.public_id)
    with pytest.raises(NotFound):
        settle_with(session, actor=DORA, public_id=one.public_id, visit_public_id="x" * 22, now=THEN)
    settle_with(session, actor=DORA, public_id=one.public_id, visit_public_id=other.public_id, now=THEN)
    assert to_book(session) == []


def test_dropping_needs_a_reason_and_can_be_taken_back(session: Session, visit: Visit) -> None:
    finish(session, visit)
    public_id = only(session)
    with pytest.raises(ValueError, match="reason"):
        drop(session, actor=DORA, public_id=public_id, reason="mood", now=THEN)
    with pytest.raises(NotFound):
        drop(session, actor=ELI, public_id=public_id, reason="other", now=THEN)
    for _ in range(2):
        drop(session, actor=DORA, public_id=public_id, reason="not_reached", now=THEN)
    assert to_book(session) == []
    assert [one.public_id for one in settled_since(session, THEN - timedelta(days=1))] == [public_id]
    for _ in range(2):
        put_back(session, actor=DORA, public_id=public_id, now=THEN)
    assert len(to_book(session)) == 1
    assert actions(session)[1:] == [("follow_up_dropped", "not_reached"), ("follow_up_reopened", None)]
