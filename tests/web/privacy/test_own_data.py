"""The copy of one's own data: whole, readable, for its owner alone, and recorded."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.clock import utc_now
from booking.core.errors import NotFound
from booking.core.questionnaires.flags import Flag, FlagKind, flags_to_plain
from booking.models import (
    Account,
    AccountPatient,
    Appointment,
    AuditEvent,
    Patient,
    QuestionnaireResponse,
    Relation,
    Task,
    TaskState,
)
from booking.queries import own_around
from booking.services import audit
from booking.services.appointments import cancel
from booking.services.changing import change_visit
from booking.services.own_data import own_data
from booking.services.reviewing import keep_note, mark_reviewed
from booking.services.sealed import seal_text
from booking.services.sessions import begin_session
from booking.services.tasks import ask_to_call
from booking.services.transaction import transaction
from tests.factories import NEXT_MONDAY_9, NOW, make_account, make_appointment, make_patient
from tests.services.cast import DETAILS, book, hold, new_nonce
from tests.services.forms_cast import PAIN, PEG, fill_peg, send, visit_of


@pytest.fixture
def ana(session: Session) -> Account:
    return make_account(session, patients=(make_patient(session, given_name="Ana"),))


@pytest.fixture
def home(client_as: Callable[[Account], FlaskClient], ana: Account) -> FlaskClient:
    return client_as(ana)


def copy(client: FlaskClient) -> tuple[str, dict[str, Any]]:
    """The page and the file of the copy."""
    answer = client.post("/account/data/copy")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="your-data.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.data)) as pack:
        assert pack.namelist() == ["your-data.html", "your-data.json"]
        return pack.read("your-data.html").decode(), json.loads(pack.read("your-data.json"))


def actor_of(session: Session, account: Account) -> Actor:
    return Actor(account.id, Role.PATIENT, frozenset(session.scalars(sa.select(Patient.id))), owner="ana's browser")


def test_the_copy_holds_what_was_said_answered_moved_and_cancelled(
    session: Session, home: FlaskClient, ana: Account
) -> None:
    actor = actor_of(session, ana)
    [patient_id] = actor.patient_ids
    visit = book(session, hold(session, actor), actor, patient=patient_id, details=DETAILS)
    fill_peg(session, actor, visit_of(session, visit.appointment_id), 4, 5, 6)
    send(session, actor, visit_of(session, visit.appointment_id))
    change_visit(
        session, actor=actor, public_id=visit.public_id, location_id=1, specialist_id=None, nonce=new_nonce(),
        starts_at=NEXT_MONDAY_9 + timedelta(hours=1), now=NOW,
    )  # fmt: skip
    cancel(session, actor=actor, public_id=visit.public_id, reason_code="pat-fb", note="I feel better", now=NOW)

    page, file = copy(home)

    [person] = file["people"]
    [told] = person["visits"]
    assert told["reason"] == DETAILS.reason
    assert told["status"] == "cancelled"
    assert told["cancel_note"] == "I feel better"
    assert told["earlier_times"][0]["starts_at"] == "2026-11-30T09:00:00-05:00"
    assert [answer["answer"] for answer in told["forms"][0]["answers"]][:3] == [4, 5, 6]
    assert DETAILS.reason is not None
    assert DETAILS.reason in page
    assert "I feel better" in page
    assert person["messages"]


def test_the_copy_holds_what_the_clinic_keeps_with_a_form_and_at_the_end_of_its_work(
    session: Session, home: FlaskClient, ana: Account
) -> None:
    actor = actor_of(session, ana)
    appointment = make_appointment(session, session.scalars(sa.select(Patient)).one())
    visit = visit_of(session, appointment.id)
    fill_peg(session, actor, visit, 4, 5, 7)
    send(session, actor, visit)
    cruz = make_account(session, Role.SPECIALIST, resource_id=1, name="Maren Cruz")
    specialist = Actor(cruz.id, Role.SPECIALIST, resource_id=1)
    mark_reviewed(session, actor=specialist, visit=visit, code=PEG, is_reviewed=True, now=NOW)
    keep_note(session, actor=specialist, visit=visit, code=PEG, note="Ask about the stairs.", now=NOW)
    ended_task(session, visit.patient_id, "She is well.")
    flag_and_helper(session)

    page, file = copy(home)

    [person] = file["people"]
    [form] = person["visits"][0]["forms"]
    assert form["score"] == {"rule": "peg-mean-1", "value": "5.3", "without": []}
    assert form["flags_for_the_specialist"] == [
        {
            "flag": "stairs",
            "rule": "stairs-1",
            "because_of": ["What number best describes your pain on average in the past week?"],
        }
    ]
    assert form["helped_by"] == "Kim Reyes"
    assert (form["reviewed_by"], form["note_of_the_specialist"]) == ("Maren Cruz", "Ask about the stairs.")
    assert [one["outcome_note"] for one in person["work_at_the_clinic"]] == ["She is well."]
    assert "Ask about the stairs." in page
    assert "She is well." in page
    # A score is data: on the page that people read it would look like a verdict.
    assert "5.3" not in page


def flag_and_helper(session: Session) -> None:
    response = session.scalars(sa.select(QuestionnaireResponse)).one()
    flags = json.dumps(flags_to_plain([Flag("stairs", FlagKind.PRACTICAL, "stairs-1", (PAIN,))]))
    place, key = "questionnaire_response", response.public_id
    response.flags_sealed = seal_text(session, place, "flags", key, flags)
    response.helper_name_sealed = seal_text(session, place, "helper_name", key, "Kim Reyes")
    session.commit()


def ended_task(session: Session, patient_id: int, note: str) -> None:
    with transaction(session):
        ask_to_call(session, patient_id=patient_id, appointment_id=None, reason_code="asked", cause="one", now=NOW)
    task = session.scalars(sa.select(Task)).one()
    task.outcome_note_sealed = seal_text(session, "task", "outcome_note", task.public_id, note)
    task.state, task.closed_at = TaskState.DONE, NOW
    session.commit()


def test_nobody_elses_data_is_in_the_copy(session: Session, home: FlaskClient) -> None:
    make_appointment(session, make_patient(session, given_name="Benedikt"))

    page, file = copy(home)

    assert "Benedikt" not in page
    assert [person["given_name"] for person in file["people"]] == ["Ana"]
    assert file["people"][0]["visits"] == []


def test_the_page_names_who_helps_and_who_looked(
    session: Session, home: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = session.scalars(sa.select(Patient)).one()
    carer, dora = make_account(session, name="Kim Reyes"), make_account(session, Role.SCHEDULER, name="Dora")
    session.add(AccountPatient(account_id=carer.id, patient_id=patient.id, relation=Relation.CARER))
    session.commit()
    with transaction(session):
        desk = Actor(dora.id, Role.SCHEDULER)
        for action in ("patient_seen", "waiting_left", "call_asked_for"):
            audit.record(session, desk, action, "patient_page", patient.id, now=NOW, patient_id=patient.id)
    monkeypatch.setattr(own_around, "AT_ONCE", 2)

    page, file = copy(home)

    assert "<li>Kim Reyes</li>" in page
    assert "The reception looked at your details and your visits" in page
    assert [look["who"] for look in file["who_looked"]] == ["The reception"] * 3


def test_taking_a_copy_is_recorded(session: Session, home: FlaskClient, ana: Account) -> None:
    copy(home)

    events = session.execute(
        sa.select(AuditEvent.actor_account_id, AuditEvent.object_kind).where(AuditEvent.action == "data_exported")
    ).all()
    assert [tuple(event) for event in events] == [(ana.id, "patient")]


def test_what_cannot_be_read_is_named_and_not_left_out_silently(
    session: Session, home: FlaskClient, ana: Account
) -> None:
    patient = session.scalars(sa.select(Patient)).one()
    appointment = make_appointment(session, patient)
    foreign = seal_text(session, "appointment", "reason", "another row", "of somebody else")
    session.execute(sa.update(Appointment).where(Appointment.id == appointment.id).values(reason_sealed=foreign))
    session.execute(sa.update(Patient).values(contact_note_sealed=foreign))
    session.commit()

    page, file = copy(home)

    [person] = file["people"]
    assert person["cannot_be_read"] == ["contact_note"]
    assert person["visits"][0]["cannot_be_read"] == ["reason"]
    assert "cannot be read at present" in page
    assert "of somebody else" not in page


def test_a_score_that_cannot_be_read_is_named(session: Session, home: FlaskClient, ana: Account) -> None:
    visit = visit_of(session, make_appointment(session, session.scalars(sa.select(Patient)).one()).id)
    fill_peg(session, actor_of(session, ana), visit, 4, 5, 7)
    send(session, actor_of(session, ana), visit)
    session.execute(sa.update(QuestionnaireResponse).values(score_sealed="v1.lost.AAAA"))
    session.commit()

    [told] = copy(home)[1]["people"][0]["visits"]

    assert told["cannot_be_read"] == ["score"]
    assert told["forms"][0]["score"] is None


def test_the_page_says_what_is_kept_and_for_whom(session: Session, client_as: Callable[[Account], FlaskClient]) -> None:
    two = (make_patient(session, given_name="Ana"), make_patient(session, given_name="Mia"))
    client = client_as(make_account(session, patients=two))

    answer = client.get("/account/data/")

    assert answer.status_code == 200
    assert "everybody of this account" in answer.text
    assert "Mia" in answer.text
    assert "Mia" in copy(client)[0]


def test_staff_have_patients_to_look_after_and_no_copy_of_their_own(session: Session) -> None:
    with pytest.raises(NotFound):
        own_data(session, actor=Actor(role=Role.SCHEDULER), now=NOW)


def test_a_carer_takes_no_copy_of_the_person_they_help(
    session: Session, client_as: Callable[[Account], FlaskClient]
) -> None:
    carer = make_account(session)
    helped = make_patient(session, given_name="Ana")
    right = AccountPatient(account_id=carer.id, patient_id=helped.id, relation=Relation.CARER, sees_answers=True)
    session.add(right)
    session.commit()

    page, file = copy(client_as(carer))

    assert file["people"] == []
    assert "Ana" not in page


def test_a_page_that_was_left_open_gives_no_copy(session: Session, app: Flask, ana: Account) -> None:
    then = utc_now() - timedelta(minutes=11)
    token = begin_session(session, account_id=ana.id, data={}, now=then)
    client = app.test_client()
    client.set_cookie("respite_session", token, domain="localhost")

    asked = client.post("/account/data/copy")

    assert asked.status_code == 303
    assert asked.location == "/account/confirm"
    taken = sa.select(AuditEvent.seq).where(AuditEvent.action == "data_exported")
    assert session.scalars(taken).all() == []
