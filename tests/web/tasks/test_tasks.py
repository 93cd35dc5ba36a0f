"""The list of what is to be done: what stands in it for whom, and what a press does."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.models import Task
from booking.services.tasks import ask_to_call, ask_to_check_audit, ask_to_erase
from booking.services.transaction import transaction
from tests.factories import NOW, make_account, make_appointment, make_patient
from tests.web.desk.desk_cast import ClientAs, cruz, dora, fay, hrefs, words

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def call(session: Session) -> str:
    """Somebody is to call Ana about her visit with Dr Cruz."""
    visit = make_appointment(session, make_patient(session, given_name="Ana", family_name="Álvarez"))
    with transaction(session):
        ask_to_call(
            session, patient_id=visit.patient_id, appointment_id=visit.id, reason_code="x", cause="one", now=NOW
        )
    public_id = session.scalars(sa.select(Task.public_id)).one()
    session.rollback()
    return public_id


def main(page: str) -> str:
    return words(page.partition("<main")[2].partition("</main>")[0])


def test_the_list_leads_to_whom_the_work_is_about_and_the_counter_says_how_much(
    session: Session, client_as: ClientAs, call: str
) -> None:
    page = dora(session, client_as).get("/tasks/").text
    assert "To do 1 Call the patient: a message did not arrive Ana Álvarez" in main(page)
    assert len(hrefs(page, "/desk/visits/")) == 1
    assert re.search(r'href="/tasks/" aria-current="page">To do <span class="count">1<', page)
    assert "Nothing is waiting." in main(cruz(session, client_as).get("/tasks/").text)
    assert cruz(session, client_as).get(f"/tasks/{call}").status_code == 404


def test_each_kind_leads_administrators_to_where_it_is_settled(session: Session, client_as: ClientAs) -> None:
    patient = make_patient(session)
    with transaction(session):
        ask_to_check_audit(session, reason_code="x", now=NOW)
        ask_to_erase(session, patient_id=patient.id, now=NOW)
        ask_to_call(session, patient_id=patient.id, appointment_id=None, reason_code="x", cause="one", now=NOW)
    page = fay(session, client_as).get("/tasks/").text
    found = re.findall(r'<a href="([^"]+)">', page.partition("<main")[2])
    assert {"/admin/log", f"/desk/patients/{patient.public_id}"} <= set(found)
    assert len([one for one in found if patient.public_id in one]) == 2
    assert "Decide: somebody asks to be erased" in main(page)


def test_of_two_at_the_desk_one_gets_it_and_the_other_is_told(session: Session, client_as: ClientAs, call: str) -> None:
    first = client_as(make_account(session, Role.SCHEDULER, location_ids=(1,), name="Dan Dee"))
    assert first.post(f"/tasks/{call}/claim").status_code == 303
    assert "What I do 1 Call the patient" in main(first.get("/tasks/").text)
    second = dora(session, client_as)
    assert second.post(f"/tasks/{call}/claim").location == "/tasks/"
    assert "Dan Dee has taken this already." in main(second.get("/tasks/").text)
    first.post(f"/tasks/{call}/give-back")
    second.post(f"/tasks/{call}/done")
    first.post(f"/tasks/{call}/done", data={"outcome": "not_needed", "note": "She came"})
    assert "has done it already. Nothing of yours was kept." in main(first.get("/tasks/").text)


def test_it_ends_with_an_outcome_and_a_note_and_is_taken_back(session: Session, client_as: ClientAs, call: str) -> None:
    desk = dora(session, client_as)
    missing = desk.post(f"/tasks/{call}/done", data={"outcome": "", "note": "She came"})
    assert (missing.status_code, "Choose how it ended" in missing.text) == (422, True)
    desk.post(f"/tasks/{call}/done", data={"outcome": "not_needed", "note": "She came"})
    page = main(desk.get(f"/tasks/{call}").text)
    assert ": Not needed any more What was done She came Put it back on the list" in page
    desk.post(f"/tasks/{call}/undo")
    assert "It is done" in main(desk.get(f"/tasks/{call}").text)


def test_it_is_handed_on_to_a_colleague_or_a_role_and_help_is_called_for(
    session: Session, client_as: ClientAs, call: str
) -> None:
    desk = dora(session, client_as)
    assert desk.post(f"/tasks/{call}/hand-on", data={"to": ""}).status_code == 422
    specialist = cruz(session, client_as)
    desk.post(f"/tasks/{call}/hand-on", data={"to": "role:specialist"})
    assert "Call the patient" in main(specialist.get("/tasks/").text)
    specialist.post(f"/tasks/{call}/help")
    page = specialist.get("/tasks/").text
    assert "Urgent 1 Call the patient" in main(page)
    assert '<span class="count">1 urgent</span>' in page
    colleague = re.search(r'<option value="([^"]{22})">[^<]+\(Scheduler\)', specialist.get(f"/tasks/{call}").text)
    assert colleague
    specialist.post(f"/tasks/{call}/hand-on", data={"to": colleague[1]})
    assert "Give it back" in main(desk.get("/tasks/").text)
