"""A caller who is new: described in few words, shown whom we may know already, made together with the visit."""

from __future__ import annotations

import re
from datetime import date

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.models import Patient
from tests.factories import make_appointment, make_patient
from tests.web.desk.desk_cast import SLOT, ClientAs, book, check_urls, dora, freeze, nonce_in, visits, words

BEN = {
    "given_name": "Ben", "family_name": "Brown", "born_on-day": "2", "born_on-month": "1", "born_on-year": "1971",
    "phone": "", "email": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(monkeypatch)


@pytest.fixture
def desk(session: Session, client_as: ClientAs) -> FlaskClient:
    return dora(session, client_as)


def describe(client: FlaskClient, **changes: str) -> TestResponse:
    return client.post("/desk/book/new", data={**BEN, **changes})


def test_a_new_patient_without_phone_and_mail_is_booked_with_the_visit(session: Session, desk: FlaskClient) -> None:
    times = describe(desk).location
    assert "Brown" not in times
    page = desk.get(times).text
    assert "Ben Brown, born 2 January 1971 · new patient · no e-mail address" in words(page)
    assert session.scalars(sa.select(Patient)).all() == []
    [url] = [url for url in check_urls(page) if "T1500Z" in url]
    check = desk.get(url).text
    assert "Please have the caller write the time down." in check
    assert "Nobody can reach this person: no phone, no e-mail." in check
    session.rollback()
    book(desk, url, override_reason="urgent")
    [ben] = session.scalars(sa.select(Patient))
    assert (ben.given_name, ben.family_name, ben.born_on, ben.email) == ("Ben", "Brown", date(1971, 1, 2), None)
    assert [visit.patient_id for visit in visits(session)] == [ben.id]


@pytest.mark.parametrize("way", [{"phone": "555-0142"}, {"email": "ben@example.org"}])
def test_one_way_to_reach_somebody_is_enough(desk: FlaskClient, way: dict[str, str]) -> None:
    key = describe(desk, **way).location.rpartition("=")[2]
    assert "Nobody can reach this person" not in desk.get(f"/desk/book/check?new={key}&slot={SLOT}").text


def test_a_new_patient_booked_twice_by_one_form_is_one_patient(session: Session, desk: FlaskClient) -> None:
    key = describe(desk).location.rpartition("=")[2]
    url = f"/desk/book/check?new={key}&slot={SLOT}"
    nonce = nonce_in(desk.get(url).text)
    first, second = book(desk, url, nonce=nonce), book(desk, url, nonce=nonce)
    assert first.location == second.location
    assert len(session.scalars(sa.select(Patient)).all()) == 1


def test_a_lost_race_keeps_what_was_typed_of_a_new_patient(session: Session, desk: FlaskClient) -> None:
    key = describe(desk).location.rpartition("=")[2]
    url = f"/desk/book/check?new={key}&slot={SLOT}"
    nonce = nonce_in(desk.get(url).text)
    make_appointment(session)
    answer = book(desk, url, nonce=nonce)
    assert answer.status_code == 409
    assert "Ben Brown" in words(answer.text)
    assert book(desk, check_urls(answer.text)[0]).status_code == 303


def test_callers_in_two_tabs_do_not_mix(desk: FlaskClient) -> None:
    ben = describe(desk).location
    cho = describe(desk, given_name="Cho", family_name="Lee", **{"born_on-day": "3"}).location
    assert "Ben Brown" in words(desk.get(ben).text)
    assert "Cho Lee" in words(desk.get(cho).text)


@pytest.mark.parametrize(
    "changes",
    [
        {"given_name": ""}, {"family_name": " "}, {"born_on-day": ""}, {"born_on-year": "71"}, {"born_on-month": "13"},
        {"born_on-year": "2999"}, {"born_on-year": "1700"}, {"phone": "call me"}, {"email": "nobody"},
        {"given_name": "x" * 200}, {"given_name": "a\x00b"},
    ],
)  # fmt: skip
def test_a_new_patient_who_is_not_described_is_asked_again(desk: FlaskClient, changes: dict[str, str]) -> None:
    answer = describe(desk, **changes)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert 'value="1971"' in answer.text or "born_on-year" in changes


def test_somebody_who_may_be_known_is_shown_first(session: Session, desk: FlaskClient) -> None:
    known = make_patient(
        session, given_name="Benjamin", family_name="Brown", name_key="benjamin brown", born_on=date(1971, 1, 2)
    )
    answer = describe(desk)
    assert answer.status_code == 422
    page = answer.text
    assert "Perhaps we know this patient already" in page
    assert "Benjamin Brown, 2 January 1971, 555-0142 Use this patient" in words(page)
    assert f"/desk/book?patient={known.public_id}" in page
    assert 'value="Ben"' in page
    someone_else = describe(desk, is_someone_else="yes")
    assert "new=" in someone_else.location


@pytest.mark.parametrize(
    ("text", "names"),
    [("ana maria del rio", ("Ana Maria Del", "Rio")), ("rio", ("", "Rio")), ("0142", ("", "")), ("", ("", ""))],
)
def test_the_name_that_was_looked_for_is_not_typed_again(desk: FlaskClient, text: str, names: tuple[str, str]) -> None:
    desk.post("/desk/search", data={"text": text, "goal": "book"})
    page = desk.get("/desk/book/new?found=1").text
    given, family = names
    assert re.search(rf'id="given_name"[^>]*value="{given}"', page)
    assert re.search(rf'id="family_name"[^>]*value="{family}"', page)
