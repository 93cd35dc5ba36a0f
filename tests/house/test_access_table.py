"""Every route, driven as everybody, from the access table: who may, and on whose objects.

A foreign object is a missing one: same status, same page. A route that somebody adds is driven as soon as it has its
row; when its address has a parameter, tests/house/object_makers.py says what that is about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import Account
from booking.queries import appointments
from booking.web import access
from booking.web.access_table import DEMO_ROWS, ROWS, TABLE, VISITOR, Row
from booking.web.application import create_app
from tests.house.cast import CAST, Example, World
from tests.house.driving import Driver, leads_to_log_in, row_id, rule_of, sameness
from tests.house.object_makers import maker_of
from tests.house.stored import changed, stored


@pytest.fixture
def driver(app: Flask, session: Session, client_as: Callable[[Account], FlaskClient]) -> Driver:
    return Driver(app, World(session), client_as)


def check_row(driver: Driver, row: Row) -> None:
    """Raise AssertionError when somebody gets in who may not, is refused who may, can tell foreign from missing, or has
    changed anything by what was refused."""
    values, examples = driver.values(row), list(driver.examples(row))
    before = stored(driver.world.session)
    for name in CAST:
        if driver.world.role(name) not in row.who:
            check_refused(driver, row, name, values)
        else:
            check_foreign_ones(driver, row, name, values, examples)
    changes = changed(before, stored(driver.world.session))
    assert changes == [], f"what was refused has changed {changes}"
    for name in CAST:
        if driver.world.role(name) in row.who:
            check_own(driver, row, name)


def check_refused(driver: Driver, row: Row, name: str, values: dict[str, str]) -> None:
    answer = driver.send(row, name, values)
    refused = leads_to_log_in(answer) if name == VISITOR else answer.status_code == 403
    assert refused, f"{name} is not refused: {answer.status}"


def check_foreign_ones(
    driver: Driver, row: Row, name: str, good: dict[str, str], examples: list[tuple[str, Example]]
) -> None:
    """Each example of each parameter that this member of the cast may not see, beside ordinary values of the others."""
    for parameter, example in examples:
        if name not in example.seen_by:
            check_foreign(driver, row, name, {**good, parameter: example.value}, parameter, example)


def check_own(driver: Driver, row: Row, name: str) -> None:
    """The page, or each example that they may see. Fresh ones: what one has done, the next could not do again."""
    if not rule_of(driver.app, row).arguments:
        check_let_in(driver, row, name, {}, may_be_missing=True)
        return
    good = driver.good(row)
    for parameter, example in driver.examples(row):
        is_beside_foreign = any(name not in one.seen_by for other, one in good.items() if other != parameter)
        if name in example.seen_by and not is_beside_foreign:
            check_let_in(driver, row, name, {**{key: one.value for key, one in good.items()}, parameter: example.value})


def check_let_in(driver: Driver, row: Row, name: str, values: dict[str, str], *, may_be_missing: bool = False) -> None:
    answer = driver.send(row, name, values)
    refusals = {403} if may_be_missing else {403, 404}
    assert answer.status_code < 500, f"{name}: {answer.status}"
    assert answer.status_code not in refusals, f"{name} is refused: {answer.status}"
    assert may_be_missing or not leads_to_log_in(answer), f"{name} is asked to log in"


def check_foreign(
    driver: Driver, row: Row, name: str, values: dict[str, str], parameter: str, example: Example
) -> None:
    foreign = driver.send(row, name, values)
    missing = driver.send(row, name, {**values, parameter: example.missing})
    assert foreign.status_code == 404 or leads_to_log_in(foreign), f"{name} gets in: {foreign.status}"
    assert sameness(foreign, example.value) == sameness(missing, example.missing), f"{name} can tell them apart"


ABOUT_OBJECTS = [row for row in ROWS if row.objects != "none"]


@pytest.mark.sqlite_only  # tests/torture/test_access_matrix.py does the same on PostgreSQL, on demand.
@pytest.mark.parametrize("row", ABOUT_OBJECTS, ids=row_id)
def test_the_route_lets_in_whom_its_row_names_and_nobody_else(driver: Driver, row: Row) -> None:
    check_row(driver, row)


@pytest.mark.sqlite_only  # Who may is asked of the table; no database is asked whose an object is.
@pytest.mark.parametrize("row", [row for row in ROWS if row not in ABOUT_OBJECTS], ids=row_id)
def test_a_route_about_no_object_lets_in_whom_its_row_names(driver: Driver, row: Row) -> None:
    check_row(driver, row)


def test_every_row_has_its_route_and_every_route_its_row(app: Flask) -> None:
    assert len(TABLE) == len({*ROWS, *DEMO_ROWS}) == len([*ROWS, *DEMO_ROWS]), "two rows for one endpoint and method"
    for row in ROWS:
        for name in rule_of(app, row).arguments:
            assert maker_of(row.endpoint, name)
    access.refuse_unlisted_routes(app)


def test_routes_of_the_demo_exist_in_the_demo_alone(app: Flask) -> None:
    demo = {row.endpoint for row in DEMO_ROWS}
    assert demo & {rule.endpoint for rule in app.url_map.iter_rules()} == set()


def test_objects_are_named_where_an_address_holds_an_id(app: Flask) -> None:
    silent = [row_id(row) for row in ROWS if "<public_id:" in rule_of(app, row).rule and row.objects == "none"]
    assert silent == []


def test_without_its_row_a_route_stops_the_start(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(TABLE, ("accounts.log_in", "POST"))
    with pytest.raises(RuntimeError, match=r"accounts\.log_in POST"):
        create_app(app.config["SETTINGS"])


VISIT = TABLE["visits.visit", "GET"]


def test_a_loader_without_its_owner_filter_is_caught(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    check_row(driver, VISIT)
    monkeypatch.setattr(appointments, "may_see", lambda _actor, _visit: True)
    with pytest.raises(AssertionError, match="visitor gets in"):
        check_row(driver, VISIT)


def test_a_row_that_lets_too_many_in_is_caught(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    row = TABLE["visits.visits", "GET"]
    monkeypatch.setitem(TABLE, (row.endpoint, row.method), replace(row, who=row.who | {VISITOR}))
    with pytest.raises(AssertionError, match="visitor is not refused"):
        check_row(driver, row)


def test_a_row_that_forgets_somebody_is_caught(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    row = TABLE["visits.visits", "GET"]
    monkeypatch.setitem(TABLE, (row.endpoint, row.method), replace(row, who=frozenset()))
    with pytest.raises(AssertionError):
        check_row(driver, row)


def test_a_page_that_tells_foreign_from_missing_is_caught(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    view = driver.app.view_functions[VISIT.endpoint]
    known = {example.value for _, example in driver.examples(VISIT)}

    def tell(public_id: str) -> object:
        return ("not yours", 404) if public_id in known else view(public_id=public_id)

    monkeypatch.setitem(driver.app.view_functions, VISIT.endpoint, tell)
    value = known.copy().pop()
    with pytest.raises(AssertionError, match="can tell them apart"):
        check_foreign(driver, VISIT, "ben", {"public_id": value}, "public_id", Example(value, "A" * 22, frozenset()))
