"""A parameter that is sent twice, or in another place, changes nothing (OWASP ASVS 5.0, 15.3.7): forms are read from
the body, filters from the address, and the first value is the one that is both checked and used."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from booking.models import Account
from tests.web.accounts.conftest import GOOD

pytestmark = pytest.mark.sqlite_only

WEB = Path(__file__).parents[3] / "booking" / "web"
FROM_EITHER = {
    ("accounts/views.py", "log_in"),  # The way on: in the address first, in the form afterwards; always checked.
    ("consents/views.py", "_patient_or_404"),  # One of one's own patients, looked up once for looking and for acting.
    ("questionnaires/step_page.py", "shown"),  # Whether an answer is changed or given anew: no right hangs on it.
}


def test_the_views_that_read_a_value_from_either_place_are_known() -> None:
    found = {
        (str(file.relative_to(WEB)), function.name)
        for file in WEB.rglob("*.py")
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and node.attr == "values" and ast.unparse(node.value) == "request"
    }
    assert found == FROM_EITHER


def test_what_stands_in_the_address_is_not_the_form(client: FlaskClient, ana: Account) -> None:
    address = f"/account/log-in?email={ana.email}&password={GOOD}"
    assert client.post(address, data={}).status_code == 422
    assert client.post(address, data={"email": "zoe@example.org", "password": "another"}).status_code == 422


def test_of_two_in_a_form_the_first_counts(client: FlaskClient, ana: Account, dora: Account) -> None:
    two = {"email": [ana.email, dora.email], "password": [GOOD, "another"]}
    assert client.post("/account/log-in", data=two).headers["Location"] == "/visits/"
    client.post("/account/log-out")
    assert client.post("/account/log-in", data={**two, "password": ["another", GOOD]}).status_code == 422


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("?next=/visits/abc&next=//evil.example/", ["//evil.example/"]),
        ("?next=//evil.example/&next=/visits/abc", ["/visits/abc"]),
        ("", ["https://evil.example/", "/visits/abc"]),
    ],
)
def test_a_way_on_that_is_sent_twice_never_leaves_this_site(
    client: FlaskClient, ana: Account, address: str, typed: list[str]
) -> None:
    sent = client.post(f"/account/log-in{address}", data={"email": ana.email, "password": GOOD, "next": typed})
    assert sent.headers["Location"] in {"/visits/abc", "/visits/"}
