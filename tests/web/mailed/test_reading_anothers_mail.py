"""What somebody learns who reads the patient's mail, a former partner with the password of the mailbox, say.

Such a reader opens every link and follows every page that it leads to. They learn what the letters said already: that
there is an appointment, when and where. Not with whom, what for, what was answered, or how to reach the patient. The
date of birth shows more, and a former partner may well know it: then they see the visit, and still no answer that was
given. A clinic that is told of it takes the address away, and from then on every link is dead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.models import Appointment, LinkAction, Patient
from tests.factories import make_offer
from tests.services.forms_cast import fill_peg, send, visit_of
from tests.web.mail_links import mailed_link, offer_link, opened_by_mail
from tests.web.mailed.conftest import in_days

LINKS = (LinkAction.OPEN_VISIT, LinkAction.CONFIRM_VISIT, LinkAction.CHANGE_VISIT, LinkAction.CANCEL_VISIT)
# Pages that say the same to everybody, and those where one says who one is.
_FOR_ALL = re.compile(r"/(?:book/|account/|licences|static/|theme|demo/|$)")
_HREF = re.compile(r'(?:href|action)="([^"#?]*)[^"]*"')
MOST_PAGES = 60


@pytest.fixture
def secrets(session: Session, visit: Appointment) -> list[str]:
    """Words that a reader of the mails must not find, of a patient who has sent one form."""
    patient = session.get_one(Patient, visit.patient_id)
    ana = Actor(None, Role.PATIENT, frozenset({patient.id}), owner="ana")
    found = visit_of(session, visit.id)
    fill_peg(session, ana, found, 4, 5, 6)
    send(session, ana, found)
    people = [patient.given_name + " ", patient.family_name, str(patient.phone), str(patient.email), "1980"]
    about = [visit.reference, "First consultation", "first-consultation", "onsultation", "Cruz", "Adeyemi", "45 min"]
    forms = ["PEG", "Why you are coming", "medicines", "Sent", "Started"]
    session.rollback()
    return people + about + forms


def pages_from(browser: FlaskClient, start: str, public_id: str) -> Iterator[tuple[str, str]]:
    """Every page that can be reached by links from there, and every address of the visit that one may think of."""
    ends = (
        "",
        "/",
        "/confirm",
        "/change",
        "/change/check",
        "/changed",
        "/cancel",
        "/cancelled",
        "/calendar.ics",
        "/forms/",
        "/forms/peg/1",
        "/forms/peg/copy",
    )
    others = (f"/book/confirmed/{public_id}", f"/account/register?visit={public_id}", "/visits/", "/account/")
    todo, seen = [start, *(f"/visits/{public_id}{end}" for end in ends), *others], set[str]()
    while todo and len(seen) < MOST_PAGES:
        address = todo.pop(0)
        if address in seen:
            continue
        seen.add(address)
        answer = browser.get(address, follow_redirects=True)
        if answer.request.path.startswith("/account/log-in"):
            continue
        yield address, answer.text
        todo += [link for link in _HREF.findall(answer.text) if link.startswith("/") and not _FOR_ALL.match(link)]


def found_in(browser: FlaskClient, start: str, visit: Appointment, words: list[str]) -> list[tuple[str, str]]:
    pages = pages_from(browser, start, visit.public_id)
    return [(address, word) for address, page in pages for word in words_in(page, words)]


def words_in(page: str, words: list[str]) -> list[str]:
    """Those that stand on the page itself, without what frames every page."""
    own = re.sub(r"<(?:head|footer|header)\b.*?</(?:head|footer|header)>", "", page, flags=re.DOTALL)
    return [word for word in words if word in own]


@pytest.mark.parametrize("action", LINKS)
def test_all_that_a_link_leads_to_says_when_and_where(
    client: FlaskClient, session: Session, visit: Appointment, secrets: list[str], action: LinkAction
) -> None:
    start = mailed_link(session, visit, action)
    session.rollback()
    assert found_in(client, start, visit, secrets) == []


def test_after_cancelling_too(client: FlaskClient, session: Session, visit: Appointment, secrets: list[str]) -> None:
    """They can do harm, and it can be undone: the patient gets a letter of it, and the desk sees it."""
    opened_by_mail(client, session, visit, LinkAction.CANCEL_VISIT)
    client.post(f"/visits/{visit.public_id}/cancel", data={"reason": ""})
    assert found_in(client, f"/visits/{visit.public_id}/cancelled", visit, secrets) == []


def test_on_the_way_to_another_time_too(
    client: FlaskClient, session: Session, visit: Appointment, secrets: list[str]
) -> None:
    opened_by_mail(client, session, visit, LinkAction.CHANGE_VISIT)
    page = f"/visits/{visit.public_id}/change"
    slot = re.search(r'name="slot" value="([^"]+)"', client.get(page).text)
    assert slot is not None
    assert "cruz" not in slot.group(1)
    asked = client.post(page, data={"slot": slot.group(1)}, follow_redirects=True)
    assert words_in(asked.text, secrets) == []
    fields = dict(re.findall(r'name="(version|nonce|slot)"[^>]*value="([^"]*)"', asked.text))
    done = client.post(f"{page}/check", data=fields, follow_redirects=True)
    assert done.request.path.endswith("/changed")
    assert words_in(done.text, secrets) == []


def test_an_offer_says_as_little(client: FlaskClient, session: Session, visit: Appointment, secrets: list[str]) -> None:
    patient = session.get_one(Patient, visit.patient_id)
    offer = make_offer(session, patient, visit=visit, starts_at=in_days(3), expires_at=in_days(1))
    link = offer_link(session, offer, patient)
    session.rollback()
    assert found_in(client, link, visit, secrets) == []


def test_who_also_knows_the_date_of_birth_reads_no_answer(
    client: FlaskClient, session: Session, visit: Appointment, secrets: list[str]
) -> None:
    opened_by_mail(client, session, visit, is_proven=True)
    page = client.get(f"/visits/{visit.public_id}").text
    assert "Dr Maria Cruz" in page
    assert secrets
    for code, end in (("peg", "1"), ("peg", "review"), ("peg", "copy"), ("peg", "done")):
        text = client.get(f"/visits/{visit.public_id}/forms/{code}/{end}", follow_redirects=True).text
        assert "5 of 10" not in text
        assert not re.search(r'value="[456]"\s+checked', text)
    contact = (str(session.get_one(Patient, visit.patient_id).email),)
    assert [word for word in contact if word in page] == []


def test_without_the_address_every_link_is_dead(app: Flask, session: Session, visit: Appointment) -> None:
    links = [mailed_link(session, visit, action) for action in LINKS]
    session.get_one(Patient, visit.patient_id).email = None
    session.commit()
    assert [app.test_client().get(link).status_code for link in links] == [410] * len(links)
