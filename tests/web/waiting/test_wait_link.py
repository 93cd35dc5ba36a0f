"""The link of a wait: another browser sees the dates, changes or leaves, and learns nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.core.messages import MessageKind
from booking.models import Message, Patient, WaitingEntry, WaitingState
from booking.queries.waiting import wish_of
from tests.factories import make_patient
from tests.outbox import change
from tests.web.mail_links import wait_link
from tests.web.waiting.test_waiting import TODAY, WANTED, entries, join, patients, say_who

SECRETS = ("First consultation", "Dr Cruz", "Cruz", "Alvarez", "dr-cruz", "first-consultation")


@pytest.fixture
def waiting(session: Session, client: FlaskClient) -> WaitingEntry:
    """A guest has joined in one browser."""
    join(client)
    assert say_who(client).status_code == 303
    [kept] = entries(session)
    return kept


@pytest.fixture
def other(app: Flask, session: Session, waiting: WaitingEntry) -> FlaskClient:
    """Another browser, which has opened the link."""
    browser = app.test_client()
    answer = browser.get(wait_link(session, waiting, session.get_one(Patient, waiting.patient_id)))
    assert answer.location == f"/waiting/{waiting.public_id}"
    return browser


def secrets_in(text: str) -> list[str]:
    return [word for word in SECRETS if word in text]


def test_who_joins_is_written_to_at_once(session: Session, waiting: WaitingEntry) -> None:
    [message] = session.scalars(sa.select(Message)).all()
    assert (message.kind, message.patient_id) == (MessageKind.WAITING_JOINED, waiting.patient_id)
    assert (message.waiting_entry_id, message.due_at) == (waiting.id, waiting.created_at)


def test_without_an_address_nobody_is_written_to(session: Session, client: FlaskClient) -> None:
    join(client)
    assert say_who(client, email="", phone="+1 212 555 0100").status_code == 303
    assert session.scalars(sa.select(Message)).all() == []


def test_the_page_shows_the_dates_only(waiting: WaitingEntry, other: FlaskClient) -> None:
    page = other.get(f"/waiting/{waiting.public_id}").text
    assert "Between" in page
    assert "Leave the waiting list" in page
    assert secrets_in(page) == []


def test_wishes_change_and_people_stay_unseen(session: Session, waiting: WaitingEntry, other: FlaskClient) -> None:
    address, last = f"/waiting/{waiting.public_id}/change", TODAY + timedelta(days=50)
    assert secrets_in(other.get(address).text) == []
    said: dict[str, Any] = {**WANTED, "people": [], "places": [], "days": ["1"], "last_day": last.isoformat()}
    assert other.post(address, data=said).status_code == 303
    [kept] = entries(session)
    wish = wish_of(kept)
    assert (wish.weekdays, wish.last_on, wish.specialist_ids, wish.location_ids) == ({1}, last, {1}, {1})
    assert other.post(address, data={**said, "last_day": ""}).status_code == 422


def test_a_longer_wait_prolongs_its_links(session: Session, waiting: WaitingEntry, other: FlaskClient) -> None:
    later = (TODAY + timedelta(days=50)).isoformat()
    other.post(f"/waiting/{waiting.public_id}/change", data={**WANTED, "last_day": later})
    session.rollback()
    ends = session.scalars(sa.text("select expires_at from link_token where waiting_entry_id is not null")).one()
    assert str(ends).startswith((TODAY + timedelta(days=51)).isoformat())


def test_leaving_and_coming_back(session: Session, waiting: WaitingEntry, other: FlaskClient) -> None:
    address = f"/waiting/{waiting.public_id}"
    assert other.post(f"{address}/leave").status_code == 303
    page = other.get(address).text
    assert "You are not on the waiting list any more" in page
    assert secrets_in(page) == []
    assert entries(session)[0].state is WaitingState.LEFT
    assert other.post(f"{address}/join-again").location == address


def test_too_late_to_come_back(session: Session, waiting: WaitingEntry, other: FlaskClient) -> None:
    address = f"/waiting/{waiting.public_id}"
    other.post(f"{address}/leave")
    change(session, waiting, ended_at=utc_now() - timedelta(hours=1))
    assert secrets_in(other.get(address).text) == []
    assert other.post(f"{address}/join-again").location == "/book/"


def test_the_link_dies_with_the_address_and_opens_nothing_else(
    session: Session, waiting: WaitingEntry, other: FlaskClient
) -> None:
    make_patient(session)
    assert other.get("/visits/").status_code == 303
    change(session, session.get_one(Patient, waiting.patient_id), email="new@example.org")
    assert other.get(f"/waiting/{waiting.public_id}").location.startswith("/account/log-in")


def test_an_expired_link_says_so(app: Flask, session: Session, waiting: WaitingEntry) -> None:
    link = wait_link(session, waiting, patients(session)[0])
    session.execute(sa.text("update link_token set expires_at = created_at"))
    session.commit()
    assert app.test_client().get(link).status_code == 410
