"""Refusals and failures as pages: plain words, the phone, a way on, and nothing technical."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.errors import BookingError, LinkDead, NonceReused, NotFound, TooBusy, TooManyTries
from booking.models import Account
from booking.web.errors import MESSAGES, OWN_PAGES, STATUS, bug_page, refusal_page
from tests.factories import make_account

ClientAs = Callable[[Account], FlaskClient]


def answer(app: Flask, error: BookingError) -> tuple[str, int, dict[str, str]]:
    """The page, its status and its headers."""
    with app.test_request_context("/"):
        return refusal_page(error)  # type: ignore[return-value]


def test_an_unknown_address_says_so_and_leads_on(client: FlaskClient) -> None:
    page = client.get("/nowhere")
    assert page.status_code == 404
    for words in ("Page not found", "tel:", "Go to the start page"):
        assert words in page.text


def test_a_page_for_others_says_so(session: Session, client_as: ClientAs) -> None:
    page = client_as(make_account(session)).get("/desk/")
    assert (page.status_code, "You may not see this page" in page.text) == (403, True)


def test_an_address_used_in_another_way_says_so(client: FlaskClient) -> None:
    assert "Nothing was changed" in client.post("/licences").text


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (NotFound(), 404, "Page not found"),
        (LinkDead(), 410, "This link no longer works"),
        (TooManyTries(retry_seconds=60), 429, "Please wait a little"),
        (TooBusy(), 503, "We will be back shortly"),
        (NonceReused(), 422, "This form was already sent with other answers"),
        (BookingError(), 400, "This form could not be read"),
    ],
)
def test_every_refusal_has_a_page(app: Flask, error: BookingError, status: int, words: str) -> None:
    page, found, headers = answer(app, error)
    assert (found, words in page) == (status, True)
    assert headers == ({"Retry-After": "60"} if status == 429 else {})


def test_every_refusal_without_a_page_has_a_sentence() -> None:
    assert {code for code, status in STATUS.items() if status not in OWN_PAGES} <= set(MESSAGES)


def test_a_bug_is_told_without_details(app: Flask) -> None:
    with app.test_request_context("/"):
        page, status = bug_page(RuntimeError("the secret of Ana"))  # type: ignore[misc]
    assert (status, "Something went wrong on our side" in page) == (500, True)
    assert "secret of Ana" not in page
