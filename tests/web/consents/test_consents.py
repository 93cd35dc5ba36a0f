"""Texts to agree to: written by administrators, signed by patients, seen at the desk."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import ConsentText, Patient
from tests.factories import make_account, make_patient
from tests.web.administration.admin_cast import ClientAs, fay, words
from tests.web.desk.desk_cast import dora

pytestmark = pytest.mark.sqlite_only

WORDING = {"title": "Privacy", "code": "privacy", "kind": "privacy", "language": "en", "body": "We keep it.\n\nSafely."}


@pytest.fixture
def admin(session: Session, client_as: ClientAs) -> FlaskClient:
    return fay(session, client_as)


@pytest.fixture
def patient(session: Session) -> Patient:
    return make_patient(session, given_name="Ana", family_name="Álvarez")


@pytest.fixture
def ana(session: Session, client_as: ClientAs, patient: Patient) -> FlaskClient:
    return client_as(make_account(session, patients=(patient,), name="Ana Álvarez"))


def publish(session: Session, admin: FlaskClient, **changes: str) -> str:
    """The address of a text that an administrator has written and published."""
    assert admin.post("/admin/consent-texts/add", data={**WORDING, **changes}).status_code == 303
    session.expire_all()
    text = session.query(ConsentText).order_by(ConsentText.id.desc()).first()
    assert text is not None
    public_id = text.public_id
    session.rollback()
    assert admin.post(f"/admin/consent-texts/{public_id}/publish").status_code == 303
    return f"/account/consents/{public_id}"


def test_a_text_is_written_published_signed_and_taken_back(
    session: Session, admin: FlaskClient, ana: FlaskClient
) -> None:
    assert "There is nothing to agree to." in words(ana.get("/account/consents/").text)
    page = publish(session, admin)
    assert "Privacy Not signed yet Read and sign : Privacy" in words(ana.get("/account/consents/").text)
    unsigned = ana.post(page, data={"name": " "})
    assert unsigned.status_code == 422
    assert "Enter your name" in unsigned.text
    signed = words(ana.post(page, data={"name": "Ana A."}, follow_redirects=True).text)
    assert "Version 1, signed by Ana A. on" in signed
    assert "account of Ana Álvarez" in signed
    assert "I have read this and agree" not in signed
    back = words(ana.post(f"{page}/withdraw", follow_redirects=True).text)
    assert "taken back on" in back
    assert "I have read this and agree" in back


def test_a_published_text_stays_and_a_new_version_begins(session: Session, admin: FlaskClient) -> None:
    number = publish(session, admin).rpartition("/")[2]
    page = f"/admin/consent-texts/{number}"
    assert "This version is published and stays as it is." in words(admin.get(page).text)
    assert admin.post(page, data={"title": "Privacy, shorter", "kind": "privacy", "body": "Less."}).status_code == 303
    listed = words(admin.get("/admin/consent-texts").text)
    assert "Privacy, shorter Draft Version 2" in listed
    assert "Privacy Published Version 1" in listed
    assert admin.post(f"{page}/retire").status_code == 303
    assert "Not asked any more" in words(admin.get("/admin/consent-texts").text)
    wrong = admin.post("/admin/consent-texts/add", data={**WORDING, "code": "Pri vacy", "language": "english"})
    assert wrong.status_code == 422
    assert "Write a language code" in wrong.text


def test_the_desk_sees_records_and_takes_back(
    session: Session, admin: FlaskClient, client_as: ClientAs, patient: Patient
) -> None:
    text = publish(session, admin).rpartition("/")[2]
    desk, page = dora(session, client_as), f"/desk/patients/{patient.public_id}/consents"
    assert "Privacy Not signed yet" in words(desk.get(page).text)
    assert desk.post(f"{page}/paper", data={"text": text, "name": ""}).status_code == 422
    said = words(desk.post(f"{page}/paper", data={"text": text, "name": "Ana A."}, follow_redirects=True).text)
    assert "on paper, seen by Dora Desk" in said
    said = words(desk.post(f"{page}/withdraw", data={"text": text}, follow_redirects=True).text)
    assert "Privacy Taken back" in said
    for act in ("paper", "withdraw"):
        gone = desk.post(f"{page}/{act}", data={"text": "x", "name": "Ana"}, follow_redirects=True)
        assert "That text was changed meanwhile." in words(gone.text)


def test_a_no_to_messages_is_no_signature_that_was_taken_back(
    session: Session, admin: FlaskClient, ana: FlaskClient, client_as: ClientAs, patient: Patient
) -> None:
    page = publish(session, admin, code="email-reminders", kind="channel", title="Reminders")
    desk, text = dora(session, client_as), page.rpartition("/")[2]
    place = f"/desk/patients/{patient.public_id}/consents"
    assert "Reminders No answer yet: they are sent" in words(desk.get(place).text)
    said = words(desk.post(f"{place}/withdraw", data={"text": text}, follow_redirects=True).text)
    assert "Recorded that the patient does not agree: Reminders." in said
    assert "Reminders Not agreed to" in said
    assert f"Version 1: {patient.given_name} {patient.family_name} did not agree, on" in said
    assert "signed by" not in said
    assert "did not agree, on" in words(ana.get(page).text)


def test_nobody_signs_for_people_they_do_not_act_for(
    session: Session, admin: FlaskClient, ana: FlaskClient, client_as: ClientAs
) -> None:
    page = publish(session, admin)
    other = make_patient(session)
    assert ana.post(page, data={"name": "Ana", "patient": other.public_id}).status_code == 404
    session.rollback()
    alone = client_as(make_account(session))
    assert alone.get(page).status_code == 404
