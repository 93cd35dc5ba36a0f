"""A patient's way through the pages, for tests: the forms as a browser sends them."""

from __future__ import annotations

import html
import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TIMES = "/book/first-consultation/times"
PERSON = {
    "given_name": "Ana",
    "family_name": "Alvarez",
    "born_on-day": "17",
    "born_on-month": "5",
    "born_on-year": "1980",
    "email": "ana@example.org",
    "phone": "",
    "reason": "My left hand burns.",
    "needs": ["wheelchair", "low_light"],
}


def slots(page: TestResponse) -> list[str]:
    """Values of the buttons of free times, in the order of the page."""
    return [html.unescape(value) for value in re.findall(r'name="slot" value="([^"]+)"', page.text)]


def first_slot(client: FlaskClient, address: str = TIMES) -> str:
    return slots(client.get(address))[0]


def hold(client: FlaskClient, slot: str | None = None) -> TestResponse:
    """Take a time: the soonest one unless said otherwise."""
    return client.post("/book/hold", data={"slot": slot or first_slot(client)})


def give_details(client: FlaskClient, **changes: Any) -> TestResponse:
    return client.post("/book/details", data={**PERSON, **changes})


def nonce(client: FlaskClient) -> str:
    page = client.get("/book/check").text
    return re.search(r'name="nonce"[^>]*value="([^"]+)"', page)[1]  # type: ignore[index]


def book(client: FlaskClient, **changes: Any) -> str:
    """The whole way; the id of the visit."""
    hold(client)
    give_details(client, **changes)
    answer = client.post("/book/check", data={"nonce": nonce(client)})
    return answer.location.rpartition("/")[2]
