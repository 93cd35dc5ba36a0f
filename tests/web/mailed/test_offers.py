"""An offered time, answered from its letter: yes, no, no more of them, too late."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AuditEvent, OfferState, Patient, WaitingEntry, WaitingOffer, WaitingState
from tests.factories import make_account, make_appointment, make_offer, make_patient
from tests.services.cast import FOLLOW_UP, LAKEVIEW
from tests.web.mail_links import a_free_start, offer_link
from tests.web.mailed.conftest import in_days
from tests.web.visits.test_visits import ClientAs


def offered(
    session: Session,
    *,
    swaps: bool = True,
    patient: Patient | None = None,
    visit: Appointment | None = None,
    **values: object,
) -> tuple[WaitingOffer, Patient, Appointment | None]:
    """Dr Cruz's Wednesday at nine, offered for two hours to Ana, who has a visit later or none."""
    patient, now = patient or make_patient(session), utc_now()
    if visit is None and swaps:
        visit = make_appointment(session, patient, starts_at=in_days(20))
    times = {"starts_at": a_free_start(), "made_at": now, "expires_at": now + timedelta(hours=2)}
    offer = make_offer(session, patient, visit=visit, **{**times, **values})
    return offer, patient, visit


def opened(client: FlaskClient, session: Session, offer: WaitingOffer, patient: Patient) -> str:
    answer = client.get(offer_link(session, offer, patient))
    assert (answer.status_code, answer.location) == (303, f"/offers/{offer.public_id}")
    page: str = client.get(answer.location).text
    session.rollback()
    return page


def present(session: Session, row: WaitingOffer | Appointment) -> WaitingOffer | Appointment:
    session.rollback()
    session.refresh(row)
    return row


def say(client: FlaskClient, offer: WaitingOffer, answer: str, nonce: str = "n1") -> object:
    return client.post(f"/offers/{offer.public_id}", data={"answer": answer, "nonce": nonce})


def test_the_page_says_what_for_what_and_until_when_and_nothing_else(client: FlaskClient, session: Session) -> None:
    offer, patient, visit = offered(session)
    page = opened(client, session, offer, patient)
    for words in (
        "An earlier time is free",
        "Instead of your appointment on",
        "Offered to you until",
        "12 Main Street",
    ):
        assert words in page
    for words in ("Yes, move me", "No thanks, keep looking", "Stop offers", "12 Main Street", "555-0101"):
        assert words in page
    assert visit is not None
    hidden = ("Alvarez", "Dr Maria Cruz", "First consultation", visit.reference, visit.public_id, patient.email)
    assert [word for word in hidden if word in page] == []


def test_each_time_is_told_by_the_clock_of_its_own_place(client: FlaskClient, session: Session) -> None:
    patient = make_patient(session)
    visit = make_appointment(session, patient, starts_at=a_free_start() + timedelta(days=14, hours=1))
    place = {"service_id": FOLLOW_UP, "location_id": LAKEVIEW, "specialist_id": None}
    offer, _, _ = offered(session, patient=patient, visit=visit, **place)
    page = opened(client, session, offer, patient)
    assert re.search(r"Instead of your appointment on \w+ \d+ \w+ \d+ at 10:00 am, New York \(E[SD]T\)\.", page)
    assert re.search(r"Offered to you until .+, Chicago \(C[SD]T\)\.", page)
    page = client.get(say(client, offer, "no").location).text
    assert re.search(r"Your appointment on .+ at 10:00 am, New York \(E[SD]T\) stays as it is\.", page)


def test_looking_answers_nothing(client: FlaskClient, session: Session) -> None:
    offer, patient, _ = offered(session)
    for _ in range(3):
        opened(client, session, offer, patient)
    assert present(session, offer).state is OfferState.OPEN
    assert session.scalars(sa.select(AuditEvent)).all() == []


def test_yes_moves_the_visit_and_says_so(client: FlaskClient, session: Session) -> None:
    offer, patient, visit = offered(session)
    opened(client, session, offer, patient)
    assert visit is not None
    done = say(client, offer, "yes")
    assert (done.status_code, done.location) == (303, f"/offers/{offer.public_id}")
    page = client.get(done.location).text
    assert "This time is yours" in page
    assert "9:00 am" in page
    assert present(session, visit).starts_at == offer.starts_at
    session.rollback()
    assert say(client, offer, "yes", "n2").status_code == 303, "twice is once"


def test_yes_books_for_whoever_has_no_visit(client: FlaskClient, session: Session) -> None:
    offer, patient, _ = offered(session, swaps=False)
    page = opened(client, session, offer, patient)
    assert "A time is free for you" in page
    assert "Yes, book it" in page
    say(client, offer, "yes")
    session.rollback()
    [visit] = session.scalars(sa.select(Appointment)).all()
    assert (visit.patient_id, visit.starts_at, visit.status) == (patient.id, offer.starts_at, AppointmentStatus.BOOKED)


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        ("no", WaitingState.WAITING, "Your place on the waiting list is kept"),
        ("stop", WaitingState.LEFT, "You are not on the waiting list any more."),
    ],
)
def test_no_keeps_the_visit(
    client: FlaskClient, session: Session, answer: str, state: WaitingState, words: str
) -> None:
    offer, patient, visit = offered(session)
    opened(client, session, offer, patient)
    page = client.get(say(client, offer, answer).location).text
    assert "You have said no to this time" in page
    assert words in page
    assert "stays as it is" in page
    assert ("Take it if it is free" in page) == (answer == "no")
    session.rollback()
    assert session.get_one(WaitingEntry, offer.entry_id, populate_existing=True).state is state
    assert visit is not None
    assert present(session, visit).starts_at != offer.starts_at


def test_an_offer_that_ran_out_can_be_tried_and_leads_on(client: FlaskClient, session: Session) -> None:
    offer, patient, visit = offered(session, state=OfferState.EXPIRED, expires_at=utc_now())
    page = opened(client, session, offer, patient)
    assert "This time is not kept for you any more" in page
    assert "Take it if it is free" in page
    assert 'href="/book/"' in page
    say(client, offer, "yes")
    assert visit is not None
    assert present(session, visit).starts_at == offer.starts_at


def test_a_time_that_somebody_else_has_is_said_to_be_gone(client: FlaskClient, session: Session) -> None:
    offer, patient, visit = offered(session, state=OfferState.EXPIRED, expires_at=utc_now())
    make_appointment(session, starts_at=offer.starts_at)
    opened(client, session, offer, patient)
    answer = say(client, offer, "yes")
    assert answer.status_code == 409
    assert "This time is not kept for you any more" in answer.text
    assert "Take it if it is free" not in answer.text
    assert "stays as it is" in answer.text
    assert visit is not None
    assert present(session, visit).starts_at != offer.starts_at


def test_a_button_that_is_none_changes_nothing(client: FlaskClient, session: Session) -> None:
    offer, patient, _ = offered(session)
    opened(client, session, offer, patient)
    assert say(client, offer, "maybe").status_code == 422
    assert present(session, offer).state is OfferState.OPEN


def test_a_link_of_an_offer_whose_time_has_begun_says_that_it_is_over(client: FlaskClient, session: Session) -> None:
    offer, patient, _ = offered(session)
    link = offer_link(session, offer, patient)
    session.execute(sa.text("UPDATE link_token SET expires_at = created_at"))
    session.commit()
    answer = client.get(link)
    assert answer.status_code == 410
    assert "This time is not kept for you any more" in answer.text
    assert client.get(f"/offers/{offer.public_id}").location.startswith("/account/log-in")


@pytest.mark.parametrize("swaps", [True, False])
def test_after_yes_a_login_is_led_to_the_visit(client_as: ClientAs, session: Session, swaps: bool) -> None:
    offer, patient, _ = offered(session, swaps=swaps)
    client = client_as(make_account(session, patients=(patient,)))
    page = client.get(say(client, offer, "yes").location).text
    session.rollback()
    [visit] = session.scalars(sa.select(Appointment)).all()
    assert "A confirmation is on its way to your e-mail address." in page
    assert f'href="/visits/{visit.public_id}"' in page
    assert client.get(f"/visits/{visit.public_id}").status_code == 200


def test_after_yes_a_mailed_link_leads_to_no_visit(client: FlaskClient, session: Session) -> None:
    offer, patient, visit = offered(session)
    opened(client, session, offer, patient)
    page = client.get(say(client, offer, "yes").location).text
    assert "A confirmation is on its way" in page
    assert visit is not None
    assert visit.public_id not in page


def test_a_login_answers_too_and_sees_whom_it_is_with(client_as: ClientAs, session: Session) -> None:
    offer, patient, _ = offered(session)
    client = client_as(make_account(session, patients=(patient,)))
    page = client.get(f"/offers/{offer.public_id}").text
    assert "First consultation · Dr Maria Cruz" in page
    session.rollback()
    stranger = client_as(make_account(session))
    assert stranger.get(f"/offers/{offer.public_id}").status_code == 404
