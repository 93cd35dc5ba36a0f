"""Erasing on request, and when the time of a record is over: what goes, what stays, and who may."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NotFound, RulesRefuse
from booking.core.messages import MessageState
from booking.core.retention import Retention
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import (
    Account,
    AccountPatient,
    Answer,
    Appointment,
    AuditEvent,
    LoginSession,
    Message,
    Patient,
    QuestionnaireResponse,
    Task,
    TaskState,
    WaitingEntry,
    WaitingState,
)
from booking.services import erasing
from booking.services.sealed import seal_text
from booking.services.sessions import begin_session
from tests.factories import NOW, make_account, make_appointment, make_patient
from tests.services.cast import DETAILS, book, hold
from tests.services.forms_cast import fill_peg, send, visit_of
from tests.services.waiting_cast import waits

FAY = Actor(account_id=None, role=Role.ADMINISTRATOR)
TEN = Retention(record_years=10)
LONG_AGO = NOW - timedelta(days=4000)


def ana(session: Session) -> tuple[Actor, Patient]:
    patient = make_patient(session, given_name="Ana", family_name="Moreau", phone="555-0123", email="ana@example.org")
    account = make_account(session, patients=(patient,))
    return Actor(account.id, Role.PATIENT, frozenset({patient.id}), owner="ana's browser"), patient


def asked(session: Session, actor: Actor, patient: Patient) -> str:
    erasing.ask_erasure(session, actor=actor, patient_public_id=patient.public_id, now=NOW)
    return patient.public_id


def erase(session: Session, public_id: str, actor: Actor = FAY) -> erasing.Erasure:
    return erasing.erase(session, actor=actor, patient_public_id=public_id, retention=TEN, now=NOW)


def fresh(session: Session, patient: Patient) -> Patient:
    session.rollback()
    session.refresh(patient)
    return patient


def test_without_a_record_everything_goes_at_once(session: Session) -> None:
    actor, patient = ana(session)
    token = begin_session(session, account_id=actor.account_id, data={}, now=NOW)
    assert token
    public_id = asked(session, actor, patient)

    erasure = erase(session, public_id)

    assert (erasure.is_record_over, erasure.closes_account, erasure.visits_ahead) == (True, True, 0)
    gone = fresh(session, patient)
    assert (gone.given_name, gone.family_name, gone.phone, gone.email, gone.name_key) == ("", "", None, None, "")
    assert gone.born_on == date(1900, 1, 1)
    account = session.get_one(Account, actor.account_id)
    assert not account.is_active
    assert account.email.endswith("@invalid")
    assert account.name == ""
    assert session.scalars(sa.select(LoginSession).where(LoginSession.account_id == account.id)).all() == []
    assert session.scalars(sa.select(AccountPatient)).all() == []


def test_a_record_that_must_be_kept_stays_and_only_the_ways_to_the_person_go(session: Session) -> None:
    actor, patient = ana(session)
    visit = make_appointment(session, patient, starts_at=NOW - timedelta(days=30), status=AppointmentStatus.DONE)
    sealed = seal_text(session, "appointment", "reason", visit.public_id, "my back")
    session.execute(sa.update(Appointment).values(reason_sealed=sealed))
    session.commit()
    public_id = asked(session, actor, patient)

    erasure = erase(session, public_id)

    assert erasure.record_until == date(2036, 10, 24)
    kept = fresh(session, patient)
    assert (kept.given_name, kept.phone, kept.email) == ("Ana", None, None)
    assert kept.contact_erased_at == NOW
    assert kept.record_erased_at is None
    assert session.get_one(Appointment, visit.id).reason_sealed == sealed


def test_visits_ahead_are_cancelled_first(session: Session) -> None:
    actor, patient = ana(session)
    make_appointment(session, patient)
    public_id = asked(session, actor, patient)

    with pytest.raises(RulesRefuse) as refused:
        erase(session, public_id)

    assert [refusal.code for refusal in refused.value.refusals] == ["visits_ahead"]
    assert fresh(session, patient).email == "ana@example.org"


def test_waits_end_and_planned_messages_are_dropped(session: Session) -> None:
    actor, patient = ana(session)
    held = hold(session, actor)
    book(session, held, actor, patient=patient.id, details=DETAILS)
    session.execute(sa.update(Appointment).values(status=AppointmentStatus.CANCELLED))
    session.commit()
    entry = waits(session, patient)

    erase(session, asked(session, actor, patient))

    assert session.get_one(WaitingEntry, entry.id, populate_existing=True).state is WaitingState.LEFT
    assert set(session.scalars(sa.select(Message.state).where(Message.patient_id == patient.id))) == {
        MessageState.CANCELLED
    }


def test_an_account_that_looks_after_others_stays_open(session: Session) -> None:
    patient, child = make_patient(session), make_patient(session, given_name="Mia")
    account = make_account(session, patients=(patient, child))
    actor = Actor(account.id, Role.PATIENT, frozenset({patient.id, child.id}))

    erasure = erase(session, asked(session, actor, patient))

    assert not erasure.closes_account
    assert session.get_one(Account, account.id, populate_existing=True).is_active
    assert session.scalars(sa.select(AccountPatient.patient_id)).all() == [child.id]


def test_old_records_go_without_being_asked_for_and_young_ones_stay(session: Session) -> None:
    actor, old = ana(session)
    visit = make_appointment(session, old, starts_at=LONG_AGO, status=AppointmentStatus.BOOKED)
    fill_peg(session, actor, visit_of(session, visit.id), 4, 5, 6)
    send(session, actor, visit_of(session, visit.id))
    child = make_patient(session, given_name="Mia", born_on=date(2012, 1, 1))
    make_appointment(session, child, starts_at=LONG_AGO + timedelta(hours=3), status=AppointmentStatus.DONE)
    recent = make_patient(session, given_name="Ben")
    make_appointment(session, recent, starts_at=NOW - timedelta(days=30), status=AppointmentStatus.DONE)

    assert erasing.erase_old_records(session, retention=TEN, now=NOW) == 1
    assert erasing.erase_old_records(session, retention=TEN, now=NOW) == 0

    assert fresh(session, old).given_name == ""
    assert session.scalars(sa.select(Answer)).all() == []
    assert session.scalars(sa.select(QuestionnaireResponse.score_sealed)).all() == [None]
    assert fresh(session, child).given_name == "Mia"
    assert fresh(session, recent).given_name == "Ben"


def test_one_run_erases_so_many_and_the_next_goes_on(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "AT_ONCE", 1)
    for hours in (0, 3):
        at = LONG_AGO + timedelta(hours=hours)
        make_appointment(session, make_patient(session), starts_at=at, status=AppointmentStatus.DONE)

    assert erasing.erase_old_records(session, retention=TEN, now=NOW) == 1
    assert erasing.erase_old_records(session, retention=TEN, now=NOW) == 1
    assert erasing.erase_old_records(session, retention=TEN, now=NOW) == 0


def test_a_record_that_was_merged_goes_with_the_one_it_belongs_to(session: Session) -> None:
    actor, patient = ana(session)
    twin = make_patient(session, given_name="Anna")
    session.execute(sa.update(Patient).where(Patient.id == twin.id).values(merged_into_id=patient.id))
    session.commit()

    erase(session, asked(session, actor, patient))

    assert fresh(session, twin).given_name == ""


def test_asking_is_for_ones_own_people_and_puts_one_task_on_the_list(session: Session) -> None:
    actor, patient = ana(session)
    stranger = make_patient(session)

    asked(session, actor, patient)
    asked(session, actor, patient)
    for public_id in (stranger.public_id, "A" * 22):
        with pytest.raises(NotFound):
            erasing.ask_erasure(session, actor=actor, patient_public_id=public_id, now=NOW)

    assert session.scalars(sa.select(Task.kind)).all() == ["erase_person"]
    assert erasing.is_asked(session, patient.id)
    assert not erasing.is_asked(session, stranger.id)


def test_only_administrators_decide_and_only_about_those_who_asked(session: Session) -> None:
    actor, patient = ana(session)
    with pytest.raises(NotFound):
        erase(session, patient.public_id)
    asked(session, actor, patient)
    for other in (actor, replace(FAY, role=Role.SCHEDULER)):
        with pytest.raises(NotFound):
            erase(session, patient.public_id, other)
        with pytest.raises(NotFound):
            erasing.keep_for_now(
                session, actor=other, patient_public_id=patient.public_id, reason_code="taken_back", now=NOW
            )


def test_a_request_is_closed_with_a_reason_and_nothing_goes(session: Session) -> None:
    actor, patient = ana(session)
    public_id = asked(session, actor, patient)

    erasing.keep_for_now(session, actor=FAY, patient_public_id=public_id, reason_code="taken_back", now=NOW)

    assert fresh(session, patient).email == "ana@example.org"
    assert session.execute(sa.select(Task.state, Task.outcome_code)).one() == (TaskState.DONE, "taken_back")
    events = session.scalars(sa.select(AuditEvent.action).where(AuditEvent.object_kind == "patient")).all()
    assert "erasure_declined" in events
