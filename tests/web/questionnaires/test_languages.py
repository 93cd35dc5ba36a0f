"""Forms in the language of whoever fills them in, and pages that say which language their words are in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.questionnaires.library import SHIPPED, Library
from booking.core.questionnaires.parsing import parse_questionnaire
from booking.extensions import db
from booking.models import Account, Patient, QuestionnaireResponse
from booking.queries.appointments import Visit
from booking.services.filled_forms import LIBRARY
from booking.services.sealed import KEYS
from tests.core.questionnaires.forms import form, question
from tests.factories import make_account, make_appointment, make_patient
from tests.services.forms_cast import PEG, ask_for, visit_of
from tests.settings import FIELD_KEYS
from tests.web.mail_links import opened_by_mail

ClientAs = Callable[[Account], FlaskClient]
pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def visit(session: Session) -> Visit:
    ask_for(session, "goals", PEG)
    return visit_of(session, make_appointment(session, make_patient(session)).id)


@pytest.fixture
def phone(session: Session, client_as: ClientAs, visit: Visit) -> FlaskClient:
    account = make_account(session, name="Ana Alvarez")
    session.execute(sa.text("INSERT INTO account_patient (account_id, patient_id) VALUES (:a, :p)"),
                    {"a": account.id, "p": visit.patient_id})  # fmt: skip
    session.commit()
    return client_as(account)


def url(visit: Visit, rest: str = "") -> str:
    return f"/visits/{visit.public_id}/forms/{rest}"


def test_a_form_is_chosen_filled_in_reviewed_and_printed_in_another_language(
    phone: FlaskClient, visit: Visit, session: Session
) -> None:
    start = phone.get(url(visit)).text
    assert '<strong lang="en" aria-current="true">English</strong>' in start
    assert phone.post(url(visit, "language"), data={"language": "sv"}).status_code == 303
    assert phone.post(url(visit, "language"), data={"language": "de"}).status_code == 303
    start = phone.get(url(visit)).text
    assert 'lang="de">Ihre Ziele</h2>' in start
    assert '<span lang="de">Was Sie sich erhoffen</span>' in start
    page = phone.get(url(visit, "goals/4")).text
    assert 'lang="de">' in page
    assert "Was ist Ihnen am wichtigsten?" in page
    phone.post(url(visit, "goals/4"), data={"a_matters": "sleep", "v_matters": "0", "form_version": "1.0.0"})
    assert session.scalars(sa.select(QuestionnaireResponse.language)).all() == ["de"]
    review = phone.get(url(visit, "goals/review")).text
    assert '<span lang="de">Besser schlafen</span>' in review
    assert "Eigener Wortlaut" in page
    assert "Eigener Wortlaut" in review
    phone.post(url(visit, "goals/review"), data={"revision": "1"})
    phone.post(url(visit, "language"), data={"language": "en"})
    copy = phone.get(url(visit, "goals/copy")).text
    assert "Ihre Ziele" in copy
    assert "Besser schlafen" in copy


def test_where_there_is_no_translation_the_words_stay_and_say_their_language(
    phone: FlaskClient, visit: Visit, session: Session
) -> None:
    session.execute(sa.update(Patient).values(language="de-CH"))
    session.commit()
    assert 'lang="en">' in phone.get(url(visit, "peg/1")).text.split('class="question"')[1][:80]
    assert 'lang="de">' in phone.get(url(visit, "goals/1")).text.split('class="question"')[1][:80]


def test_a_mailed_link_chooses_for_its_browser(app: Flask, visit: Visit, session: Session) -> None:
    link = opened_by_mail(app.test_client(), session, visit, is_proven=True)
    assert link.post(url(visit, "language"), data={"language": "de"}).status_code == 303
    assert "Ihre Ziele" in link.get(url(visit)).text
    assert session.scalars(sa.select(Patient.language)).one() == "en"


def test_the_desk_reads_a_form_to_a_caller_in_their_language(
    client_as: ClientAs, visit: Visit, session: Session
) -> None:
    desk = client_as(make_account(session, Role.SCHEDULER))
    assert desk.post(url(visit, "language"), data={"language": "de"}).status_code == 303
    assert "Ihre Ziele" in desk.get(url(visit)).text
    assert session.scalars(sa.select(Patient.language)).one() == "de"


def test_yes_and_no_are_in_the_language_of_the_form(
    app: Flask, phone: FlaskClient, visit: Visit, session: Session
) -> None:
    swedish = parse_questionnaire({**form(question("ready")), "language": "sv"})
    ask_for(session, "test-form")
    with app.app_context():
        shelf = Library((*SHIPPED.questionnaires, swedish))
        db.session.session_factory.configure(info={KEYS: FIELD_KEYS, LIBRARY: shelf})
        assert "Nej" in phone.get(url(visit, "test-form/1")).text
        done = phone.post(url(visit, "test-form/1"), data={"a_ready": "false", "v_ready": "0", "form_version": "1.0.0"})
        assert done.status_code == 303
        assert '<span lang="sv">Nej</span>' in phone.get(url(visit, "test-form/review")).text
        db.session.session_factory.configure(info={KEYS: FIELD_KEYS})
