"""Scoreboard 9. Everybody at every route with own, foreign and missing objects: tests/house/test_access_table.py drives
the rows, one by one. Here is what makes that a proof: no route and method escapes it, it is large, and each loader
whose owner filter is taken away is caught by it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.errors import NotFound
from booking.models import Account, AccountPatient, Block, Passkey, Patient
from booking.queries import accounts, appointments, waiting
from booking.queries.hours import _ENTRY, BlockEntry
from booking.services import carers, passkeys, sent_forms, sessions
from booking.web.access_table import ROWS, TABLE, Row
from booking.web.accounts import passkeys as passkey_pages
from booking.web.desk import calendars
from booking.web.privacy import views as privacy_pages
from tests.house.cast import CAST, World
from tests.house.driving import Driver, row_id
from tests.house.test_access_table import ABOUT_OBJECTS, check_row
from tests.torture.sizes import print_figures

pytestmark = pytest.mark.torture

LEAST_CELLS = 3_000
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def driver(app: Flask, session: Session, client_as: Callable[[Account], FlaskClient]) -> Driver:
    return Driver(app, World(session), client_as)


def ever_acted_for(session: Session, *, account_id: int, now: object) -> accounts.ActsFor:
    """Everybody the account ever acted for, ended or not."""
    rights = sa.select(AccountPatient.patient_id).where(AccountPatient.account_id == account_id)
    return accounts.ActsFor(frozenset(session.scalars(rights)))


def any_block(session: Session, _resource_id: int, public_id: str) -> BlockEntry | None:
    """The block of whatever calendar."""
    row = session.execute(sa.select(*_ENTRY).where(Block.public_id == public_id)).one_or_none()
    return None if row is None else BlockEntry(*row)


def any_passkey(session: Session, _actor: object, public_id: str) -> Passkey:
    """The passkey of whatever account."""
    found = session.scalar(sa.select(Passkey).where(Passkey.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def everybody(session: Session, **_whose: object) -> frozenset[int]:
    """All patients there are."""
    return frozenset(session.scalars(sa.select(Patient.id)))


@dataclass(frozen=True, slots=True)
class Control:
    """A filter that is taken away, and the rows that must notice. `too`: a second filter before it, gone as well."""

    module: Any
    name: str
    unfiltered: Callable[..., Any]
    rows: tuple[tuple[str, str], ...]
    too: Any = None


def yes(*_arguments: object) -> bool:
    return True


CONTROLS = {
    "who sees a visit": Control(
        appointments, "may_see", yes,
        (("visits.visit", "GET"), ("visits.cancel", "POST"), ("visits.calendar", "GET"),
         ("questionnaires.start", "GET"), ("desk.visit", "GET"), ("desk.cancel", "POST"), ("desk.confirm", "POST")),
    ),
    "which carer reads answers": Control(sent_forms, "may_read", yes, (("sent_forms.copy", "GET"),)),
    "who reads answers": Control(sent_forms, "may_see", yes, (("sent_forms.answers", "GET"),), too=appointments),
    "who sees an entry": Control(
        waiting, "may_see_waiting", yes, (("waiting.entry", "GET"), ("waiting.leave", "POST"))
    ),
    "who sees an offer": Control(
        waiting, "may_see_offer", yes, (("mailed.offer", "GET"), ("mailed.answer_offer", "POST"))
    ),
    "whose calendar": Control(calendars, "_is_mine", yes, (("desk.calendar", "GET"), ("desk.change_hours", "POST"))),
    "whose block": Control(calendars, "block_or_none", any_block, (("desk.remove_block", "GET"),)),
    "whose help": Control(carers, "may_arrange", yes, (("carers.end", "GET"), ("carers.withdraw", "POST"))),
    "whose passkey": Control(
        passkey_pages, "own_passkey", any_passkey,
        (("passkeys.passkey", "GET"), ("passkeys.remove", "POST")), too=passkeys,
    ),
    "whose data": Control(privacy_pages, "self_ids", everybody, (("privacy.ask_erasure", "GET"),)),
    "rights that ended": Control(
        accounts, "acts_for", ever_acted_for, (("visits.visit", "GET"), ("sent_forms.copy", "GET"))
    ),
    "where one works": Control(
        sessions, "location_ids_of", lambda _packed: None, (("desk.visit", "GET"), ("desk.calendar", "GET"))
    ),
}  # fmt: skip
CASES = [
    pytest.param(control, row, id=f"{name}: {row[1]} {row[0]}")
    for name, control in CONTROLS.items()
    for row in control.rows
]


@pytest.mark.parametrize(("control", "row"), CASES)
def test_a_loader_without_its_filter_is_caught(
    driver: Driver, monkeypatch: pytest.MonkeyPatch, control: Control, row: tuple[str, str]
) -> None:
    for module in filter(None, (control.module, control.too)):
        monkeypatch.setattr(module, control.name, control.unfiltered)
    with pytest.raises(AssertionError, match=r"gets in|can tell them apart"):
        check_row(driver, TABLE[row])


def test_a_refusal_that_changes_something_is_caught(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    view = driver.app.view_functions["visits.cancel"]

    def write_first(public_id: str) -> object:
        driver.world.session.execute(sa.update(Account).values(name="changed"))
        driver.world.session.commit()
        return view(public_id=public_id)

    monkeypatch.setitem(driver.app.view_functions, "visits.cancel", write_first)
    with pytest.raises(AssertionError, match="has changed"):
        check_row(driver, TABLE["visits.cancel", "POST"])


@pytest.mark.on_demand
@pytest.mark.postgres_only  # tests/house/test_access_table.py does the same on SQLite, every time.
@pytest.mark.parametrize("row", ABOUT_OBJECTS, ids=row_id)
def test_the_route_lets_in_whom_its_row_names_on_postgresql(driver: Driver, row: Row) -> None:
    check_row(driver, row)


def test_all_other_methods_are_refused(app: Flask, client: FlaskClient) -> None:
    """Of each address; so rows × cast × objects are all that there is."""
    tried = dict(unlisted(app))
    answers = {key: client.open(path, method=key[1]).status_code for key, path in tried.items()}
    assert {key: status for key, status in answers.items() if status != 405} == {}


def unlisted(app: Flask) -> Iterator[tuple[tuple[str, str], str]]:
    """Each address with each method that no route at that address takes."""
    taken: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        taken.setdefault(rule.rule, set()).update(rule.methods or ())
    for address, methods in taken.items():
        path = re.sub(r"<int:[a-z_]+>", "1", address)
        path = re.sub(r"<[^>]+>", "A" * 22, path)
        for method in METHODS:
            if method not in methods:
                yield (address, method), path


def test_the_matrix_is_large(driver: Driver) -> None:
    """Own, foreign and missing objects count one each."""
    cells = sum(len(CAST) * max(1, 2 * len(list(driver.examples(row)))) for row in ROWS)
    print_figures("access matrix", cells=cells, rows=len(ROWS), actors=len(CAST), filters=len(CONTROLS))
    assert cells >= LEAST_CELLS
