"""A safety answer on the phone: help is the next thing shown, and again at the end; staff see what they may."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.models import Account, AccountPatient, AlertRecipient, Clinic, QuestionnaireResponse, SafetyMode, Task
from booking.queries.appointments import Visit
from booking.web.questionnaires import help_page
from tests.factories import NEXT_MONDAY_9, NOW, make_account, make_appointment, make_patient
from tests.services.forms_cast import ask_for, visit_of
from tests.web.desk.desk_cast import ClientAs, dora, words
from tests.web.mail_links import opened_by_mail

pytestmark = pytest.mark.sqlite_only

HARM, NOT_AT_ALL, SEVERAL_DAYS = "44260-8", "LA6568-5", "LA6569-3"
PAGE = 4
HOURS = "weekdays, 9 to 5"


@pytest.fixture
def nell(session: Session) -> Account:
    """Told first; a colleague is the back-up."""
    nell = make_account(session, Role.NURSE, name="Nell Nurse", location_ids=(1,))
    other = make_account(session, Role.SPECIALIST, name="Dr Back")
    values: dict[str, object] = {"safety_mode": SafetyMode.MONITORED, "safety_hours": HOURS, "crisis_name": "Lifeline"}
    values["safety_response_minutes"] = 30
    session.execute(sa.update(Clinic).values(values))
    session.add_all(
        AlertRecipient(account_id=one.id, rank=rank, named_at=NOW) for rank, one in enumerate((nell, other))
    )
    session.commit()
    return nell


@pytest.fixture
def visit(session: Session, nell: Account) -> Visit:
    assert nell
    ask_for(session, "phq-9")
    return visit_of(session, make_appointment(session, make_patient(session, given_name="Ana")).id)


@pytest.fixture
def phone(session: Session, client_as: ClientAs, visit: Visit) -> FlaskClient:
    account = make_account(session, name="Ana Alvarez")
    session.add(AccountPatient(account_id=account.id, patient_id=visit.patient_id))
    session.commit()
    return client_as(account)


def url(visit: Visit, page: object) -> str:
    return f"/visits/{visit.public_id}/forms/phq-9/{page}"


def answer(
    client: FlaskClient, visit: Visit, code: str = SEVERAL_DAYS, version: int = 0, action: str = "continue"
) -> Any:
    fields = {f"a_{HARM}": code, f"v_{HARM}": version, "form_version": "1.0.0", "action": action}
    return client.post(url(visit, PAGE), data=fields)


def main(page: str) -> str:
    return words(page.partition("<main")[2].partition("</main>")[0])


def test_help_is_the_next_page_with_numbers_to_tap_and_the_form_goes_on(phone: FlaskClient, visit: Visit) -> None:
    saved = answer(phone, visit)
    assert (saved.status_code, saved.location) == (303, url(visit, "note"))
    shown = phone.get(saved.location).text
    assert "please get help now: call or text 988 (24 hours a day) or call 911." in main(shown)
    assert f"someone will contact you during opening hours ({HOURS})." in main(shown)
    assert {"tel:988", "tel:911"} <= set(re.findall(r'href="(tel:[^"]+)"', shown.partition("<main")[2]))
    assert not re.search(r"score|risk|PHQ", main(shown), re.IGNORECASE)
    assert f'href="{url(visit, 1)}"' in shown
    again = answer(phone, visit, version=1)
    assert again.location != url(visit, "note")


def test_the_message_says_when_the_clinic_opens_again(
    monkeypatch: pytest.MonkeyPatch, phone: FlaskClient, visit: Visit
) -> None:
    note = answer(phone, visit).location
    monkeypatch.setattr(help_page, "utc_now", lambda: NEXT_MONDAY_9 + timedelta(hours=12))
    assert "The clinic is closed now. It opens on Tuesday 1 December 2026 at 9:00 am, New York (EST)." in main(
        phone.get(note).text
    )
    monkeypatch.setattr(help_page, "utc_now", lambda: NEXT_MONDAY_9 + timedelta(hours=1))
    assert "closed now" not in main(phone.get(note).text)


def test_saving_in_passing_leads_there_too_and_a_press_that_overtakes_it_does(phone: FlaskClient, visit: Visit) -> None:
    assert answer(phone, visit, action="autosave").json["next"] == url(visit, "note")
    assert answer(phone, visit, version=1).location == url(visit, "note")
    phone.get(url(visit, "note"))
    assert not answer(phone, visit, NOT_AT_ALL, version=1, action="autosave").json.get("next")


def test_it_stands_at_the_end_as_well_even_when_the_answer_was_turned_back(
    session: Session, phone: FlaskClient, visit: Visit
) -> None:
    answer(phone, visit)
    answer(phone, visit, NOT_AT_ALL, version=1)
    session.execute(sa.update(QuestionnaireResponse).values(status="completed", completed_at=NOW))
    session.commit()
    assert "Help is there now Thank you for telling us." in main(phone.get(url(visit, "done")).text)
    assert f'href="{url(visit, "done")}"' in phone.get(url(visit, "note")).text


def test_nothing_is_shown_without_such_an_answer_or_to_who_may_not_see_it(
    app: Flask, session: Session, phone: FlaskClient, visit: Visit
) -> None:
    assert answer(phone, visit, NOT_AT_ALL).location != url(visit, "note")
    start = f"/visits/{visit.public_id}/forms/"
    assert phone.get(url(visit, "note")).location == start
    answer(phone, visit, version=1)
    stranger = opened_by_mail(app.test_client(), session, visit, is_proven=True)
    assert stranger.get(url(visit, "note")).location == start


def test_who_falls_back_meanwhile_promises_nothing(session: Session, phone: FlaskClient, visit: Visit) -> None:
    answer(phone, visit)
    session.execute(sa.delete(AlertRecipient))
    session.commit()
    shown = main(phone.get(url(visit, "note")).text)
    assert "call or text 988" in shown
    assert "We have let the clinic know" not in shown


def test_those_told_read_it_and_the_desk_sees_that_it_waits(
    session: Session, client_as: ClientAs, phone: FlaskClient, visit: Visit, nell: Account
) -> None:
    answer(phone, visit)
    task = session.scalars(sa.select(Task)).one()
    public_id = task.public_id
    nurse = client_as(nell)
    shown = main(nurse.get(f"/tasks/{public_id}").text)
    assert "Thoughts that you would be better off dead" in shown
    assert "Several days" in shown
    assert "555-0142" in shown
    desk = dora(session, client_as)
    assert desk.get(f"/tasks/{public_id}").status_code == 404
    seen = desk.get("/tasks/").text
    assert "An urgent task is waiting" in main(seen)
    assert "Ana" not in main(seen)
    assert "Safety" not in seen
    refused = nurse.post(f"/tasks/{public_id}/done", data={"outcome": "reached", "note": ""})
    assert "Say in a few words what was done" in refused.text
    assert nurse.post(f"/tasks/{public_id}/done").status_code == 422
    nurse.post(f"/tasks/{public_id}/done", data={"outcome": "reached", "note": "Spoke with her"})
    assert "Spoke with the patient" in main(nurse.get(f"/tasks/{public_id}").text)


def test_everybody_is_reminded_on_every_page_once_it_is_everybodys(
    session: Session, client_as: ClientAs, phone: FlaskClient, visit: Visit
) -> None:
    answer(phone, visit)
    desk = dora(session, client_as)
    assert "nobody has ended it yet" not in desk.get("/desk/patients").text
    session.execute(sa.update(Task).values(escalation=2, escalates_at=None, created_at=utc_now()))
    session.commit()
    assert "nobody has ended it yet" in desk.get("/desk/patients").text
