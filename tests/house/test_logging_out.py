"""Whoever is logged in can log out from every page (OWASP ASVS 5.0, 7.4.4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.models import Account
from booking.web.access_table import VISITOR
from tests.house.cast import CAST, World
from tests.house.driving import GET_ROWS, Driver, row_id

pytestmark = pytest.mark.sqlite_only  # What is in the head of a page is in no database.


def test_every_page_lets_one_log_out(app: Flask, session: Session, client_as: Callable[[Account], FlaskClient]) -> None:
    driver = Driver(app, World(session), client_as)
    pages = {}
    for row in GET_ROWS:
        name = next(one for one in CAST if one != VISITOR and driver.world.role(one) in row.who)
        answer = driver.send(row, name, driver.values(row))
        pages[row_id(row)] = answer.text if answer.mimetype == "text/html" and answer.status_code == 200 else None
    shown = {route: page for route, page in pages.items() if page is not None}
    assert len(shown) > len(GET_ROWS) / 2
    assert [route for route, page in shown.items() if 'action="/account/log-out"' not in page] == []
