"""Asking for help, answering and ending it on the pages, and at the desk; and what is left of it in open browsers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.models import (
    Account,
    AccountPatient,
    Answer,
    CarerInvitation,
    InvitationState,
    LinkAction,
    Patient,
    Relation,
)
from booking.services.links import mint_link
from booking.services.transaction import transaction
from tests.factories import make_account, make_appointment, make_patient
from tests.services.carers_cast import actor_of
from tests.services.forms_cast import ACTIVITY, ENJOYMENT, PAIN, page, save, visit_of
from tests.web.mail_links import a_free_start

CORA = "cora@example.org"
ClientAs = Callable[[Account], FlaskClient]


@pytest.fixture
def patient(session: Session) -> Patient:
    return make_patient(session)


@pytest.fixture
def ana(session: Session, patient: Patient) -> Account:
    return make_account(session, patients=(patient,))


@pytest.fixture
def cora(session: Session) -> Account:
    return make_account(session, email=CORA, email_key=CORA, name="Cora Quist")


def invitation_link(session: Session) -> str:
    """The address of the link that the last invitation was mailed with."""
    session.rollback()
    asked = session.scalars(sa.select(CarerInvitation).order_by(CarerInvitation.id.desc()).limit(1)).one()
    invitation_id, now = asked.id, utc_now()
    session.rollback()
    with transaction(session):
        expires_at = now + timedelta(days=3)
        token = mint_link(
            session, action=LinkAction.ACCEPT_INVITATION, now=now, expires_at=expires_at, invitation_id=invitation_id
        )
    return f"/l/{token}"


def right_of(session: Session, account: Account) -> AccountPatient:
    session.rollback()
    wanted = (AccountPatient.account_id == account.id, AccountPatient.relation == Relation.CARER)
    return session.scalars(sa.select(AccountPatient).where(*wanted)).one()


@pytest.fixture
def helping(session: Session, client_as: ClientAs, ana: Account, cora: Account) -> FlaskClient:
    """Cora's browser, after Ana has asked her and she has said yes."""
    client_as(ana).post("/account/people/invite", data={"email": CORA, "lasts": "open"})
    browser = client_as(cora)
    assert browser.get(invitation_link(session)).status_code == 303
    assert browser.post("/account/invitation").status_code == 303
    return browser


def test_the_page_lists_who_was_asked_and_who_helps(
    session: Session, client_as: ClientAs, ana: Account, cora: Account
) -> None:
    browser = client_as(ana)
    assert "Ask somebody to help you" in browser.get("/account/people").text
    answer = browser.post("/account/people/invite", data={"email": CORA, "lasts": "open"}, follow_redirects=True)
    assert CORA in answer.text
    other = client_as(cora)
    other.get(invitation_link(session))
    assert "Yes, I help" in other.get("/account/invitation").text
    other.post("/account/invitation")
    assert "Cora Quist" in browser.get("/account/people").text
    assert "Stop helping" in other.get("/account/people").text


@pytest.mark.parametrize(
    "typed",
    [
        {"email": "", "lasts": "open"},
        {"email": "no address", "lasts": "open"},
        {"email": CORA, "lasts": "until", "until": "2001-01-01"},
        {"email": CORA, "lasts": "until", "until": "soon"},
        {"email": CORA, "lasts": "until"},
    ],
    ids=["nobody", "no address", "long ago", "no day", "which day"],
)
def test_what_makes_no_sense_is_asked_again(client_as: ClientAs, ana: Account, typed: dict[str, str]) -> None:
    assert client_as(ana).post("/account/people/invite", data=typed).status_code == 422


def test_the_own_address_is_refused(client_as: ClientAs, ana: Account) -> None:
    answer = client_as(ana).post("/account/people/invite", data={"email": ana.email, "lasts": "open"})
    assert answer.status_code == 422
    assert "This is your own address" in answer.text


def test_a_last_day_ends_at_its_midnight_in_the_clinic(session: Session, client_as: ClientAs, ana: Account) -> None:
    on = utc_now().date() + timedelta(days=5)
    typed = {"email": CORA, "lasts": "open", "until": on.isoformat(), "sees_answers": "y"}
    assert client_as(ana).post("/account/people/invite", data=typed).status_code == 303
    asked = session.scalars(sa.select(CarerInvitation)).one()
    assert asked.sees_answers
    assert asked.right_ends_at is not None
    assert asked.right_ends_at.hour in {4, 5}, "midnight in New York"


def test_of_two_own_records_one_is_chosen(session: Session, client_as: ClientAs, ana: Account) -> None:
    second = make_patient(session)
    session.add(AccountPatient(account_id=ana.id, patient_id=second.id))
    session.commit()
    browser = client_as(ana)
    assert browser.post("/account/people/invite", data={"email": CORA, "lasts": "open"}).status_code == 422
    typed = {"email": CORA, "lasts": "open", "patient": second.public_id}
    assert browser.post("/account/people/invite", data=typed).status_code == 303
    session.rollback()
    assert session.scalars(sa.select(CarerInvitation.patient_id)).one() == second.id
    assert browser.get("/account/people").status_code == 200


def test_whoever_is_nobodys_patient_asks_nobody(client_as: ClientAs, cora: Account) -> None:
    browser = client_as(cora)
    assert "Ask somebody to help you" not in browser.get("/account/people").text
    assert browser.get("/account/people/invite").status_code == 303


def test_before_the_login_nobody_is_named(
    session: Session, client: FlaskClient, client_as: ClientAs, ana: Account, patient: Patient
) -> None:
    client_as(ana).post("/account/people/invite", data={"email": CORA, "lasts": "open"})
    client.get(invitation_link(session))
    page = client.get("/account/invitation").text
    assert patient.family_name not in page
    assert "Log in to see who it is" in page
    assert client.post("/account/invitation/no").status_code == 303
    assert client.get("/account/invitation").status_code == 410
    session.rollback()
    assert session.scalars(sa.select(CarerInvitation.state)).one() is InvitationState.DECLINED


def test_the_patient_who_opens_the_link_is_told_what_it_is_for(
    session: Session, client_as: ClientAs, ana: Account
) -> None:
    browser = client_as(ana)
    browser.post("/account/people/invite", data={"email": CORA, "lasts": "open"})
    browser.get(invitation_link(session))
    assert "act for yourself already" in browser.get("/account/invitation").text
    assert browser.post("/account/invitation").status_code == 422


def test_an_invitation_is_taken_back(session: Session, client_as: ClientAs, ana: Account, cora: Account) -> None:
    browser = client_as(ana)
    browser.post("/account/people/invite", data={"email": CORA, "lasts": "open"})
    link = invitation_link(session)
    public_id = session.scalars(sa.select(CarerInvitation.public_id)).one()
    assert browser.post(f"/account/people/invitations/{public_id}/withdraw").status_code == 303
    other = client_as(cora)
    other.get(link)
    assert other.get("/account/invitation").status_code == 410
    assert other.post("/account/invitation").status_code == 410


def test_in_an_open_browser_nothing_is_left_of_a_right_that_ended(
    session: Session, client_as: ClientAs, ana: Account, cora: Account, patient: Patient, helping: FlaskClient
) -> None:
    visit = make_appointment(session, patient, starts_at=a_free_start())
    pages = (f"/visits/{visit.public_id}", f"/visits/{visit.public_id}/forms/", f"/visits/{visit.public_id}/cancel")
    assert [helping.get(page).status_code for page in pages] == [200, 200, 200]
    end = f"/account/people/{right_of(session, cora).public_id}/end"
    assert client_as(ana).get(end).status_code == 200
    assert client_as(ana).post(end).status_code == 303
    assert [helping.get(page).status_code for page in pages] == [404, 404, 404]
    assert helping.post(f"/visits/{visit.public_id}/cancel", data={}).status_code == 404
    assert patient.family_name not in helping.get("/visits/").text


def test_what_a_carer_booked_is_not_theirs_to_see_afterwards(
    session: Session, cora: Account, patient: Patient, helping: FlaskClient
) -> None:
    """The browser that booked a visit remembers it for guests; with a login only the rights count."""
    visit = make_appointment(session, patient, starts_at=a_free_start())
    with helping.session_transaction() as kept:
        kept["booked_logged_in"] = {"nonce": visit.public_id}
    assert helping.get(f"/visits/{visit.public_id}").status_code == 200
    session.rollback()
    session.execute(sa.update(AccountPatient).where(AccountPatient.account_id == cora.id).values(ends_at=utc_now()))
    session.commit()
    assert helping.get(f"/visits/{visit.public_id}").status_code == 404
    with helping.session_transaction() as kept:
        kept["booked"] = {"nonce": visit.public_id}
    assert helping.get(f"/visits/{visit.public_id}").status_code == 200, "as a guest's it would open still"


def test_a_carer_stops_helping(session: Session, cora: Account, helping: FlaskClient) -> None:
    end = f"/account/people/{right_of(session, cora).public_id}/end"
    assert "Stop helping" in helping.get(end).text
    assert helping.post(end, follow_redirects=True).status_code == 200
    assert helping.get(end).status_code == 404


def test_a_carer_sees_the_answers_they_gave_and_no_others(
    session: Session, client_as: ClientAs, ana: Account, cora: Account, patient: Patient, helping: FlaskClient
) -> None:
    visit = visit_of(session, make_appointment(session, patient, starts_at=a_free_start()).id)
    save(session, actor_of(session, ana, utc_now()), visit, page(PAIN, "9"))
    carer = actor_of(session, cora, utc_now())
    save(session, carer, visit, page(ENJOYMENT, "8"))
    refused = save(session, carer, visit, page(PAIN, "1", version=1))
    assert refused.conflicts == {PAIN}
    save(session, carer, visit, page(ENJOYMENT, "7", version=1))
    review = helping.get(f"/visits/{visit.public_id}/forms/peg/review").text
    assert "7 of 10" in review
    assert "9 of 10" not in review
    assert (
        "Answers that you did not give yourself are not shown here"
        in helping.get(f"/visits/{visit.public_id}/forms/").text
    )
    saved_by = dict(session.execute(sa.select(Answer.link_id, Answer.saved_by_account_id)).all())
    assert saved_by == {PAIN: ana.id, ENJOYMENT: cora.id}
    save(session, carer, visit, page(ACTIVITY, "3"))
    assert helping.get(f"/visits/{visit.public_id}/forms/peg/copy").status_code == 404


def test_the_desk_sets_up_and_ends_the_same(
    session: Session, client_as: ClientAs, ana: Account, cora: Account, patient: Patient
) -> None:
    desk = client_as(make_account(session, Role.SCHEDULER, location_ids=(1,)))
    page = f"/desk/patients/{patient.public_id}/helpers"
    assert ana.email in desk.get(page).text
    assert desk.post(page, data={"email": "", "lasts": "open"}).status_code == 422
    assert desk.post(page, data={"email": ana.email, "lasts": "open"}).status_code == 422
    assert CORA in desk.post(page, data={"email": CORA, "lasts": "open"}, follow_redirects=True).text
    other = client_as(cora)
    other.get(invitation_link(session))
    other.post("/account/invitation")
    right = right_of(session, cora)
    assert "Cora Quist" in desk.get(page).text
    assert "helps no more" in desk.post(f"/desk/helpers/{right.public_id}/end", follow_redirects=True).text
    desk.post(page, data={"email": CORA, "lasts": "open"})
    session.rollback()
    newest = session.scalars(
        sa.select(CarerInvitation.public_id).where(CarerInvitation.state == InvitationState.OPEN)
    ).one()
    assert "taken back" in desk.post(f"/desk/invitations/{newest}/withdraw", follow_redirects=True).text


def test_a_patient_without_address_or_account_is_booked_and_cancelled_at_the_desk(
    session: Session, client_as: ClientAs
) -> None:
    quiet = make_patient(session, email=None, email_verified_at=None, phone=None, phone_key=None)
    visit = make_appointment(session, quiet, starts_at=a_free_start())
    desk = client_as(make_account(session, Role.SCHEDULER, location_ids=(1,)))
    assert "messages cannot be sent" in desk.get(f"/desk/patients/{quiet.public_id}").text
    assert desk.get(f"/desk/patients/{quiet.public_id}/helpers").status_code == 200
    answer = desk.post(
        f"/desk/visits/{visit.public_id}/cancel", data={"reason": "patient_asked", "note": "", "version": "1"}
    )
    assert answer.status_code in {303, 422}
    assert desk.get(f"/desk/visits/{visit.public_id}").status_code == 200
