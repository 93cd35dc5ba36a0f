"""Sends the requests of the house's route tests, and compares answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from booking.models import Account
from booking.web.access_table import ROWS, VISITOR, Row
from tests.house.cast import CAST, Example, World
from tests.house.object_makers import maker_of

LOG_IN = "/account/log-in"
# What differs between two renderings of one page: form tokens, nonces, questions to a passkey, and ids of requests.
_FRESH = re.compile(
    r'(name="(?:csrf_token|nonce|challenge)"[^>]*value|content|data-(?:seconds|[a-z-]*(?:token|options)))="[^"]*"'
)


@dataclass(frozen=True, slots=True)
class Driver:
    """Makes requests as members of the cast."""

    app: Flask
    world: World
    client_as: Callable[[Account], FlaskClient]

    def client(self, name: str) -> FlaskClient:
        return self.app.test_client() if name == VISITOR else self.client_as(self.world.accounts[name])

    def send(self, row: Row, name: str, values: dict[str, str], **options: object) -> TestResponse:
        """The answer to that member of the cast, in a browser of its own."""
        url = self.url(row, values)
        return self.client(name).open(url, method=row.method, buffered=True, **options)  # type: ignore[arg-type]

    def url(self, row: Row, values: dict[str, str]) -> str:
        with self.app.test_request_context():
            return self.app.url_for(row.endpoint, **values)

    def anyone_in(self, row: Row) -> str:
        """The first of the cast whom the row lets in."""
        return next(name for name in CAST if self.world.role(name) in row.who)

    def examples(self, row: Row) -> Iterator[tuple[str, Example]]:
        """Every example of the parameters of the row's address; nothing when it has none."""
        for name in sorted(rule_of(self.app, row).arguments):
            yield from ((name, example) for example in maker_of(row.endpoint, name)(self.world))

    def good(self, row: Row) -> dict[str, Example]:
        """The ordinary example of each parameter."""
        return {name: maker_of(row.endpoint, name)(self.world)[0] for name in rule_of(self.app, row).arguments}

    def values(self, row: Row) -> dict[str, str]:
        """A good value for each parameter."""
        return {name: example.value for name, example in self.good(row).items()}


def rule_of(app: Flask, row: Row) -> Rule:
    """The address of the row. Raises LookupError for a row without a route."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint == row.endpoint and row.method in (rule.methods or set()):
            return rule
    raise LookupError(f"the access table has a row without a route: {row.endpoint} {row.method}")


def leads_to_log_in(answer: TestResponse) -> bool:
    """Whether the person is asked to log in."""
    return answer.status_code in (302, 303) and answer.headers["Location"].startswith(LOG_IN)


def sameness(answer: TestResponse, hidden: str) -> tuple[int, str | None, str]:
    """What must not differ between a foreign and a missing object: status, target and page, apart from the id asked."""
    target = answer.headers.get("Location")
    page = _FRESH.sub(r"\1", answer.text) if answer.mimetype == "text/html" else answer.text
    return answer.status_code, target and target.replace(hidden, "ID"), page.replace(hidden, "ID")


def row_id(row: Row) -> str:
    return f"{row.method} {row.endpoint}"


GET_ROWS = tuple(row for row in ROWS if row.method == "GET")
CHANGING_ROWS = tuple(row for row in ROWS if row.method != "GET")
