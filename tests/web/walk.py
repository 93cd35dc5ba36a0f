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
    return client.post("/book/details", data={**PERSON, **present_hold(client), **changes})


def present_hold(client: FlaskClient) -> dict[str, str]:
    """The hidden field of every form while a time is kept, as a page opened now has it."""
    with client.session_transaction() as kept:
        return {"hold": kept.get("booking", {}).get("hold", "")}


def check_form(client: FlaskClient) -> dict[str, str]:
    """The hidden fields of the page that checks the answers, opened now."""
    page = client.get("/book/check").text
    found = {name: re.search(rf'name="{name}"[^>]*value="([^"]+)"', page) for name in ("nonce", "hold")}
    return {name: match[1] for name, match in found.items() if match}


def book(client: FlaskClient, **changes: Any) -> str:
    """The whole way; the id of the visit."""
    hold(client)
    give_details(client, **changes)
    answer = client.post("/book/check", data=check_form(client))
    return answer.location.rpartition("/")[2]
