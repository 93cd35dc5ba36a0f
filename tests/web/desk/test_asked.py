"""Forms at the desk: states and never answers, one form more or less, and who has not done what."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.questionnaires.assignment import AskedForm
from booking.core.questionnaires.progress import FormLine, VisitForms
from booking.models import Appointment, AuditEvent, QuestionnaireResponse
from booking.web.desk import asked
from booking.web.desk.form_words import FormsMark, forms_mark, forms_text
from tests.core.questionnaires.test_assignment import STARTS, VISIT
from tests.factories import NOW, make_appointment, make_patient
from tests.services.forms_cast import counted, fill_peg, send, visit_of
from tests.web.desk.desk_cast import ClientAs, cruz, dora, eli, freeze, today, words

SOON = NOW + timedelta(days=2, hours=1)


@pytest.fixture(autouse=True)
def _frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(monkeypatch)


def form(*, is_sent: bool = False, is_late: bool = False) -> FormLine:
    due_at = STARTS - timedelta(days=9) if is_late else STARTS
    return FormLine(AskedForm("peg", VISIT.booked_at, due_at), is_begun=is_sent, is_sent=is_sent)


@pytest.mark.parametrize(
    ("lines", "mark"),
    [
        ((), None),
        ((form(),), FormsMark("sent", "Forms sent")),
        ((form(is_sent=True), form()), FormsMark("started", "Forms started, 1 of 2 done")),
        ((form(is_late=True),), FormsMark("late", "Forms sent, 1 late")),
        ((form(is_sent=True),), FormsMark("done", "Forms done")),
    ],
)
def test_one_mark_for_all_forms(app: Flask, lines: tuple[FormLine, ...], mark: FormsMark | None) -> None:
    now = STARTS - timedelta(days=5)
    with app.test_request_context():
        assert forms_mark(VisitForms(VISIT, lines), now) == mark
        assert forms_text(VisitForms(VISIT, lines), now) == (mark.text if mark else "")


def test_one_form_more_and_one_less(session: Session, client_as: ClientAs) -> None:
    visit, desk = make_appointment(session), dora(session, client_as)
    page = f"/desk/visits/{visit.public_id}"
    said = words(desk.post(f"{page}/forms/ask", data={"form": "gad-7"}, follow_redirects=True).text)
    assert "Asked for:" in said
    said = words(desk.post(f"{page}/forms/withdraw", data={"form": "peg"}, follow_redirects=True).text)
    assert "not asked for any more" in said
    assert "Choose a form." in desk.post(f"{page}/forms/ask", data={"form": "x"}, follow_redirects=True).text
    assert "One more form asked for" in said


def test_the_list_shows_what_is_missing_and_no_answer(session: Session, client_as: ClientAs) -> None:
    ana = make_patient(session, given_name="Ana", family_name="Álvarez")
    visit = visit_of(session, make_appointment(session, ana, starts_at=SOON).id)
    actor = Actor(None, Role.PATIENT, frozenset({ana.id}))
    fill_peg(session, actor, visit, 4, 5, 6)
    desk = dora(session, client_as)
    assert "Started" in words(desk.get("/desk/forms").text)
    send(session, actor, visit)
    session.execute(sa.update(QuestionnaireResponse).values(reviewed_at=NOW))
    session.commit()
    page = desk.get("/desk/forms?location=northside").text
    assert "Ana Álvarez" in page
    assert "form-state--sent" in page
    assert "form-state--reviewed" not in page
    assert "form-state--reviewed" in desk.get(f"/desk/visits/{visit.public_id}").text
    assert session.scalars(sa.select(AuditEvent.action).where(AuditEvent.action == "forms_list_seen")).all()


def test_the_list_ends_at_the_own_locations_and_visits(session: Session, client_as: ClientAs) -> None:
    ana = make_patient(session, given_name="Ana", family_name="Álvarez")
    make_appointment(session, ana, starts_at=SOON)
    assert "Álvarez" in cruz(session, client_as).get("/desk/forms").text
    assert "Álvarez" not in eli(session, client_as).get("/desk/forms").text
    session.execute(sa.update(Appointment).values(specialist_id=2))
    session.commit()
    assert "Nothing is missing" in cruz(session, client_as).get("/desk/forms").text


def test_a_long_list_comes_in_pages(session: Session, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "ROWS_A_PAGE", 2)
    for hour in range(3):
        make_appointment(session, starts_at=SOON + timedelta(hours=hour))
    desk = dora(session, client_as)
    first, second = (words(desk.get(f"/desk/forms?location=northside{more}").text) for more in ("", "&page=2"))
    assert "3 visits with forms to come · 1 to 2" in first
    assert "Due later" in first
    assert "Due earlier" not in first
    assert "3 visits with forms to come · 3 to 3" in second
    assert "Due later" not in second
    assert words(desk.get("/desk/forms?location=northside&page=99").text) == second
    assert "1 to 2" in words(desk.get("/desk/forms?page=x").text)


def test_the_list_asks_the_same_for_any_number_of_visits(session: Session, client_as: ClientAs) -> None:
    desk = dora(session, client_as)
    today(session)
    _statements(session, desk)
    statements = [_statements(session, desk)]
    for hour in range(3):
        make_appointment(session, starts_at=NOW + timedelta(days=2, hours=hour))
    statements.append(_statements(session, desk))
    assert statements[0] == statements[1]


def _statements(session: Session, desk: FlaskClient) -> int:
    with counted(session) as asked:
        desk.get("/desk/forms")
    return len(asked)
