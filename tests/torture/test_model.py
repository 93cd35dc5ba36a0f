"""Scoreboard 2. Whatever sequence of acts Hypothesis thinks of, the program answers each as the model does, offers what
the model says is free, and ends with the visits that the model has."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy.orm import Session

from booking.core.scheduling.calendar_change import BlockChange
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.slots import SlotQuery
from booking.models import Appointment, BlockKind, Patient
from booking.services import blocks, undo
from booking.services.appointments import VisitDetails, book_at_desk, book_held
from booking.services.availability import offered_slots
from booking.services.cancelling import cancel, undo_cancel
from booking.services.changing import change_visit, undo_change
from booking.services.confirming import confirm_visit
from booking.services.holds import hold_slot, prune_holds, release_hold
from booking.services.transaction import transaction
from tests.databases import Database
from tests.factories import MONDAY, NOW, make_patient
from tests.services.cast import DORA, NORTHSIDE, PHONE_CALL, Actor, acting_for, new_nonce
from tests.torture.hours import hour_starts, open_for_years
from tests.torture.model import HOLD, LENGTH, SPECIALISTS, Hold, Kept, Model, Visit, outcome
from tests.torture.racing import overlaps
from tests.torture.sizes import IS_LONG, print_figures, sized

pytestmark = pytest.mark.torture

EXAMPLES = sized(40, 2000)
STEPS = 50 if IS_LONG else 25
OWNERS = ("browser-1", "browser-2")
STARTS = st.integers(0, 8).map(lambda quarter: quarter * 15)
ONE = st.sampled_from(SPECIALISTS)
ANYONE = st.sampled_from((*SPECIALISTS, None))
PATIENT = st.integers(0, 1)
PICK = st.integers(0, 50)
BY_STAFF = st.booleans()


class Calendar(RuleBasedStateMachine):
    """One morning, of a day that no other example has. Minutes of the model count from its first opening hour."""

    session: Session
    patients: tuple[Patient, ...]
    days = count(0)
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.number = next(self.days)
        self.opens: datetime = hour_starts(MONDAY, 7 * self.number + 1)[-1]
        self.model = Model()

    def ask(self, due: str, work: Any) -> Any:
        """Do it, and see whether the answer is the one that is due. None when it was refused."""
        type(self).steps += 1
        got, answer = outcome(work)
        assert got == due, f"{due} is due, the program says {got}"
        return answer

    @property
    def now(self) -> datetime:
        return NOW + timedelta(minutes=self.model.now)

    def time(self, specialist: int | None, starts: int) -> dict[str, Any]:
        starts_at = self.opens + timedelta(minutes=starts)
        return {"location_id": NORTHSIDE, "specialist_id": specialist, "starts_at": starts_at, "now": self.now}

    def browser(self, owner: str) -> Actor:
        return acting_for(*self.patients, owner=f"{owner}-of-{self.number}")

    def actor(self, *, by_staff: bool) -> Actor:
        return DORA if by_staff else self.browser("patient")

    def pick(self, number: int) -> str:
        return list(self.model.visits)[number % len(self.model.visits)]

    def note_booked(self, public_id: str, patient: int, starts: int) -> None:
        """Who was given is for the program to say: the model only knows whether somebody could be."""
        [specialist] = self.session.scalars(sa.select(Appointment.specialist_id).filter_by(public_id=public_id))
        self.session.rollback()
        assert specialist is not None
        assert self.model.is_free(specialist, starts)
        self.model.visits[public_id] = Visit(patient, specialist, starts)

    @rule(patient=PATIENT, specialist=ANYONE, starts=STARTS)
    def book(self, patient: int, specialist: int | None, starts: int) -> None:
        booked = self.ask(self.model.may_take(patient, specialist, starts), lambda: book_at_desk(
            self.session, actor=DORA, service_id=PHONE_CALL, patient=self.patients[patient].id,
            details=VisitDetails(None), nonce=new_nonce(), **self.time(specialist, starts),
        ))  # fmt: skip
        if booked is not None:
            self.note_booked(booked.public_id, patient, starts)

    @rule(owner=st.sampled_from(OWNERS), specialist=ANYONE, starts=STARTS)
    def hold(self, owner: str, specialist: int | None, starts: int) -> None:
        due = "ok" if self.model.is_free(specialist, starts, but_owner=owner) else "slot_taken"
        held = self.ask(due, lambda: hold_slot(
            self.session, actor=self.browser(owner), service_id=PHONE_CALL, **self.time(specialist, starts)
        ))  # fmt: skip
        if held is not None:
            kept = Kept(held.specialist_id, starts, starts + LENGTH, self.model.now + HOLD)
            self.model.holds[owner] = Hold(held.public_id, kept, specialist)

    @precondition(lambda self: self.model.holds)
    @rule(number=PICK, patient=PATIENT)
    def book_what_is_held(self, number: int, patient: int) -> None:
        owner = list(self.model.holds)[number % len(self.model.holds)]
        held = self.model.holds[owner]
        booked = self.ask(self.model.may_book_held(owner, patient), lambda: book_held(
            self.session, actor=self.browser(owner), hold_public_id=held.public_id,
            patient=self.patients[patient].id, details=VisitDetails(None), nonce=new_nonce(), now=self.now,
        ))  # fmt: skip
        if booked is not None:
            del self.model.holds[owner]
            [specialist] = self.session.scalars(
                sa.select(Appointment.specialist_id).filter_by(public_id=booked.public_id)
            )
            self.session.rollback()
            self.model.visits[booked.public_id] = Visit(patient, specialist or 0, held.kept.starts)

    @precondition(lambda self: self.model.holds)
    @rule(number=PICK)
    def release(self, number: int) -> None:
        owner = list(self.model.holds)[number % len(self.model.holds)]
        held = self.model.holds.pop(owner)
        self.ask("ok", lambda: release_hold(
            self.session, actor=self.browser(owner), public_id=held.public_id, now=self.now
        ))  # fmt: skip

    @precondition(lambda self: self.model.visits)
    @rule(number=PICK, specialist=ONE, starts=STARTS, by_staff=BY_STAFF)
    def change(self, number: int, specialist: int, starts: int, by_staff: bool) -> None:
        name = self.pick(number)
        due = self.model.may_change(name, specialist, starts)
        self.ask(due, lambda: change_visit(
            self.session, actor=self.actor(by_staff=by_staff), public_id=name, nonce=new_nonce(),
            **self.time(specialist, starts),
        ))  # fmt: skip
        if due == "ok":
            self.model.change(name, specialist, starts, by_staff=by_staff)

    @precondition(lambda self: self.model.visits)
    @rule(number=PICK, by_staff=BY_STAFF)
    def undo_the_change(self, number: int, by_staff: bool) -> None:
        name = self.pick(number)
        last, due = self.model.visits[name].last, self.model.may_undo_change(name, by_staff=by_staff)
        actor = self.actor(by_staff=by_staff)
        self.ask(due, lambda: undo_change(self.session, actor=actor, public_id=name, now=self.now))
        if due == "ok" and last is not None and not last.is_undo:
            self.model.change(name, last.specialist, last.starts, by_staff=by_staff, is_undo=True)

    @precondition(lambda self: self.model.visits)
    @rule(number=PICK, by_staff=BY_STAFF)
    def cancel(self, number: int, by_staff: bool) -> None:
        name, reason = self.pick(number), "pat" if by_staff else None
        due = "ok" if self.model.visits[name].is_live else "move_not_allowed"
        self.ask(due, lambda: cancel(
            self.session, actor=self.actor(by_staff=by_staff), public_id=name, reason_code=reason, note=None,
            now=self.now,
        ))  # fmt: skip
        if due == "ok":
            self.model.cancel(name, by_staff=by_staff)

    @precondition(lambda self: self.model.visits)
    @rule(number=PICK, by_staff=BY_STAFF)
    def restore(self, number: int, by_staff: bool) -> None:
        name = self.pick(number)
        due, actor = self.model.may_restore(name, by_staff=by_staff), self.actor(by_staff=by_staff)
        self.ask(due, lambda: undo_cancel(self.session, actor=actor, public_id=name, now=self.now))
        if due == "ok" and not self.model.visits[name].is_live:
            self.model.restore(name)

    @precondition(lambda self: self.model.visits)
    @rule(number=PICK)
    def confirm(self, number: int) -> None:
        name = self.pick(number)
        due = "ok" if self.model.visits[name].is_live else "move_not_allowed"
        self.ask(due, lambda: confirm_visit(self.session, actor=DORA, public_id=name, now=self.now))

    @rule(specialist=ONE, starts=STARTS, minutes=st.sampled_from((15, 30, 60)))
    def block(self, specialist: int, starts: int, minutes: int) -> None:
        first = to_minutes(self.opens) + starts
        with transaction(self.session):
            change = BlockChange(specialist, ((first, first + minutes),))
            details = blocks.BlockDetails(BlockKind.LEAVE, "Leave")
            [row] = blocks.add_blocks(self.session, change, details, actor=DORA, now=self.now)
            public_id = row.public_id
        self.model.blocks[public_id] = Kept(specialist, starts, starts + minutes, 0)

    @precondition(lambda self: self.model.blocks)
    @rule(number=PICK)
    def unblock(self, number: int) -> None:
        name = list(self.model.blocks)[number % len(self.model.blocks)]
        blocks.remove_block(
            self.session, actor=DORA, resource_id=self.model.blocks.pop(name).specialist, public_id=name,
            with_later=False, now=self.now,
        )  # fmt: skip

    @rule(minutes=st.sampled_from((1, 5, 11, 16)))
    def wait(self, minutes: int) -> None:
        """Time goes by, and the worker does its round."""
        self.model.now += minutes
        prune_holds(self.session, now=self.now)

    @rule()
    def look(self) -> None:
        """What is offered is what the model says is free."""
        on = self.opens.date()
        query = SlotQuery(PHONE_CALL, frozenset({NORTHSIDE}), frozenset(SPECIALISTS), on, on, self.now)
        offered = {
            (slot.specialist_id, slot.starts - to_minutes(self.opens)) for slot in offered_slots(self.session, query)
        }
        self.session.rollback()
        free = {(who, at) for who in SPECIALISTS for at in MORNING if self.model.is_free(who, at)}
        assert {one for one in offered if one[1] in MORNING} == free

    def teardown(self) -> None:
        self.session.rollback()
        wanted = sa.select(Appointment).where(Appointment.public_id.in_(self.model.visits))
        found = {
            row.public_id: (
                row.status is AppointmentStatus.BOOKED, row.specialist_id, row.starts_at - self.opens
            )
            for row in self.session.scalars(wanted)
        }  # fmt: skip
        self.session.rollback()
        assert found == {
            name: (visit.is_live, visit.specialist, timedelta(minutes=visit.starts))
            for name, visit in self.model.visits.items()
        }


MORNING = range(0, 180 - LENGTH + 1, 15)


@pytest.fixture
def machine(session: Session) -> type[Calendar]:
    """The acts, on this database, with two patients whom all examples share."""
    session.execute(sa.text("UPDATE service SET audience = 'anyone' WHERE id = 3"))
    session.execute(sa.text(f"UPDATE service_segment SET minutes = {LENGTH} WHERE service_id = 3"))
    open_for_years(session)
    patients = (make_patient(session), make_patient(session))
    for patient in patients:
        session.refresh(patient)
        session.expunge(patient)
    session.rollback()
    return type("CalendarHere", (Calendar,), {"session": session, "patients": patients, "days": count(0)})


def run(machine: type[Calendar], examples: int) -> None:
    """Without making a sequence that fails smaller, which takes minutes: SHRINK=1 does it, for whoever repairs it."""
    chosen = settings(
        max_examples=examples, stateful_step_count=STEPS, derandomize=True, database=None, deadline=None,
        report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if os.environ.get("SHRINK") else [Phase.generate],
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=chosen)


def test_the_program_answers_as_the_model_does(session: Session, database: Database, machine: type[Calendar]) -> None:
    run(machine, EXAMPLES)

    found = overlaps(session)
    print_figures(f"model, {database.name}", sequences=next(machine.days), acts=machine.steps, overlaps=found)
    assert found == 0


def test_a_program_that_undoes_nothing_is_found(machine: type[Calendar], monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: one length is not what the model says."""
    monkeypatch.setattr(undo, "UNDO_LENGTH", timedelta(0))
    with pytest.raises(AssertionError):
        run(machine, 200)
