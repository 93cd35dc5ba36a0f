"""Which visits a change of a calendar hits, and what is proposed for each."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.scheduling.calendar_change import (
    BlockChange,
    ClosureChange,
    DateChange,
)
from booking.core.scheduling.clinic import MinuteSpan
from booking.core.scheduling.hits import HitCause
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.lifecycle import AppointmentStatus as S
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.services.calendar_cast import (
    AFTERNOON,
    DAY,
    FAY,
    HOUR,
    MONDAY,
    MORNING,
    away,
    hits,
    week,
)
from tests.services.cast import (
    BEN,
    CHAIR,
    DR_ADEYEMI,
    DR_CRUZ,
    ELI,
    LAKEVIEW,
    NORTHSIDE,
    ROOM_1,
    book_for_caller,
)
from tests.services.statements import counted_statements
from tests.web.clinic_change import clinic_changed


def test_a_block_hits_the_visits_in_it_and_no_others(session: Session) -> None:
    visit = make_appointment(session)
    make_appointment(session, starts_at=NEXT_MONDAY_9 + 4 * HOUR)
    make_appointment(session, starts_at=NEXT_MONDAY_9 + HOUR, specialist_id=DR_ADEYEMI)
    [hit] = hits(session, away())
    assert (hit.visit.public_id, hit.cause, hit.is_own, hit.may_cancel) == (
        visit.public_id, HitCause.BLOCKED, True, True,
    )  # fmt: skip


@pytest.mark.parametrize("status", [S.CANCELLED, S.NO_SHOW, S.DONE])
def test_a_visit_that_is_over_needs_no_decision(session: Session, status: S) -> None:
    visit = make_appointment(session)
    visit.status = status
    session.commit()
    assert hits(session, away()) == ()


def test_a_visit_of_the_past_is_not_hit(session: Session) -> None:
    make_appointment(session, starts_at=NOW - HOUR)
    start = to_minutes(NOW - DAY)
    assert hits(session, BlockChange(DR_CRUZ, ((start, start + 3000),))) == ()


def test_who_has_arrived_can_only_stay(session: Session) -> None:
    visit = make_appointment(session)
    visit.status = S.IN_ROOM
    session.commit()
    [hit] = hits(session, away())
    assert (hit.proposals, hit.same_time) == ((), False)


def test_a_buffer_alone_is_not_hit(session: Session) -> None:
    book_for_caller(session, starts_at=NEXT_MONDAY_9 - timedelta(0))
    touching = BlockChange(DR_CRUZ, ((to_minutes(NEXT_MONDAY_9) + 45, to_minutes(NEXT_MONDAY_9) + 90),))
    assert hits(session, touching) == ()


def test_visits_within_the_block_that_is_changed_were_decided_about(session: Session) -> None:
    make_appointment(session)
    later = make_appointment(session, starts_at=NEXT_MONDAY_9 + HOUR)
    start = to_minutes(NEXT_MONDAY_9)
    [hit] = hits(session, BlockChange(DR_CRUZ, ((start, start + 180),), ((start, start + 45),)))
    assert hit.visit.public_id == later.public_id


def test_new_weekly_hours_hit_what_they_leave_outside(session: Session) -> None:
    morning, afternoon = make_appointment(session), make_appointment(session, starts_at=NEXT_MONDAY_9 + 5 * HOUR)
    assert [hit.visit.public_id for hit in hits(session, week(AFTERNOON))] == [morning.public_id]
    assert [hit.visit.public_id for hit in hits(session, week(MORNING))] == [afternoon.public_id]
    assert hits(session, week(AFTERNOON, from_on=MONDAY + DAY)) == ()
    assert hits(session, week(AFTERNOON, from_on=MONDAY - 7 * DAY, until_on=MONDAY - DAY)) == ()


def test_hours_of_the_same_day_do_not_matter_at_another_location(session: Session) -> None:
    make_appointment(session)
    assert hits(session, week(location_id=LAKEVIEW)) == ()


def test_what_was_outside_the_hours_before_stays_unasked(session: Session) -> None:
    make_appointment(session, starts_at=NEXT_MONDAY_9 - 2 * HOUR)
    assert hits(session, week(AFTERNOON)) == ()


@pytest.mark.parametrize(("spans", "count"), [((), 1), ((AFTERNOON,), 1), ((MORNING,), 0), (None, 0)])
def test_one_date_hits_its_own_visits(session: Session, spans: tuple[MinuteSpan, ...] | None, count: int) -> None:
    make_appointment(session)
    make_appointment(session, starts_at=NEXT_MONDAY_9 + DAY)
    found = hits(session, DateChange(DR_CRUZ, NORTHSIDE, MONDAY, spans))
    assert [hit.cause for hit in found] == [HitCause.OUTSIDE_HOURS] * count


@pytest.mark.parametrize(("location_id", "count"), [(NORTHSIDE, 1), (None, 1), (LAKEVIEW, 0)])
def test_a_closure_hits_all_visits_there(session: Session, location_id: int | None, count: int) -> None:
    make_appointment(session)
    found = hits(session, ClosureChange(location_id, MONDAY, MONDAY + DAY, "Flood"), FAY)
    assert [hit.cause for hit in found] == [HitCause.CLOSED] * count


def test_proposals_are_the_nearest_of_the_same_specialist_then_of_others(session: Session) -> None:
    make_appointment(session)
    [hit] = hits(session, away())
    assert [(slot.specialist_id, (slot.starts_at - NEXT_MONDAY_9) / HOUR) for slot in hit.proposals] == [
        (DR_CRUZ, 4.0), (DR_CRUZ, 4.25), (DR_ADEYEMI, 0.0), (DR_ADEYEMI, 0.25),
    ]  # fmt: skip
    assert not hit.same_time


def test_no_proposal_lies_in_the_change_itself(session: Session) -> None:
    make_appointment(session)
    [hit] = hits(session, week(AFTERNOON))
    assert min(slot.starts_at for slot in hit.proposals if slot.specialist_id == DR_CRUZ) == NEXT_MONDAY_9 + 4 * HOUR


def test_the_first_time_proposed_to_one_is_not_proposed_to_the_next(session: Session) -> None:
    for minutes in (0, 45, 90):
        make_appointment(session, starts_at=NEXT_MONDAY_9 + timedelta(minutes=minutes))
    firsts = [hit.proposals[0] for hit in hits(session, away())]
    assert [(slot.starts_at - NEXT_MONDAY_9) / HOUR for slot in firsts] == [4.0, 4.75, 5.5]


def test_a_patient_is_not_proposed_a_time_at_which_they_are_elsewhere(session: Session) -> None:
    ana = make_patient(session)
    make_appointment(session, ana)
    make_appointment(session, ana, starts_at=NEXT_MONDAY_9 + 4 * HOUR, specialist_id=DR_ADEYEMI)
    [hit] = hits(session, away())
    assert hit.proposals[0].starts_at == NEXT_MONDAY_9 + 4.75 * HOUR


def test_a_room_that_closes_is_exchanged_for_another(session: Session) -> None:
    make_appointment(session)
    [hit] = hits(session, away(ROOM_1))
    assert (hit.same_time, hit.proposals) == (True, ())


def test_where_no_other_room_is_free_times_are_proposed(session: Session) -> None:
    make_appointment(session)
    book_for_caller(session, specialist_id=DR_ADEYEMI, patient=BEN)
    [hit] = hits(session, away(ROOM_1))
    assert not hit.same_time
    assert {slot.specialist_id for slot in hit.proposals} == {DR_CRUZ, DR_ADEYEMI}


def test_a_session_without_a_chosen_specialist_is_proposed_any_time(session: Session) -> None:
    book_for_caller(session, service_id=4, specialist_id=None, override_reason="other")
    [hit] = hits(session, away(CHAIR))
    assert len(hit.proposals) == 3


def test_nothing_is_proposed_for_a_service_that_is_not_given_any_more(session: Session) -> None:
    make_appointment(session)
    session.execute(sa.text("UPDATE service SET is_active = false"))
    clinic_changed(session)
    [hit] = hits(session, away())
    assert hit.proposals == ()


def test_visits_elsewhere_are_named_and_not_moved_from_here(session: Session) -> None:
    make_appointment(session)
    [hit] = hits(session, away(), ELI)
    assert (hit.is_own, hit.may_cancel, hit.proposals) == (False, False, ())


def test_the_number_of_statements_does_not_depend_on_the_visits(session: Session) -> None:
    # A process reads the clinic once, whoever asks first.
    hits(session, away())
    counts = []
    for minutes in (0, 45, 90):
        make_appointment(session, starts_at=NEXT_MONDAY_9 + timedelta(minutes=minutes))
        with counted_statements(session) as sent:
            hits(session, away())
        counts.append(len(sent))
    assert len(set(counts)) == 1
