"""Scoreboard 16. Odd, broken and evil requests to every route: no failure, nothing of the request as markup, in a
header or as the place that an answer leads to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

import pytest
from flask import Flask, redirect, request
from flask.testing import FlaskClient
from markupsafe import Markup
from sqlalchemy.orm import Session

from booking.models import Account
from booking.web.access_table import ROWS, TABLE, Row
from tests.databases import Database
from tests.house.cast import World
from tests.house.driving import Driver
from tests.torture.hostile import Maker, faults
from tests.torture.sizes import SEED, print_figures, sized

pytestmark = [pytest.mark.torture]

REQUESTS = sized(240, 50_000)
CONTROL_REQUESTS = 40
ROUTES = tuple(row for row in ROWS if row.endpoint != "static")


@pytest.fixture
def driver(app: Flask, session: Session, client_as: Callable[[Account], FlaskClient]) -> Driver:
    return Driver(app, World(session), client_as)


def attack(driver: Driver, rows: Sequence[Row], number: int) -> tuple[list[str], Counter[int]]:
    """What was found, and how many answers there were of each status. The rows take turns."""
    found: list[str] = []
    statuses: Counter[int] = Counter()
    maker = Maker(driver, Random(SEED))
    for turn in range(number):
        if turn % len(rows) == 0:
            # What was cancelled or answered in the last round is of less use in this one.
            maker.good.clear()
        hostile = maker.make(rows[turn % len(rows)])
        answer = hostile.send(driver.client(hostile.name))
        statuses[answer.status_code] += 1
        found += [f"{fault} <- {hostile}" for fault in faults(answer)]
    return found, statuses


def test_no_request_breaks_anything(driver: Driver, database: Database) -> None:
    found, statuses = attack(driver, ROUTES, REQUESTS)
    print_figures(f"hostile input, {database.name}", requests=REQUESTS, statuses=dict(statuses), faults=len(found))
    assert found == []
    # Else the requests would be too odd to get past the first check of any form.
    assert statuses[200] + statuses[303] > REQUESTS / 10


@pytest.mark.sqlite_only
def test_a_page_that_trusts_what_it_is_sent_is_found(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    def trusting() -> str:
        return Markup("").join(Markup(f"<p>{value}</p>") for value in request.args.values())  # noqa: S704 - the fault.

    monkeypatch.setitem(driver.app.view_functions, "public.licences", trusting)
    found, _ = attack(driver, [TABLE["public.licences", "GET"]], CONTROL_REQUESTS)
    assert any("markup of the request" in fault for fault in found)


@pytest.mark.sqlite_only
def test_a_way_on_that_is_not_checked_is_found(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    def going_on() -> object:
        return redirect(next((value for value in request.args.values() if value.isprintable()), "/"))

    monkeypatch.setitem(driver.app.view_functions, "public.licences", going_on)
    found, _ = attack(driver, [TABLE["public.licences", "GET"]], CONTROL_REQUESTS)
    assert any("leads to" in fault for fault in found)
