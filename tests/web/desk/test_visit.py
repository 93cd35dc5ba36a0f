"""One visit at the desk: what its page says, the steps of its day, cancelling with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.core.questionnaires.library import SHIPPED
from booking.core.scheduling.lifecycle import AppointmentStatus as S
from booking.models import Appointment, AuditEvent, Message, Patient, QuestionnaireResponse, ResponseStatus
from booking.services.sealed import open_text, seal_text
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.services.cast import acting_for, book, hold
from tests.web.desk.desk_cast import ClientAs, cruz, dora, eli, fay, freeze, today, words


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(monkeypatch)


@pytest.fixture
def desk(session: Session, client_as: ClientAs) -> FlaskClient:
    return dora(session, client_as)


def page_of(client: FlaskClient, visit: Appointment) -> str:
    return client.get(f"/desk/visits/{visit.public_id}").text


def move(client: FlaskClient, visit: Appointment, to: str, version: object = 1, **more: str) -> TestResponse:
    data = {"to": to, "version": str(version), **more}
    return client.post(f"/desk/visits/{visit.public_id}/move", data=data)


def fresh(session: Session, visit: Appointment) -> Appointment:
    session.rollback()
    return session.get_one(Appointment, visit.id, populate_existing=True)


def with_wishes(session: Session) -> Appointment:
    visit = today(session, make_patient(session))
    seal = {"session": session, "table": "appointment", "row_key": visit.public_id}
    visit.needs_sealed = seal_text(column="needs", text='["wheelchair"]', **seal)
    visit.reason_sealed = seal_text(column="reason", text="burning feet", **seal)
    session.commit()
    return visit


def test_the_desk_sees_what_makes_the_visit_easier_and_its_specialist_the_reason(
    session: Session, desk: FlaskClient, client_as: ClientAs
) -> None:
    visit = with_wishes(session)
    for_desk, for_specialist = (words(page_of(client, visit)) for client in (desk, cruz(session, client_as)))
    assert "Needs Room for a wheelchair" in for_desk
    assert "burning feet" not in for_desk
    assert "Reason burning feet" in for_specialist


def test_wishes_that_cannot_be_read_are_said_to_be(session: Session, desk: FlaskClient) -> None:
    visit = with_wishes(session)
    visit.needs_sealed = visit.reason_sealed
    session.commit()
    assert "Needs cannot be read: tell the administrator" in words(page_of(desk, visit))


def test_the_page_says_who_when_where_and_how_far(session: Session, desk: FlaskClient) -> None:
    ana = make_patient(session, given_name="Ana", family_name="Álvarez", email=None)
    visit = today(session, ana, reference="ABCDEFGH")
    text = words(page_of(desk, visit))
    for part in (
        "Ana Álvarez Monday 23 November 2026 at 9:00 am – 9:45 am, New York (EST)",
        "Expected First consultation · Dr Maria Cruz · Northside",
        "Date of birth 17 May 1980 Phone 555-0142 E-mail none: messages cannot be sent",
        "Place Northside, Room 1 Reference ABCDEFGH",
        "No message was planned for this visit.",
    ):
        assert part in text


def test_messages_and_history_are_said_in_words(session: Session, client_as: ClientAs) -> None:
    booked = book(session, hold(session))
    client = fay(session, client_as)
    client.post(f"/desk/visits/{booked.public_id}/cancel", data={"reason": "pat-lt", "version": "1"})
    text = words(client.get(f"/desk/visits/{booked.public_id}").text)
    assert "Confirmation: not needed any more" in text
    assert "Note that it is canceled: planned for Monday 23 November 2026 at 8:01 am" in text
    assert "Booked by the patient, without a login" in text
    assert "Canceled by administrator" in text
    assert "(No way to get here)" in text


def test_answers_and_what_the_patient_wrote_are_not_on_the_page(session: Session, client_as: ClientAs) -> None:
    booked = book(session, hold(session))
    assert "pain in the knee" not in fay(session, client_as).get(f"/desk/visits/{booked.public_id}").text


@pytest.mark.parametrize("who", [eli, cruz])
def test_a_visit_of_others_does_not_exist(
    session: Session, client_as: ClientAs, who: Callable[[Session, ClientAs], FlaskClient]
) -> None:
    visit = today(session, specialist_id=2, status=S.DONE)
    client = who(session, client_as)
    assert client.get(f"/desk/visits/{visit.public_id}").status_code == 404
    assert client.get("/desk/visits/AAAAAAAAAAAAAAAAAAAAAA").status_code == 404
    assert client.get("/desk/visits/1").status_code == 404


def test_for_another_location_nothing_can_be_changed(session: Session, client_as: ClientAs) -> None:
    visit, client = today(session), eli(session, client_as)
    assert move(client, visit, "arrived").status_code == 404
    assert cancel(client, visit, reason="prov").status_code == 404
    assert fresh(session, visit).status is S.BOOKED


def test_a_specialist_reads_their_own_visit_and_has_no_buttons(session: Session, client_as: ClientAs) -> None:
    visit = today(session)
    about = {"appointment_id": visit.id, "patient_id": visit.patient_id, "questionnaire": "peg", "form_version": "1"}
    session.add(QuestionnaireResponse(**about, status=ResponseStatus.IN_PROGRESS, started_at=NOW))
    session.commit()
    page = page_of(cruz(session, client_as), visit)
    assert "/forms/peg/answers" in page
    assert page.count("Answers:") == 1
    assert f"Answers: {SHIPPED.latest('peg').title}" in page
    assert "Cancel the visit" not in page
    assert "/desk/patients/" not in page
    assert 'name="to"' not in page


def test_answers_are_no_link_before_the_form_is_begun(session: Session, client_as: ClientAs) -> None:
    assert "Answers:" not in page_of(cruz(session, client_as), today(session))


def test_one_press_moves_a_visit_on_and_undo_takes_it_back(session: Session, desk: FlaskClient) -> None:
    visit = today(session)
    answer = move(desk, visit, "arrived")
    assert answer.location == f"/desk/visits/{visit.public_id}"
    assert "Arrived" in words(page_of(desk, visit))
    assert fresh(session, visit).status is S.ARRIVED
    move(desk, visit, "booked", 2)
    assert fresh(session, visit).status is S.BOOKED
    assert "Set back to expected by Dora Desk" in words(page_of(desk, visit))


def test_a_press_leads_back_to_where_it_was_made_and_nowhere_else(session: Session, desk: FlaskClient) -> None:
    visit = today(session)
    assert move(desk, visit, "arrived", next="/desk/?view=list").location == "/desk/?view=list"
    away = move(desk, visit, "arrived", next="//evil.example")
    assert away.location == f"/desk/visits/{visit.public_id}"


@pytest.mark.parametrize(
    ("to", "version", "status"),
    [
        ("no_show", 1, 422), ("done", 1, 409), ("arrived", 7, 409), ("flying", 1, 400), ("", 1, 400),
        ("arrived", "", 400), ("arrived", "x", 400), ("arrived", "9" * 30, 400), ("arrived", "-1", 400),
    ],
)  # fmt: skip
def test_other_steps_are_refused_in_a_clear_page(
    session: Session, desk: FlaskClient, to: str, version: object, status: int
) -> None:
    visit = today(session)
    assert move(desk, visit, to, version).status_code == status
    assert fresh(session, visit).version == 1


def test_a_stale_press_leads_back_to_the_visit_and_sends_nobody_to_the_phone(
    session: Session, desk: FlaskClient
) -> None:
    visit = today(session)
    move(desk, visit, "arrived")
    stale = move(desk, visit, "booked", 1)
    assert stale.status_code == 409
    assert "The visit has changed meanwhile" in words(stale.text)
    assert "Marked as arrived by Dora Desk" in words(stale.text)
    assert f'href="/desk/visits/{visit.public_id}"' in stale.text
    assert "call us" not in stale.text


def test_why_a_step_comes_too_early_is_said(session: Session, desk: FlaskClient) -> None:
    text = words(move(desk, today(session), "no_show").text)
    assert "The visit has not begun yet, so nobody can have missed it." in text
    assert "Back to the visit" in text


def test_undoing_a_missed_visit_whose_time_is_given_away_says_so(
    session: Session, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(monkeypatch, hours=1.1)
    visit = today(session)
    move(desk, visit, "no_show")
    session.rollback()
    today(session)
    answer = move(desk, visit, "booked", 2)
    assert answer.status_code == 409
    assert "The time has been given to somebody else meanwhile." in answer.text


def cancel(client: FlaskClient, visit: Appointment, **data: str) -> TestResponse:
    return client.post(f"/desk/visits/{visit.public_id}/cancel", data={"version": "1", **data})


def test_cancelling_keeps_reason_and_sealed_note_and_tells_the_patient(session: Session, desk: FlaskClient) -> None:
    visit = make_appointment(session)
    asked = desk.get(f"/desk/visits/{visit.public_id}/cancel").text
    assert "The patient gets an e-mail about it, without the reason." in asked
    cancel(desk, visit, reason="prov", note="Dr Cruz is ill")
    changed = fresh(session, visit)
    assert (changed.status, changed.cancel_reason_code) == (S.CANCELLED, "prov")
    assert (
        open_text(session, "appointment", "cancel_note", changed.public_id, changed.cancel_note_sealed)
        == "Dr Cruz is ill"
    )
    page = page_of(desk, visit)
    assert "The visit is canceled and its time is free. The patient gets an e-mail." in page
    assert "The specialist cannot be there" in page
    assert "Dr Cruz is ill" not in page


@pytest.mark.parametrize(
    ("email", "hours", "said"),
    [
        (None, 0, "nobody is written to. Please tell the patient by phone: 555-0142."),
        ("a@example.org", 1.2, "so no e-mail is sent"),
    ],
)
def test_cancelling_says_when_nobody_is_written_to(
    session: Session, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch, email: str | None, hours: float, said: str
) -> None:
    freeze(monkeypatch, hours=hours)
    visit = today(session, make_patient(session, email=email))
    assert said in desk.get(f"/desk/visits/{visit.public_id}/cancel").text
    cancel(desk, visit, reason="pat-lt")
    assert "The patient gets no e-mail." in page_of(desk, visit)
    assert session.scalars(sa.select(Message)).all() == []


def test_a_death_stops_every_message_to_the_patient(session: Session, client_as: ClientAs) -> None:
    first = book(session, hold(session))
    ana = acting_for(session.get_one(Patient, first.patient_id))
    session.rollback()
    later = hold(session, ana, starts_at=NEXT_MONDAY_9 + timedelta(days=1))
    book(session, later, ana, patient=first.patient_id)
    session.rollback()
    client = fay(session, client_as)
    client.post(f"/desk/visits/{first.public_id}/cancel", data={"reason": "pat-dec", "version": "1"})
    session.rollback()
    assert [state.value for state in session.scalars(sa.select(Message.state))] == ["cancelled"] * 6
    assert "The patient gets no e-mail." in client.get(f"/desk/visits/{first.public_id}").text


@pytest.mark.parametrize("data", [{}, {"reason": ""}, {"reason": "made-up"}, {"reason": "prov", "note": "x" * 2000}])
def test_a_cancelling_that_is_not_filled_in_changes_nothing(
    session: Session, desk: FlaskClient, data: dict[str, str]
) -> None:
    visit = today(session)
    answer = cancel(desk, visit, **data)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert fresh(session, visit).status is S.BOOKED


def test_cancelling_twice_is_cancelling_once(session: Session, desk: FlaskClient) -> None:
    visit = today(session)
    cancel(desk, visit, reason="prov")
    again = cancel(desk, visit, reason="pat")
    assert again.location == f"/desk/visits/{visit.public_id}"
    assert fresh(session, visit).cancel_reason_code == "prov"
    events = session.scalars(sa.select(AuditEvent.action)).all()
    assert events == ["appointment_cancelled"]
