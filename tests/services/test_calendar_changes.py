"""Saving a change of a calendar with the decisions about its visits: all of it, or what failed is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.errors import NonceReused
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.lifecycle import AppointmentStatus as S
from booking.core.scheduling.slots import Slot
from booking.models import (
    Block,
    Message,
    Reservation,
    Task,
)
from booking.queries.hours import blocks_of
from booking.services.calendar_changes import Decision, DecisionKind, NewHits
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment
from tests.services.calendar_cast import (
    HOUR,
    asked,
    away,
    blocked,
    fresh,
    hits,
    save,
)
from tests.services.cast import (
    DR_CRUZ,
    ELI,
    NORTHSIDE,
    ROOM_1,
    ROOM_2,
)


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
