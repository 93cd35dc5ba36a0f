"""Who works at the desk in these tests, and the hour at which they do: Monday, 8:00 in New York."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.core.actor import Role
from booking.models import Account, Appointment
from booking.web.desk import booking, changing, chosen, day, patients, several, visit, why
from tests.factories import NOW, make_account, make_appointment

ClientAs = Callable[[Account], FlaskClient]
NINE_TODAY = NOW + timedelta(hours=1)
SLOT = "first-consultation~northside~any~dr-cruz~20261130T1400Z"
TODAY = "/desk/day/2026-11-23"


def freeze(monkeypatch: pytest.MonkeyPatch, hours: float = 0) -> None:
    """The desk's clock stands `hours` after Monday 8:00 in New York."""
    for module in (day, visit, patients, booking, changing, chosen, several, why):
        monkeypatch.setattr(module, "utc_now", lambda: NOW + timedelta(hours=hours))


def dora(session: Session, client_as: ClientAs) -> FlaskClient:
    """A scheduler at Northside."""
    return client_as(make_account(session, Role.SCHEDULER, location_ids=(1,), name="Dora Desk"))


def eli(session: Session, client_as: ClientAs) -> FlaskClient:
    """A scheduler at Lakeview."""
    return client_as(make_account(session, Role.SCHEDULER, location_ids=(2,)))


def fay(session: Session, client_as: ClientAs) -> FlaskClient:
    """An administrator, everywhere."""
    return client_as(make_account(session, Role.ADMINISTRATOR))


def cruz(session: Session, client_as: ClientAs) -> FlaskClient:
    """A specialist at Northside."""
    return client_as(make_account(session, Role.SPECIALIST, resource_id=1))


def kim(session: Session, client_as: ClientAs) -> FlaskClient:
    """A nurse at Northside."""
    return client_as(make_account(session, Role.NURSE, resource_id=7))


def today(session: Session, *args: Any, **changes: Any) -> Appointment:
    """A visit with Dr Cruz at nine today."""
    return make_appointment(session, *args, **{"starts_at": NINE_TODAY, **changes})


def words(text: str) -> str:
    """What a page says, without its tags."""
    said = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())
    return re.sub(r" ([,.:])", r"\1", said)


def hrefs(text: str, part: str) -> list[str]:
    """Links of the page that hold `part`."""
    return [link for link in map(html.unescape, re.findall(r'href="([^"]+)"', text)) if part in link]


def nonce_in(text: str) -> str:
    [found] = re.findall(r'name="nonce" value="([^"]+)"', text)
    return str(found)


def check_urls(page: str) -> list[str]:
    """Links of the numbered times."""
    return hrefs(page, "/desk/book/check")


def book(client: FlaskClient, url: str, **data: str) -> TestResponse:
    """Send the last form; its nonce is read from its page unless it is given."""
    nonce = data.pop("nonce", "") or nonce_in(client.get(url).text)
    return client.post(url, data={"nonce": nonce, **data})


def visits(session: Session) -> list[Appointment]:
    """All visits as they stand now."""
    session.rollback()
    return list(session.scalars(sa.select(Appointment).order_by(Appointment.id)))
