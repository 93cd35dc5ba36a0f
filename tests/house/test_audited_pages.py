"""Every page on which staff read about a patient leaves its words in the audit log, and stands in the table of those.

Driven from the access table: a page that somebody adds is looked at as soon as it has its row.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import Account, AuditEvent, Patient
from booking.web import audited
from booking.web.access_table import ROWS, STAFF, Row
from tests.house.cast import CAST, CRUZ, DORA, World
from tests.house.driving import Driver, row_id
from tests.house.object_makers import a_waiting_entry

# Pages do not know which database they come from.
pytestmark = pytest.mark.sqlite_only

CANARY = "Zyxwander"
"""Ana's family name here, which stands nowhere else."""

STAFF_PAGES = tuple(row for row in ROWS if row.method == "GET" and row.who & STAFF and row.endpoint != "static")


@pytest.fixture
def driver(app: Flask, session: Session, client_as: Callable[[Account], FlaskClient]) -> Driver:
    world = World(session)
    renamed = sa.update(Patient).where(Patient.id == world.ana_patient.id)
    session.execute(renamed.values(family_name=CANARY, name_key=f"ana {CANARY.lower()}"))
    session.commit()
    return Driver(app, world, client_as)


def reads(driver: Driver, row: Row, name: str) -> str:
    """What that member of the staff reads there, with Ana about in every way that the page may show."""
    client = driver.client(name)
    client.post("/desk/search", data={"text": what_is_typed(driver), "goal": "patients"})
    a_waiting_entry(driver.world)
    arguments = {"patient": driver.world.ana_patient.public_id, "found": "1", "service": "first-consultation"}
    return client.get(driver.url(row, {**arguments, **values_of(driver, row)})).text


def what_is_typed(driver: Driver) -> str:
    """Part of her name, to find her by: forms may show that again."""
    return driver.world.ana_patient.given_name


def values_of(driver: Driver, row: Row) -> dict[str, str]:
    """A good value for each parameter; of dates the one on which Ana comes."""
    values = driver.values(row)
    visit = driver.world.visit()
    if "on" in values:
        values["on"] = (visit.starts_at - timedelta(hours=5)).date().isoformat()
    return values


def check_page(driver: Driver, row: Row, name: str) -> None:
    """Raise AssertionError when the page tells of Ana and no word of that stands in the log."""
    page = reads(driver, row, name)
    if CANARY not in page:
        return
    words = audited.AUDITED.get(row.endpoint)
    assert words, f"{row.endpoint} shows a patient, and booking/web/audited.py has no word for it"
    assert written(driver.world.session, driver.world.accounts[name].id) & words, f"{row.endpoint} was not written down"


def written(session: Session, account_id: int) -> set[str]:
    session.rollback()
    return set(session.scalars(sa.select(AuditEvent.action).where(AuditEvent.actor_account_id == account_id)))


def staff_of(driver: Driver, row: Row) -> list[str]:
    """One of the desk and one specialist, where they may."""
    return [name for name in (DORA, CRUZ) if driver.world.role(name) in row.who] or [
        name for name in CAST if driver.world.role(name) in row.who & STAFF
    ][:1]


@pytest.mark.parametrize("row", STAFF_PAGES, ids=row_id)
def test_what_staff_read_about_patients_is_written_down(driver: Driver, row: Row) -> None:
    for name in staff_of(driver, row):
        check_page(driver, row, name)


def row_of(endpoint: str) -> Row:
    return next(row for row in STAFF_PAGES if row.endpoint == endpoint)


@pytest.mark.parametrize("endpoint", ["desk.visit", "desk.patient", "desk.day", "desk.patients", "desk.waiting"])
def test_the_check_meets_the_patient_where_it_should(driver: Driver, endpoint: str) -> None:
    assert CANARY in reads(driver, row_of(endpoint), DORA)


def test_a_page_without_a_word_is_caught(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(audited.AUDITED, "desk.patient")
    with pytest.raises(AssertionError, match="has no word"):
        check_page(driver, row_of("desk.patient"), DORA)


def test_a_page_that_is_not_written_down_is_caught(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audited, "_note", lambda _seen: None)
    with pytest.raises(AssertionError, match="was not written down"):
        check_page(driver, row_of("desk.visit"), DORA)


def test_every_page_of_the_table_is_a_route() -> None:
    assert set(audited.AUDITED) <= {row.endpoint for row in ROWS if row.method == "GET"}
