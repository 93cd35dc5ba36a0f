"""Reading what was sent: the patient's copy, the specialist's page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.models import Account, QuestionnaireResponse
from booking.queries.appointments import Visit
from tests.factories import make_account, make_appointment, make_patient
from tests.services.forms_cast import PAIN, PEG, ask_for, events, fill_peg, page, save, send, spoil, visit_of
from tests.web.mail_links import opened_by_mail

ClientAs = Callable[[Account], FlaskClient]


@pytest.fixture
def visit(session: Session) -> Visit:
    return visit_of(session, make_appointment(session, make_patient(session)).id)


@pytest.fixture
def dr_cruz(session: Session, client_as: ClientAs) -> FlaskClient:
    return client_as(make_account(session, Role.SPECIALIST, resource_id=1))


def fill_and_send(session: Session, visit: Visit, *numbers: int, account_id: int | None = None) -> None:
    ana = Actor(account_id, Role.PATIENT, frozenset({visit.patient_id}))
    fill_peg(session, ana, visit, *numbers)
    send(session, ana, visit)


def answers_url(visit: Visit) -> str:
    return f"/visits/{visit.public_id}/forms/{PEG}/answers"


def copy_url(visit: Visit) -> str:
    return f"/visits/{visit.public_id}/forms/{PEG}/copy"


def test_the_specialist_reads_answers_sender_and_score(session: Session, visit: Visit, dr_cruz: FlaskClient) -> None:
    fill_and_send(session, visit, 7, 8, 6, account_id=make_account(session, name="Ana Alvarez").id)
    page = dr_cruz.get(answers_url(visit)).text
    assert "8 of 10" in page
    assert '<p class="score">7.0</p>' in page
    assert "Ana Alvarez, logged in" in page
    assert events(session)[-1] == ("response_read", "specialist")


def test_a_score_has_the_name_and_the_ends_of_its_table(session: Session, visit: Visit, dr_cruz: FlaskClient) -> None:
    ask_for(session, "phq-2")
    ana = Actor(None, Role.PATIENT, frozenset({visit.patient_id}))
    for key in ("44250-9", "44255-8"):
        save(session, ana, visit, replace(page(key, "LA6571-9"), key="phq-2-page-1"), "phq-2")
    send(session, ana, visit, "phq-2")
    shown = dr_cruz.get(answers_url(visit).replace(PEG, "phq-2")).text
    assert "PHQ-2 total score" in shown
    assert '<p class="score">6</p>' in shown
    assert "from 0 to 6" in shown


def test_a_form_sent_through_a_link_says_so(session: Session, visit: Visit, dr_cruz: FlaskClient) -> None:
    fill_and_send(session, visit, 7)
    page = dr_cruz.get(answers_url(visit)).text
    assert "somebody not logged in" in page
    assert "No score: not every question was answered." in page


def test_what_cannot_be_read_is_said(session: Session, visit: Visit, dr_cruz: FlaskClient) -> None:
    fill_and_send(session, visit, 7, 8, 6)
    spoil(session, PAIN)
    session.execute(sa.update(QuestionnaireResponse).values(score_sealed="v1.lost.AAAA"))
    session.commit()
    page = dr_cruz.get(answers_url(visit)).text
    assert "This answer cannot be read." in page
    assert "The score cannot be read." in page


def test_before_sending_there_is_nothing_to_read(session: Session, visit: Visit, dr_cruz: FlaskClient) -> None:
    assert "has not begun" in dr_cruz.get(answers_url(visit)).text
    fill_peg(session, Actor(None, Role.PATIENT, frozenset({visit.patient_id})), visit, 7)
    page = dr_cruz.get(answers_url(visit)).text
    assert "has not sent" in page
    assert "7 of 10" not in page


@pytest.mark.parametrize(
    ("role", "resource_id", "status"),
    [
        (Role.SPECIALIST, 2, 404),
        (Role.SCHEDULER, None, 403),
        (Role.NURSE, None, 403),
        (Role.ADMINISTRATOR, None, 403),
    ],
)
def test_nobody_else_at_the_clinic_reads_answers(
    session: Session, visit: Visit, client_as: ClientAs, role: Role, resource_id: int | None, status: int
) -> None:
    fill_and_send(session, visit, 7, 8, 6)
    client = client_as(make_account(session, role, resource_id=resource_id))
    assert client.get(answers_url(visit)).status_code == status


def test_the_patient_prints_a_copy_without_the_score(session: Session, client_as: ClientAs) -> None:
    patient = make_patient(session)
    visit = visit_of(session, make_appointment(session, patient).id)
    fill_and_send(session, visit, 7, 8, 6)
    page = client_as(make_account(session, patients=(patient,))).get(copy_url(visit)).text
    assert "8 of 10" in page
    assert "7.0" not in page


def test_the_copy_asks_for_a_login(session: Session, visit: Visit, client: FlaskClient, client_as: ClientAs) -> None:
    fill_and_send(session, visit, 7, 8, 6)
    assert client.get(copy_url(visit)).location.startswith("/account/log-in")
    opened_by_mail(client, session, visit, is_proven=True)
    assert client.get(copy_url(visit)).location.startswith("/account/log-in")
    ben = client_as(make_account(session, patients=(make_patient(session),)))
    assert ben.get(copy_url(visit)).status_code == 404
