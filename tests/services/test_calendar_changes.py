"""Changing a calendar: which visits are hit, what is proposed for each, and what saving does with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NonceReused, NotFound, RulesRefuse
from booking.core.scheduling.calendar_change import (
    BlockChange,
    CalendarChange,
    ClosureChange,
    DateChange,
    WeekChange,
)
from booking.core.scheduling.clinic import MinuteSpan
from booking.core.scheduling.hits import HitCause
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.lifecycle import AppointmentStatus as S
from booking.core.scheduling.slots import Slot
from booking.models import (
    Appointment,
    AuditEvent,
    Block,
    BlockKind,
    Clinic,
    Closure,
    HoursException,
    Message,
    Reservation,
    Task,
    WeeklyHours,
)
from booking.queries.catalogue import catalogue
from booking.queries.hours import blocks_of
from booking.services import calendar_changes, hours
from booking.services.blocks import BlockDetails
from booking.services.calendar_changes import AskedChange, Decision, DecisionKind, NewHits, Saved
from booking.services.hits import Hit, hits_of
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.services.cast import (
    BEN,
    CHAIR,
    DORA,
    DR_ADEYEMI,
    DR_CRUZ,
    ELI,
    LAKEVIEW,
    NORTHSIDE,
    ROOM_1,
    ROOM_2,
    book_for_caller,
    new_nonce,
)
from tests.services.statements import counted_statements

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = date(2026, 11, 30)
FAY = Actor(role=Role.ADMINISTRATOR, owner="desk-fay")
MORNING, AFTERNOON = MinuteSpan(540, 720), MinuteSpan(780, 1020)
LEAVE = BlockDetails(BlockKind.LEAVE, "Leave")


def away(resource_id: int = DR_CRUZ, *, hours: float = 3) -> BlockChange:
    """Away next Monday from nine on."""
    return BlockChange(resource_id, ((to_minutes(NEXT_MONDAY_9), to_minutes(NEXT_MONDAY_9 + hours * HOUR)),))


def week(*spans: MinuteSpan, **changes: Any) -> WeekChange:
    """Dr Cruz at Northside from next Monday on: these spans from Monday to Friday."""
    values = {"resource_id": DR_CRUZ, "location_id": NORTHSIDE, "from_on": MONDAY, **changes}
    return WeekChange(week=(*([spans] * 5), (), ()), **values)


def hits(session: Session, change: CalendarChange, actor: Actor = DORA) -> tuple[Hit, ...]:
    found = hits_of(session, change, actor=actor, now=NOW)
    session.rollback()
    return found


def asked(
    change: CalendarChange, found: tuple[Hit, ...] = (), decision: Decision | None = None, **changes: Any
) -> AskedChange:
    """The form as it is sent, with the same decision about each visit."""
    chosen = decision or Decision(DecisionKind.KEEP)
    whole = AskedChange(
        change,
        new_nonce(),
        {hit.visit.public_id: hit.visit.version for hit in found},
        {hit.visit.public_id: chosen for hit in found},
        LEAVE,
    )
    return replace(whole, **changes)


def save(session: Session, form: AskedChange, actor: Actor = DORA) -> Saved:
    return calendar_changes.save(session, form, actor=actor, now=NOW)


def fresh(session: Session, visit: Appointment) -> Appointment:
    session.rollback()
    return session.get_one(Appointment, visit.id, populate_existing=True)


def blocked(session: Session, resource_id: int = DR_CRUZ) -> list[tuple[float, float]]:
    """Hours after nine that blocks have reserved."""
    session.rollback()
    rows = session.execute(
        sa.select(Reservation.starts_at, Reservation.ends_at)
        .where(Reservation.block_id.is_not(None), Reservation.resource_id == resource_id)
        .order_by(Reservation.starts_at)
    )
    return [((starts - NEXT_MONDAY_9) / HOUR, (ends - NEXT_MONDAY_9) / HOUR) for starts, ends in rows]


# --- which visits


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
    [hit] = hits(session, BlockChange(DR_CRUZ, ((start, start + 180),), (start, start + 45)))
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


# --- what is proposed


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
    session.execute(sa.update(Clinic).values(revision=77))
    session.commit()
    [hit] = hits(session, away())
    assert hit.proposals == ()


def test_visits_elsewhere_are_named_and_not_moved_from_here(session: Session) -> None:
    make_appointment(session)
    [hit] = hits(session, away(), ELI)
    assert (hit.is_own, hit.may_cancel, hit.proposals) == (False, False, ())


def test_the_number_of_statements_does_not_depend_on_the_visits(session: Session) -> None:
    counts = []
    for minutes in (0, 45, 90):
        make_appointment(session, starts_at=NEXT_MONDAY_9 + timedelta(minutes=minutes))
        with counted_statements(session) as sent:
            hits(session, away())
        counts.append(len(sent))
    assert len(set(counts)) == 1


# --- saving


def test_a_visit_that_is_kept_stays_and_the_block_leaves_its_time_out(session: Session) -> None:
    visit = make_appointment(session)
    saved = save(session, asked(away(), hits(session, away())))
    assert (saved.failed, saved.done[DecisionKind.KEEP]) == ((), 1)
    assert fresh(session, visit).starts_at == NEXT_MONDAY_9
    assert blocked(session) == [(0.75, 3)]


def test_a_moved_visit_leaves_its_time_to_the_block_and_the_patient_is_told(session: Session) -> None:
    visit = make_appointment(session)
    found = hits(session, away())
    saved = save(session, asked(away(), found, Decision(DecisionKind.MOVE, found[0].proposals[0])))
    assert (saved.failed, saved.done[DecisionKind.MOVE]) == ((), 1)
    moved = fresh(session, visit)
    assert (moved.starts_at, moved.version) == (NEXT_MONDAY_9 + 4 * HOUR, 2)
    assert "changed" in {kind.value for kind in session.scalars(sa.select(Message.kind))}
    assert sum(ends - starts for starts, ends in blocked(session)) == 3


def test_a_move_past_the_rules_for_patients_carries_its_reason(session: Session) -> None:
    visit = make_appointment(session)
    slot = Slot(to_minutes(NOW + HOUR), to_minutes(NOW + HOUR) + 45, 1, NORTHSIDE, DR_CRUZ)
    saved = save(session, asked(away(), hits(session, away()), Decision(DecisionKind.MOVE, slot)))
    assert saved.failed == ()
    assert fresh(session, visit).starts_at == NOW + HOUR


def test_a_cancelled_visit_leaves_its_time_to_the_block(session: Session) -> None:
    visit = make_appointment(session)
    form = asked(away(), hits(session, away()), Decision(DecisionKind.CANCEL), reason_code="prov")
    assert save(session, form).done[DecisionKind.CANCEL] == 1
    assert (fresh(session, visit).status, visit.cancel_reason_code) == (S.CANCELLED, "prov")
    assert sum(ends - starts for starts, ends in blocked(session)) == 3


def test_a_call_is_a_task_for_the_desk_and_the_visit_stays(session: Session) -> None:
    visit = make_appointment(session)
    save(session, asked(away(), hits(session, away()), Decision(DecisionKind.CALL)))
    [task] = session.scalars(sa.select(Task)).all()
    assert (task.appointment_id, task.patient_id, task.reason_code) == (
        visit.id, visit.patient_id, "calendar_changed",
    )  # fmt: skip
    assert blocked(session) == [(0.75, 3)]


def test_a_visit_elsewhere_can_be_left_to_a_call(session: Session) -> None:
    make_appointment(session)
    save(session, asked(away(), hits(session, away(), ELI), Decision(DecisionKind.CALL)), ELI)
    assert session.scalar(sa.select(sa.func.count()).select_from(Task)) == 1


def test_another_room_is_taken_without_a_word_to_the_patient(session: Session) -> None:
    visit = make_appointment(session)
    found = hits(session, away(ROOM_1))
    saved = save(session, asked(away(ROOM_1), found, Decision(DecisionKind.SAME_TIME)))
    assert saved.failed == ()
    rooms = sa.select(Reservation.resource_id).where(Reservation.appointment_id == visit.id)
    assert set(session.scalars(rooms)) == {DR_CRUZ, ROOM_2, None}
    assert session.scalars(sa.select(Message)).all() == []
    assert blocked(session, ROOM_1) == [(0, 3)] or sum(e - s for s, e in blocked(session, ROOM_1)) == 3


@pytest.mark.parametrize(
    ("kind", "code"),
    [(DecisionKind.SAME_TIME, "move_not_allowed"), (DecisionKind.CANCEL, "move_not_allowed")],
)
def test_a_decision_that_the_status_does_not_allow_is_named(session: Session, kind: DecisionKind, code: str) -> None:
    visit = make_appointment(session)
    visit.status = S.IN_TREATMENT
    session.commit()
    saved = save(session, asked(away(), hits(session, away()), Decision(kind), reason_code="prov"))
    assert [(one.kind, one.code) for one in saved.failed] == [(kind, code)]
    assert len(blocked(session)) == 1


def test_what_cannot_be_done_is_named_and_the_rest_is_done(session: Session) -> None:
    first = make_appointment(session)
    second = make_appointment(session, starts_at=NEXT_MONDAY_9 + HOUR)
    found = hits(session, away())
    slot = found[0].proposals[0]
    saved = save(session, asked(away(), found, Decision(DecisionKind.MOVE, slot)))
    assert saved.done[DecisionKind.MOVE] == 1
    assert [(one.visit and one.visit.id, one.code) for one in saved.failed] == [(second.id, "slot_taken")]
    assert fresh(session, first).starts_at == slot.starts_at
    assert fresh(session, second).starts_at == NEXT_MONDAY_9 + HOUR


def test_a_visit_of_others_cannot_be_moved_by_making_the_form_up(session: Session) -> None:
    visit = make_appointment(session)
    found = hits(session, away(), ELI)
    saved = save(session, asked(away(), found, Decision(DecisionKind.CANCEL), reason_code="prov"), ELI)
    assert [(one.visit, one.code) for one in saved.failed] == [(None, "not_found")]
    assert fresh(session, visit).status is S.BOOKED


def test_a_visit_booked_meanwhile_saves_nothing(session: Session) -> None:
    found = hits(session, away())
    make_appointment(session)
    with pytest.raises(NewHits):
        save(session, asked(away(), found))
    assert session.scalars(sa.select(Block)).all() == []


def test_a_visit_that_changed_meanwhile_is_shown_again(session: Session) -> None:
    visit = make_appointment(session)
    found = hits(session, away())
    visit.version += 1
    session.commit()
    with pytest.raises(NewHits):
        save(session, asked(away(), found))


def test_a_visit_nobody_decided_about_saves_nothing(session: Session) -> None:
    make_appointment(session)
    with pytest.raises(NewHits):
        save(session, asked(away(), hits(session, away()), decisions={}))


def test_a_visit_that_went_away_meanwhile_does_not_stop_the_rest(session: Session) -> None:
    visit = make_appointment(session)
    found = hits(session, away())
    visit.status = S.CANCELLED
    session.execute(sa.delete(Reservation))
    session.commit()
    form = asked(away(), found, Decision(DecisionKind.CANCEL), reason_code="prov")
    assert save(session, form).failed == ()
    assert blocked(session) == [(0, 3)]


def test_the_same_form_again_is_one_block_and_one_move(session: Session) -> None:
    visit = make_appointment(session)
    found = hits(session, away())
    form = asked(away(), found, Decision(DecisionKind.MOVE, found[0].proposals[0]))
    assert save(session, form) == save(session, form)
    assert len(session.scalars(sa.select(Block)).all()) == 1
    assert fresh(session, visit).version == 2


def test_the_same_nonce_with_another_change_is_refused(session: Session) -> None:
    form = asked(away())
    save(session, form)
    with pytest.raises(NonceReused):
        save(session, replace(form, change=away(hours=1)))


def test_a_block_is_changed_in_place(session: Session) -> None:
    save(session, asked(away()))
    [entry] = blocks_of(session, DR_CRUZ, since=NOW)
    save(session, asked(away(hours=1), block=entry))
    assert blocked(session) == [(0, 1)]


# --- hours


def rows(session: Session, **only: Any) -> list[tuple[Any, ...]]:
    """Weekday, minutes and validity of the hours of Dr Cruz on Mondays."""
    session.rollback()
    found = session.scalars(
        sa.select(WeeklyHours)
        .where(WeeklyHours.resource_id == DR_CRUZ, WeeklyHours.weekday == only.get("weekday", 0))
        .order_by(WeeklyHours.valid_from.is_not(None), WeeklyHours.valid_from, WeeklyHours.starts_minute)
    )
    return [(row.starts_minute, row.ends_minute, row.valid_from, row.valid_to) for row in found]


def test_new_hours_end_the_old_ones_the_day_before(session: Session) -> None:
    before = session.scalars(sa.select(Clinic.revision)).one()
    save(session, asked(week(AFTERNOON)))
    eve = MONDAY - DAY
    assert rows(session) == [(540, 720, None, eve), (780, 1020, None, eve), (780, 1020, MONDAY, None)]
    assert rows(session, weekday=5) == []
    assert session.scalars(sa.select(Clinic.revision)).one() != before
    assert catalogue(session).resources[DR_CRUZ].weekly_hours != ()


def test_hours_until_a_day_go_on_with_the_old_ones_after_it(session: Session) -> None:
    save(session, asked(week(AFTERNOON, until_on=MONDAY + 13 * DAY)))
    assert rows(session) == [
        (540, 720, None, MONDAY - DAY),
        (780, 1020, None, MONDAY - DAY),
        (780, 1020, MONDAY, MONDAY + 13 * DAY),
        (540, 720, MONDAY + 14 * DAY, None),
        (780, 1020, MONDAY + 14 * DAY, None),
    ]


def test_hours_planned_for_later_are_put_away_and_other_ones_left(session: Session) -> None:
    save(session, asked(week(AFTERNOON, from_on=MONDAY + 14 * DAY)))
    save(session, asked(week(MORNING)))
    assert rows(session) == [(540, 720, None, MONDAY - DAY), (780, 1020, None, MONDAY - DAY), (540, 720, MONDAY, None)]
    assert session.scalar(sa.select(sa.func.count()).where(WeeklyHours.resource_id == DR_ADEYEMI)) == 10


def test_hours_and_their_rows_are_on_record(session: Session) -> None:
    save(session, asked(week(AFTERNOON)))
    events = session.execute(sa.select(AuditEvent.action, AuditEvent.object_kind, AuditEvent.object_id)).all()
    assert sum(event.action == "hours_ended" for event in events) == 10
    assert sum(event.action == "hours_begun" for event in events) == 5
    assert ("hours_changed", "resource", DR_CRUZ) in events


def test_nobody_works_at_two_locations_at_once(session: Session) -> None:
    change = week(MORNING, location_id=LAKEVIEW)
    with pytest.raises(RulesRefuse) as refused:
        save(session, asked(change))
    assert [refusal.code for refusal in refused.value.refusals] == ["hours_collide"]
    assert rows(session) == [(540, 720, None, None), (780, 1020, None, None)]


def exceptions(session: Session) -> list[tuple[Any, ...]]:
    session.rollback()
    found = session.scalars(sa.select(HoursException).order_by(HoursException.on, HoursException.starts_minute))
    return [(row.on, row.starts_minute, row.ends_minute) for row in found]


def test_one_date_is_replaced_and_given_back(session: Session) -> None:
    def change(spans: tuple[MinuteSpan, ...] | None) -> DateChange:
        return DateChange(DR_CRUZ, NORTHSIDE, MONDAY, spans)

    save(session, asked(change(())))
    assert exceptions(session) == [(MONDAY, None, None)]
    save(session, asked(change((MORNING, AFTERNOON))))
    assert exceptions(session) == [(MONDAY, 540, 720), (MONDAY, 780, 1020)]
    save(session, asked(change(None)))
    assert exceptions(session) == []


def test_a_closure_is_added_and_removed_by_who_works_there(session: Session) -> None:
    save(session, asked(ClosureChange(NORTHSIDE, MONDAY, MONDAY + DAY, "Flood")))
    [row] = session.scalars(sa.select(Closure)).all()
    assert catalogue(session).closures[0].name == "Flood"
    with pytest.raises(NotFound):
        hours.remove_closure(session, actor=ELI, closure_id=row.id, now=NOW)
    hours.remove_closure(session, actor=DORA, closure_id=row.id, now=NOW)
    assert catalogue(session).closures == ()
    with pytest.raises(NotFound):
        hours.remove_closure(session, actor=DORA, closure_id=row.id, now=NOW)


@pytest.mark.parametrize(
    ("actor", "location_id", "may"), [(DORA, 1, True), (DORA, 2, False), (DORA, None, False), (FAY, None, True)]
)
def test_the_whole_clinic_is_closed_by_who_works_everywhere(actor: Actor, location_id: int | None, may: bool) -> None:
    assert hours.may_close(actor, location_id) is may


def test_what_is_done_is_counted(session: Session) -> None:
    counted: Mapping[DecisionKind, int] = save(session, asked(away())).done
    assert set(counted.values()) == {0}
