"""Mailed links in the browser: exchanged for a clean address, acting on POST, offering a new one."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.messages import MessageKind
from booking.models import Account, LinkAction, Message
from tests.factories import make_appointment
from tests.web.accounts.conftest import GOOD, OTHER, LogIn, Mint


def test_a_new_password_through_a_link(client: FlaskClient, ana: Account, mint: Mint, log_in: LogIn) -> None:
    token = mint(LinkAction.RESET_PASSWORD, account_id=ana.id)
    opened = client.get(f"/l/{token}")
    assert (opened.status_code, opened.headers["Location"]) == (303, "/account/reset")
    page = client.get("/account/reset").text
    assert token not in page
    for password, sentence in (
        ("short", "12 characters or more"),
        ("ana alvarez 80", "more than your name"),
        ("", "Choose a new"),
    ):
        refused = client.post("/account/reset", data={"password": password})
        assert refused.status_code == 422
        assert sentence in refused.text
    assert client.post("/account/reset", data={"password": OTHER}).headers["Location"] == "/account/log-in"
    assert client.get("/account/").status_code == 303, "a reset is no login"
    assert log_in(password=GOOD).status_code == 422
    assert log_in(password=OTHER).status_code == 303
    assert client.get(f"/l/{token}").status_code == 410


def test_asking_for_a_link_tells_nothing(client: FlaskClient, session: Session, ana: Account) -> None:
    answers = []
    for email in ("ana@example.org", "ben@example.org"):
        asked = client.post("/account/forgotten", data={"email": email})
        page = client.get(asked.headers["Location"])
        answers.append((asked.status_code, asked.data, page.data.replace(email.encode(), b"SOMEBODY")))
    assert answers[0] == answers[1]
    assert b"If this address is known, we have written to it." in answers[0][2]
    assert session.scalars(sa.select(Message.kind)).all() == [MessageKind.RESET_PASSWORD]
    assert client.post("/account/forgotten", data={"email": "\x00"}).status_code == 422


@pytest.mark.parametrize("action", [LinkAction.VERIFY_ADDRESS, LinkAction.RESET_PASSWORD])
def test_a_link_that_ran_out_offers_a_new_one_in_one_press(
    client: FlaskClient, session: Session, ana: Account, mint: Mint, action: LinkAction
) -> None:
    opened = client.get(f"/l/{mint(action, minutes=-1, account_id=ana.id)}")
    assert opened.status_code == 410
    assert "Send me a new link" in opened.text
    assert session.scalars(sa.select(Message)).all() == []
    session.rollback()
    again = client.post("/account/link-again")
    assert (again.status_code, again.headers["Location"]) == (303, "/account/registered")
    assert "If we can send you a new link" in client.get("/account/registered").text
    assert session.scalars(sa.select(Message.kind)).all() == [MessageKind(action.value)]
    session.rollback()
    client.post("/account/link-again")
    assert len(session.scalars(sa.select(Message)).all()) == 1


@pytest.mark.parametrize("token", ["x", "%00", "x" * 2000, "..%2f..", "%F0%9F%98%80", "%ff"])
def test_an_unknown_link_is_dead_and_offers_none(client: FlaskClient, token: str) -> None:
    answer = client.get(f"/l/{token}")
    assert answer.status_code in {404, 410}
    assert "Send me a new link" not in answer.text


def test_a_link_that_has_acted_offers_none(client: FlaskClient, ana: Account, mint: Mint) -> None:
    token = mint(LinkAction.VERIFY_ADDRESS, account_id=ana.id)
    client.get(f"/l/{token}")
    client.post("/account/verify")
    answer = client.get(f"/l/{token}")
    assert answer.status_code == 200
    assert "Your address is already confirmed" in answer.text
    assert 'href="/account/log-in"' in answer.text
    assert ana.email not in answer.text
    assert "Send me a new link" not in answer.text


def test_pages_behind_a_link_are_dead_without_it(client: FlaskClient, ana: Account, mint: Mint) -> None:
    for path in ("/account/verify", "/account/reset"):
        assert client.get(path).status_code == 410
        assert client.post(path, data={"password": OTHER}).status_code == 410
    client.get(f"/l/{mint(LinkAction.VERIFY_ADDRESS, account_id=ana.id)}")
    assert client.get("/account/reset").status_code == 410, "a link does one thing"


def test_a_link_to_a_visit_opens_that_visit_here_and_no_other(
    client: FlaskClient, session: Session, mint: Mint
) -> None:
    visit, other = make_appointment(session), "A" * 22
    opened = client.get(f"/l/{mint(LinkAction.OPEN_VISIT, appointment_id=visit.id)}")
    assert (opened.status_code, opened.headers["Location"]) == (303, f"/visits/{visit.public_id}")
    with client.session_transaction() as kept:
        assert [type(link_id) for link_id in kept["opened_links"]] == [int], "no token is kept"
    assert client.get(f"/visits/{visit.public_id}").status_code == 200
    assert client.get(f"/visits/{other}").status_code == 303


def test_opening_a_link_twice_is_no_matter(client: FlaskClient, ana: Account, mint: Mint) -> None:
    token = mint(LinkAction.VERIFY_ADDRESS, account_id=ana.id)
    for _ in range(3):
        assert client.get(f"/l/{token}").status_code == 303
        assert client.head(f"/l/{token}").status_code == 303
    assert client.post("/account/verify").status_code == 303
