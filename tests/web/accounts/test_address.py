"""Another address on the pages: asked for after a fresh proof, confirmed by its own account, stopped by its link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.models import Account, AddressChange, LinkAction, LoginSession, Message
from booking.services.links import mint_link
from booking.services.transaction import transaction
from tests.factories import make_account

OLD, NEW = "ana@example.org", "ana@new.example"
ClientAs = Callable[[Account], FlaskClient]


def ask(browser: FlaskClient, email: str = NEW) -> int:
    return browser.post("/account/address/", data={"email": email}).status_code


def link(session: Session, action: LinkAction) -> str:
    session.rollback()
    change_id = session.scalars(sa.select(sa.func.max(AddressChange.id))).one()
    session.rollback()
    now = utc_now()
    with transaction(session):
        token = mint_link(
            session, action=action, now=now, expires_at=now + timedelta(hours=1), address_change_id=change_id
        )
    return f"/l/{token}"


def email_of(session: Session, account: Account) -> str:
    session.rollback()
    return session.scalars(sa.select(Account.email).where(Account.id == account.id)).one()


def test_ask_confirm_and_go_on(session: Session, client_as: ClientAs, ana: Account) -> None:
    browser = client_as(ana)
    assert OLD in browser.get("/account/address/").text
    assert ask(browser) == 303
    browser.get(link(session, LinkAction.CONFIRM_NEW_ADDRESS))
    assert "Use the new address" in browser.get("/account/address/confirm").text
    assert browser.post("/account/address/confirm").status_code == 303
    assert email_of(session, ana) == NEW
    assert NEW in browser.get("/account/").text
    assert browser.get("/account/address/confirm").status_code == 410


def test_who_has_not_proved_who_they_are_is_asked_first(session: Session, client_as: ClientAs, ana: Account) -> None:
    browser = client_as(ana)
    session.execute(sa.update(LoginSession).values(authenticated_at=utc_now() - timedelta(hours=1)))
    session.commit()
    assert browser.post("/account/address/", data={"email": NEW}).headers["Location"] == "/account/confirm"
    session.rollback()
    assert session.scalars(sa.select(AddressChange)).all() == []


def test_what_is_no_address_is_asked_again(client_as: ClientAs, ana: Account) -> None:
    assert ask(client_as(ana), "no address") == 422


def test_a_known_address_gets_the_same_answer(session: Session, client_as: ClientAs, ana: Account) -> None:
    make_account(session, email=NEW, email_key=NEW)
    answers = [client_as(ana).post("/account/address/", data={"email": email}) for email in (NEW, "other@new.example")]
    assert answers[0].status_code == answers[1].status_code == 303
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert answers[0].text == answers[1].text


def test_somebody_elses_login_does_not_confirm(session: Session, client_as: ClientAs, ana: Account) -> None:
    ask(client_as(ana))
    stranger = client_as(make_account(session))
    stranger.get(link(session, LinkAction.CONFIRM_NEW_ADDRESS))
    assert stranger.post("/account/address/confirm").status_code == 410
    assert email_of(session, ana) == OLD


def test_the_old_address_stops_it_without_a_login(
    session: Session, client: FlaskClient, client_as: ClientAs, ana: Account
) -> None:
    browser = client_as(ana)
    ask(browser)
    client.get(link(session, LinkAction.STOP_NEW_ADDRESS))
    assert "It was not me" in client.get("/account/address/stop").text
    assert client.post("/account/address/stop").status_code == 303
    assert browser.get("/account/").status_code == 303, "every session has ended"
    session.rollback()
    assert "reset_password" in [kind.value for kind in session.scalars(sa.select(Message.kind))]


def test_where_the_old_address_has_another_account_people_help(
    session: Session, client: FlaskClient, client_as: ClientAs, ana: Account
) -> None:
    browser = client_as(ana)
    ask(browser)
    browser.get(link(session, LinkAction.CONFIRM_NEW_ADDRESS))
    browser.post("/account/address/confirm")
    session.rollback()
    make_account(session, email=OLD, email_key=OLD)
    client.get(link(session, LinkAction.STOP_NEW_ADDRESS))
    answer = client.post("/account/address/stop")
    assert answer.status_code == 409
    assert "Please call us" in answer.text
