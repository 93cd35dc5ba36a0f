"""Fay, who administers the test clinic, and how her forms are sent: as a browser does, all fields of the page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.core.actor import Role
from booking.models import Account
from booking.queries.catalogue import catalogue
from booking.services.administration import present_values
from tests.factories import NOW, make_account

ClientAs = Callable[[Account], FlaskClient]


def fay(session: Session, client_as: ClientAs) -> FlaskClient:
    """An administrator who works everywhere."""
    return client_as(make_account(session, Role.ADMINISTRATOR, name="Fay"))


class _Fields(HTMLParser):
    """The inputs of a page's change form with what they hold."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._is_inside = False
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self._is_inside = "change-form" in (given.get("class") or "")
        elif not self._is_inside:
            return
        elif tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.found.setdefault(name, []).append(value)
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.found[self._select] = [value]
        elif tag == "textarea":
            self._area = name
            self.found[name] = [""]

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[self._area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "form":
            self._is_inside = False


def fields_of(page: TestResponse) -> dict[str, list[str]]:
    """What a browser would send of the page's form."""
    parser = _Fields()
    parser.feed(page.text)
    return parser.found


def send(client: FlaskClient, path: str, **changes: Any) -> TestResponse:
    """Open the page, change some fields (None: take the tick away), and send the form."""
    fields: dict[str, Any] = {**fields_of(client.get(path)), **changes}
    return client.post(path, data={name: value for name, value in fields.items() if value is not None})


def words(text: str) -> str:
    """The page as it is read."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))


def stored(session: Session) -> dict[str, Any]:
    """The clinic as its file would say it."""
    session.rollback()
    values = present_values(session, catalogue(session), now=NOW)
    session.rollback()
    return values
