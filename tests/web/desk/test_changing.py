"""Moving a visit at the desk, taking that or a cancelling back, and noting that the patient comes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.core.scheduling.lifecycle import AppointmentStatus as S
from booking.models import Appointment, AppointmentTime, Message, Patient, Service
from booking.services import cancelling
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment, make_patient
from tests.services.cast import acting_for
from tests.web.clinic_change import clinic_changed
from tests.web.desk.desk_cast import ClientAs, cruz, dora, eli, fay, freeze, hrefs, nonce_in, words

TEN = "20261130T1500Z"
SLOT_AT_TEN = f"first-consultation~northside~~dr-cruz~{TEN}"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(monkeypatch)


@pytest.fixture
def desk(session: Session, client_as: ClientAs) -> FlaskClient:
    return dora(session, client_as)


@pytest.fixture
def visit(session: Session) -> Appointment:
    """Next Monday at nine with Dr Cruz."""
    return make_appointment(session, make_patient(session))


def url(visit: Appointment, end: str = "") -> str:
    return f"/desk/visits/{visit.public_id}{end}"


def check_url(visit: Appointment, slot: str = SLOT_AT_TEN) -> str:
    return url(visit, f"/change/check?slot={slot}")


def version_in(page: str) -> str:
    [found] = re.findall(r'name="version"(?: type="hidden")? value="([^"]+)"', page)
    return str(found)


def move(client: FlaskClient, address: str, **data: str) -> TestResponse:
    """Send the form of the page as it is now, unless its hidden values are given."""
    if not {"nonce", "version"} <= set(data):
        page = client.get(address).text
        data = {"nonce": nonce_in(page), "version": version_in(page), **data}
    return client.post(address, data=data)


def fresh(session: Session, visit: Appointment) -> Appointment:
    session.rollback()
    return session.get_one(Appointment, visit.id, populate_existing=True)


def starts_in(page: str) -> list[str]:
    return [link.rpartition("~")[2] for link in map(str, hrefs(page.replace("%7E", "~"), "/change/check"))]


def test_the_times_are_of_the_same_kind_place_and_specialist(desk: FlaskClient, visit: Appointment) -> None:
    page = desk.get(url(visit, "/change?start=2026-11-30")).text
    assert '<option value="dr-cruz" selected>' in page
    assert "The next times for First consultation Northside" in words(page)
    assert "now Monday 30 November 2026 at 9:00 am" in words(page)
    # Half of the present time is free for the visit itself, but its own start is no change.
    assert starts_in(page)[:2] == ["20261130T1415Z", "20261130T1430Z"]


def test_other_specialists_kinds_and_places_may_be_asked_for(desk: FlaskClient, visit: Appointment) -> None:
    query = "?service=follow-up&location=northside&who=&start=2026-12-01"
    page = desk.get(url(visit, f"/change{query}")).text
    assert "The next times for Follow-up consultation" in words(page)
    assert '<option value="" selected>Any specialist' in page
    [later] = hrefs(page, "skip=6")
    assert "The next times for Follow-up consultation" in words(desk.get(later).text)


def test_the_patients_other_visits_are_left_out(session: Session, desk: FlaskClient, visit: Appointment) -> None:
    ana = session.get_one(Patient, visit.patient_id)
    make_appointment(session, ana, specialist_id=2, starts_at=NEXT_MONDAY_9 + HOUR)
    starts = starts_in(desk.get(url(visit, "/change?start=2026-11-30")).text)
    assert starts[:2] == ["20261130T1415Z", "20261130T1545Z"]


def test_a_day_that_makes_no_sense_is_said(desk: FlaskClient, visit: Appointment) -> None:
    answer = desk.get(url(visit, "/change?start=someday"))
    assert answer.status_code == 422
    assert "Enter a day like" in answer.text


def test_the_visit_is_moved_and_its_page_says_from_when(
    session: Session, desk: FlaskClient, visit: Appointment
) -> None:
    page = desk.get(check_url(visit)).text
    assert "From Monday 30 November 2026 at 9:00 am" in words(page)
    assert "to Monday the 30th at 10:00 am with Dr Maria Cruz at Northside" in words(page)
    answer = move(desk, check_url(visit))
    assert answer.location == url(visit)
    moved = fresh(session, visit)
    assert (moved.starts_at, moved.version) == (NEXT_MONDAY_9 + HOUR, 2)
    said = words(desk.get(answer.location).text)
    assert "Moved: Monday the 30th at 10:00 am with Dr Maria Cruz at Northside." in said
    assert "Moved by Dora Desk" in said
    assert "before: Monday 30 November 2026 at 9:00 am" in said
    assert "This visit was moved. Until 8:10 am that can be undone" in said


def test_the_same_form_sent_twice_moves_once(session: Session, desk: FlaskClient, visit: Appointment) -> None:
    page = desk.get(check_url(visit)).text
    data = {"nonce": nonce_in(page), "version": version_in(page)}
    assert [move(desk, check_url(visit), **data).status_code for _ in range(2)] == [303, 303]
    assert fresh(session, visit).version == 2
    assert session.scalar(sa.select(sa.func.count()).select_from(AppointmentTime)) == 1


def test_a_move_to_another_specialist_kind_and_place_is_named(
    session: Session, client_as: ClientAs, visit: Appointment
) -> None:
    client = fay(session, client_as)
    slot = "follow-up~lakeview~~dr-lind~20261201T1600Z"
    page = client.get(check_url(visit, slot)).text
    assert "First consultation becomes Follow-up consultation" in words(page)
    assert move(client, check_url(visit, slot), override_reason="other").status_code == 303
    said = words(client.get(url(visit)).text)
    assert "before: Monday 30 November 2026 at 9:00 am, Dr Maria Cruz, Northside" in said
    assert fresh(session, visit).location_id == 2


def test_undo_brings_the_time_back(session: Session, desk: FlaskClient, visit: Appointment) -> None:
    move(desk, check_url(visit))
    answer = desk.post(url(visit, "/undo-change"))
    assert answer.location == url(visit)
    assert fresh(session, visit).starts_at == NEXT_MONDAY_9
    said = words(desk.get(url(visit)).text)
    assert "The visit is back at its earlier time." in said
    assert "can be undone" not in said
    assert [m.state.value for m in session.scalars(sa.select(Message)) if m.kind.value == "changed"] in (
        [],
        ["cancelled"],
    )


def test_undo_ends_after_ten_minutes(
    session: Session, desk: FlaskClient, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(desk, check_url(visit))
    freeze(monkeypatch, hours=10 / 60)
    assert "can be undone" not in desk.get(url(visit)).text
    late = desk.post(url(visit, "/undo-change"))
    assert late.status_code == 422
    assert "It is too late to undo this." in late.text
    assert fresh(session, visit).starts_at == NEXT_MONDAY_9 + HOUR


def test_undo_of_a_time_that_was_given_away_offers_the_nearest(
    session: Session, desk: FlaskClient, visit: Appointment
) -> None:
    move(desk, check_url(visit))
    session.rollback()
    make_appointment(session)
    answer = desk.post(url(visit, "/undo-change"))
    assert answer.status_code == 409
    assert "Monday the 30th at 9:00 am with Dr Maria Cruz" in words(answer.text)
    again = hrefs(answer.text, "/change/check")
    assert len(again) == 3
    assert move(desk, again[0]).status_code == 303


def test_a_lost_race_offers_three_times_for_the_same_visit(
    session: Session, desk: FlaskClient, visit: Appointment
) -> None:
    page = desk.get(check_url(visit)).text
    session.rollback()
    make_appointment(session, starts_at=NEXT_MONDAY_9 + HOUR)
    answer = move(desk, check_url(visit), nonce=nonce_in(page), version=version_in(page))
    assert answer.status_code == 409
    assert "That time has just been taken" in answer.text
    again = hrefs(answer.text, f"{visit.public_id}/change/check")
    assert len(again) == 3
    assert fresh(session, visit).starts_at == NEXT_MONDAY_9
    assert move(desk, again[1]).status_code == 303


def test_what_somebody_else_did_meanwhile_is_said(
    session: Session, desk: FlaskClient, client_as: ClientAs, visit: Appointment
) -> None:
    page = desk.get(check_url(visit)).text
    session.rollback()
    move(fay(session, client_as), check_url(visit, SLOT_AT_TEN.replace("T1500Z", "T1600Z")))
    answer = move(desk, check_url(visit), nonce=nonce_in(page), version=version_in(page))
    assert answer.status_code == 409
    said = words(answer.text)
    assert "Your change was not made." in said
    assert re.search(r"Moved by administrator \d+ Monday 23 November 2026 at 8:00 am", said)
    assert "It is now Expected Monday 30 November 2026 at 11:00 am" in said
    assert hrefs(answer.text, f"{visit.public_id}/change")
    assert fresh(session, visit).starts_at == NEXT_MONDAY_9 + 2 * HOUR


def test_nobody_cancels_a_visit_that_somebody_else_has_moved_meanwhile(
    session: Session, desk: FlaskClient, client_as: ClientAs, visit: Appointment
) -> None:
    page = desk.get(url(visit, "/cancel")).text
    session.rollback()
    move(fay(session, client_as), check_url(visit))
    again = desk.post(url(visit, "/cancel"), data={"reason": "", "version": version_in(page)})
    assert (again.status_code, version_in(again.text)) == (422, version_in(page))
    answer = desk.post(url(visit, "/cancel"), data={"reason": "prov", "version": version_in(page)})
    assert answer.status_code == 409
    assert "Your change was not made." in words(answer.text)
    assert (fresh(session, visit).status, visit.cancel_reason_code) == (S.BOOKED, None)
    unseen = desk.post(url(visit, "/cancel"), data={"reason": "prov"})
    assert unseen.status_code == 400
    seen = desk.post(url(visit, "/cancel"), data={"reason": "prov", "version": str(visit.version)})
    assert (seen.status_code, fresh(session, visit).status) == (303, S.CANCELLED)


SOON = SLOT_AT_TEN.replace(TEN, "20261123T1400Z")


def test_rules_for_patients_ask_for_a_reason_and_then_give_way(
    session: Session, desk: FlaskClient, visit: Appointment
) -> None:
    assert "This is sooner than patients may book themselves." in desk.get(check_url(visit, SOON)).text
    refused = move(desk, check_url(visit, SOON))
    assert refused.status_code == 422
    assert "Say why it is booked all the same" in refused.text
    assert move(desk, check_url(visit, SOON), override_reason="urgent").status_code == 303
    assert "(It cannot wait)" in desk.get(url(visit)).text


def test_where_no_reason_is_enough_to_move_none_is_asked_for(
    session: Session, desk: FlaskClient, visit: Appointment
) -> None:
    there = check_url(visit, SLOT_AT_TEN.replace(TEN, "20261123T1330Z"))
    for answer in (desk.get(there), desk.post(there, data={"version": "1"})):
        assert answer.status_code == 422
        assert "This is sooner than patients may book themselves." in answer.text
        assert "That is outside the opening hours." in answer.text
        assert 'name="override_reason"' not in answer.text
    assert fresh(session, visit).starts_at == NEXT_MONDAY_9


def test_the_visit_itself_does_not_count_against_gap_and_limit(
    session: Session, desk: FlaskClient, visit: Appointment
) -> None:
    session.execute(sa.update(Service).values(min_gap_days=7, visit_limit_count=1, visit_limit_days=30))
    clinic_changed(session)
    assert "Patients could not book this time" not in desk.get(check_url(visit)).text
    assert move(desk, check_url(visit)).status_code == 303


def test_a_busy_patient_is_never_overridden(session: Session, desk: FlaskClient, visit: Appointment) -> None:
    ana = session.get_one(Patient, visit.patient_id)
    make_appointment(session, ana, specialist_id=2, starts_at=NEXT_MONDAY_9 + HOUR)
    answer = move(desk, check_url(visit), override_reason="urgent")
    assert answer.status_code == 409
    assert "The patient has another visit at that time." in answer.text
    assert fresh(session, visit).starts_at == NEXT_MONDAY_9


@pytest.mark.parametrize(
    ("slot", "said"),
    [
        (SLOT_AT_TEN.replace("T1500Z", "T1407Z"), "do not begin at that minute"),
        (SLOT_AT_TEN.replace("T1500Z", "T1400Z"), "The visit is at that time already."),
    ],
)
def test_times_that_cannot_be_are_refused(desk: FlaskClient, visit: Appointment, slot: str, said: str) -> None:
    answer = move(desk, check_url(visit, slot), nonce="n", version="1", override_reason="urgent")
    assert answer.status_code == 422
    assert said in words(answer.text)


def test_a_time_that_is_over_is_refused_before_it_is_read_aloud(desk: FlaskClient, visit: Appointment) -> None:
    answer = desk.get(check_url(visit, SLOT_AT_TEN.replace("20261130", "20261116")))
    assert answer.status_code == 422
    assert "That time is already over." in answer.text


@pytest.mark.parametrize("slot", ["", "x", SLOT_AT_TEN.replace("northside", "lakeview")])
def test_a_time_of_another_location_or_of_none_leads_back(desk: FlaskClient, visit: Appointment, slot: str) -> None:
    assert desk.get(check_url(visit, slot)).location == url(visit, "/change")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"version": "1"}, 422),
        ({"nonce": "n", "version": "x"}, 400),
        ({"nonce": "n", "version": "1", "override_reason": "?"}, 422),
    ],
)
def test_a_form_without_its_secrets_moves_nothing(
    session: Session, desk: FlaskClient, visit: Appointment, data: dict[str, str], status: int
) -> None:
    assert desk.post(check_url(visit), data=data).status_code == status
    assert fresh(session, visit).version == 1


@pytest.mark.parametrize("status", [S.DONE, S.CANCELLED, S.ARRIVED])
def test_a_visit_that_is_not_expected_any_more_is_not_moved(session: Session, desk: FlaskClient, status: S) -> None:
    gone = make_appointment(session, make_patient(session), status=status)
    assert "/change" not in " ".join(hrefs(desk.get(url(gone)).text, url(gone)))
    for answer in (desk.get(url(gone, "/change")), desk.get(check_url(gone))):
        assert answer.status_code == 422
        assert "The visit cannot be moved any more." in answer.text


def test_others_move_confirm_and_undo_nothing(session: Session, client_as: ClientAs, visit: Appointment) -> None:
    elsewhere, specialist = eli(session, client_as), cruz(session, client_as)
    assert "Move" not in hrefs(specialist.get(url(visit)).text, "/change")
    for client, status in ((elsewhere, 404), (specialist, 403)):
        assert client.get(url(visit, "/change")).status_code == status
        assert client.get(check_url(visit)).status_code == status
        for act in ("/undo-change", "/undo-cancel", "/confirm"):
            assert client.post(url(visit, act), data={"version": "1"}).status_code == status


def cancel(client: FlaskClient, visit: Appointment) -> None:
    client.post(url(visit, "/cancel"), data={"reason": "prov", "version": "1"})


def test_a_cancelling_is_taken_back(session: Session, desk: FlaskClient, visit: Appointment) -> None:
    cancel(desk, visit)
    assert "This visit was canceled. Until 8:10 am that can be undone" in words(desk.get(url(visit)).text)
    assert desk.post(url(visit, "/undo-cancel")).location == url(visit)
    assert fresh(session, visit).status is S.BOOKED
    said = words(desk.get(url(visit)).text)
    assert "The visit is booked again." in said
    assert "Cancellation undone by Dora Desk" in said


def test_a_cancelled_time_that_was_given_away_leads_to_a_new_booking(
    session: Session, desk: FlaskClient, visit: Appointment
) -> None:
    cancel(desk, visit)
    session.rollback()
    make_appointment(session)
    answer = desk.post(url(visit, "/undo-cancel"))
    assert answer.status_code == 409
    patient = session.get_one(Patient, visit.patient_id)
    again = hrefs(answer.text, "/desk/book/check")
    assert len(again) == 3
    assert all(f"patient={patient.public_id}" in one for one in again)
    assert fresh(session, visit).status is S.CANCELLED


def test_the_call_in_which_the_patient_confirms_is_noted_once(
    session: Session, desk: FlaskClient, visit: Appointment
) -> None:
    assert "Patient confirmed by phone" in desk.get(url(visit)).text
    assert desk.post(url(visit, "/confirm"), data={"version": "1"}).location == url(visit)
    said = words(desk.get(url(visit)).text)
    assert "Noted: the patient comes." in said
    assert "Confirmed by Dora Desk" in said
    assert "Patient confirmed by phone" not in said
    assert fresh(session, visit).confirmed_at == NOW
    board = desk.get("/desk/day/2026-11-30").text
    assert "status-confirmed" in board
    assert "Confirmed · Forms sent · First consultation" in words(board)
    list_ = desk.get("/desk/day/2026-11-30?view=list").text
    assert "Confirmed" in words(list_)


def test_nobody_confirms_a_time_that_was_not_on_the_page(
    session: Session, desk: FlaskClient, visit: Appointment
) -> None:
    move(desk, check_url(visit))
    answer = desk.post(url(visit, "/confirm"), data={"version": "1"})
    assert answer.status_code == 409
    assert "Moved by Dora Desk" in words(answer.text)
    assert fresh(session, visit).confirmed_at is None
    assert desk.post(url(visit, "/confirm")).status_code == 400


def test_what_a_patient_cancelled_may_be_taken_back_by_the_desk(
    session: Session, desk: FlaskClient, visit: Appointment
) -> None:
    ana = acting_for(session.get_one(Patient, visit.patient_id))
    session.rollback()
    cancelling.cancel(session, actor=ana, public_id=visit.public_id, reason_code=None, note=None, now=NOW)
    session.rollback()
    assert desk.post(url(visit, "/undo-cancel")).status_code == 303
    assert fresh(session, visit).status is S.BOOKED
