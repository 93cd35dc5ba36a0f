"""The second step on its pages: what opens it, what it opens, what ends it, and who is led to add one."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.models import Account, AppKey, LinkAction, LoginSession
from booking.queries.credentials import factors_of
from booking.services.app_codes import add_app, new_key
from booking.services.recovery_codes import make_codes
from booking.web.access import SECOND_STEP
from tests.passkey_device import Device
from tests.services.factors_cast import DOOR, person
from tests.settings import settings_for
from tests.web.accounts.conftest import COOKIE, GOOD, OTHER, LogIn, Mint

CODE, RECOVERY = "/account/log-in/code", "/account/log-in/recovery-code"
SECURITY = "/account/security/"


def set_up(session: Session, account: Account) -> str:
    """An app that was set up an hour ago."""
    key, then = new_key(), utc_now() - timedelta(hours=1)
    code = pyotp.TOTP(key).at(then)
    add_app(session, actor=person(account), door=DOOR, key=key, code=code, keep="", now=then)
    return key


def code_of(key: str) -> str:
    return pyotp.TOTP(key).at(utc_now())


@pytest.fixture
def key(session: Session, ana: Account) -> str:
    return set_up(session, ana)


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie(COOKIE)
    assert found is not None
    return found.value


def question(page: str, kind: str = "get") -> dict[str, str]:
    """The question to a device on that page, and its challenge."""
    form = page[page.index(f'data-passkey="{kind}"') :]
    options, challenge = (
        re.search(r'data-options="([^"]*)"', form),
        re.search(r'name="challenge" value="([^"]*)"', form),
    )
    assert options
    assert challenge
    return {"options": html.unescape(options[1]), "challenge": challenge[1]}


def test_the_password_opens_nothing_but_the_second_step(
    client: FlaskClient, ana: Account, key: str, log_in: LogIn
) -> None:
    client.get("/account/log-in")
    before = cookie(client)
    answer = log_in(next="/visits/abc")
    assert answer.headers["Location"] == CODE
    half = cookie(client)
    assert client.get("/account/").headers["Location"].startswith("/account/log-in?")
    assert client.get("/visits/").status_code == 303
    done = client.post(CODE, data={"code": code_of(key)})
    assert done.headers["Location"] == "/visits/abc"
    assert len({before, half, cookie(client)}) == 3, "the session has a new id after each step"
    assert client.get("/account/").status_code == 200


def test_it_belongs_to_the_browser_that_gave_the_password(app: Flask, ana: Account, key: str, log_in: LogIn) -> None:
    log_in()
    other = app.test_client()
    assert other.get(CODE).status_code == 410
    assert other.post(CODE, data={"code": code_of(key)}).status_code == 410


def test_a_wrong_code_may_be_tried_again(client: FlaskClient, ana: Account, key: str, log_in: LogIn) -> None:
    log_in()
    assert client.post(CODE, data={"code": ""}).status_code == 422
    wrong = client.post(CODE, data={"code": "000 00"})
    assert wrong.status_code == 422
    assert "That code is not right" in wrong.text
    assert client.post(CODE, data={"code": code_of(key)}).status_code == 303


def test_it_ends_when_the_password_changes_meanwhile(
    app: Flask, client: FlaskClient, ana: Account, key: str, log_in: LogIn, mint: Mint
) -> None:
    log_in()
    elsewhere = app.test_client()
    elsewhere.get(f"/l/{mint(LinkAction.RESET_PASSWORD, account_id=ana.id)}")
    elsewhere.post("/account/reset", data={"password": OTHER})
    assert client.post(CODE, data={"code": code_of(key)}).status_code == 410
    assert client.get(CODE).status_code == 410


def test_a_new_password_does_not_skip_it(
    client: FlaskClient, ana: Account, key: str, log_in: LogIn, mint: Mint
) -> None:
    client.get(f"/l/{mint(LinkAction.RESET_PASSWORD, account_id=ana.id)}")
    client.post("/account/reset", data={"password": OTHER})
    assert log_in(password=OTHER).headers["Location"] == CODE


def test_a_recovery_code_stands_in(
    client: FlaskClient, session: Session, ana: Account, key: str, log_in: LogIn
) -> None:
    code = make_codes(session, actor=person(ana), keep="", now=utc_now())[0]
    log_in()
    assert RECOVERY in client.get(CODE).text
    assert client.get(RECOVERY).status_code == 200
    assert client.post(RECOVERY, data={"code": ""}).status_code == 422
    assert client.post(RECOVERY, data={"code": "wrong"}).status_code == 422
    assert client.post(RECOVERY, data={"code": code.lower()}).status_code == 303
    assert "9 codes are left" in client.get(SECURITY).text


@pytest.fixture
def device(client: FlaskClient, ana: Account, log_in: LogIn) -> Device:
    """Ana's passkey; she is logged in."""
    log_in()
    made = Device()
    asked = question(client.get("/account/security/passkeys/add").text, "create")
    data = {"name": "My phone", "challenge": asked["challenge"], "answer": made.make(asked["options"])}
    assert client.post("/account/security/passkeys/add", data=data).status_code == 303
    return made


def answer(client: FlaskClient, device: Device, page: str, path: str, **more: str) -> object:
    asked = question(client.get(page).text)
    data = {"challenge": asked["challenge"], "answer": device.prove(asked["options"]), **more}
    first = client.post(path, data=data)
    return first, data


def test_a_passkey_logs_in_without_an_address_and_its_answer_counts_once(
    app: Flask, client: FlaskClient, device: Device
) -> None:
    other = app.test_client()
    first, data = answer(other, device, "/account/log-in", "/account/log-in/passkey", next="/visits/x")
    assert (first.status_code, first.headers["Location"]) == (303, "/visits/x")
    assert other.get("/account/").status_code == 200
    other.post("/account/log-out")
    assert other.post("/account/log-in/passkey", data=data).status_code == 422
    strange, _ = answer(app.test_client(), Device(), "/account/log-in", "/account/log-in/passkey")
    assert "That passkey did not work" in strange.text


def test_a_question_of_another_browser_is_not_answered_here(app: Flask, device: Device) -> None:
    asked = question(app.test_client().get("/account/log-in").text)
    data = {"challenge": asked["challenge"], "answer": device.prove(asked["options"])}
    assert app.test_client().post("/account/log-in/passkey", data=data).status_code == 422


@pytest.mark.parametrize(("tick", "is_shared"), [("y", True), ("", False)])
def test_a_passkey_on_a_shared_computer_begins_a_short_session(
    app: Flask, client: FlaskClient, device: Device, tick: str, *, is_shared: bool
) -> None:
    other = app.test_client()
    answer(other, device, "/account/log-in", "/account/log-in/passkey", is_shared=tick)
    assert ("Others use this computer too: log out" in other.get("/account/sessions/").text) is is_shared


def test_a_passkey_is_a_second_step(app: Flask, device: Device) -> None:
    other = app.test_client()
    typed = {"email": "ana@example.org", "password": GOOD}
    assert other.post("/account/log-in", data=typed).headers["Location"] == CODE
    wrong, _ = answer(other, Device(), CODE, "/account/log-in/second-passkey")
    assert wrong.status_code == 422
    right, _ = answer(other, device, CODE, "/account/log-in/second-passkey")
    assert right.headers["Location"] == "/visits/"


def test_too_long_an_answer_leads_back(client: FlaskClient, ana: Account, key: str, log_in: LogIn) -> None:
    long = {"answer": "x" * 9000}
    assert client.post("/account/log-in/passkey", data=long).headers["Location"] == "/account/log-in"
    log_in()
    assert client.post("/account/log-in/second-passkey", data=long).headers["Location"] == CODE


def test_a_passkey_is_renamed_and_removed(client: FlaskClient, session: Session, ana: Account, device: Device) -> None:
    page = "/account/security/passkeys/" + factors_of(session, ana.id).passkeys[0].public_id
    session.rollback()
    assert client.get(page).status_code == 200
    assert client.post(page, data={"name": ""}).status_code == 422
    assert client.post(page, data={"name": "Old phone"}).status_code == 303
    assert "Old phone" in client.get(SECURITY).text
    assert client.post(page + "/remove").status_code == 303
    assert not factors_of(session, ana.id).has_any
    failed = client.post("/account/security/passkeys/add", data={"name": "x", "answer": "{}"})
    assert failed.status_code == 422


def test_an_app_is_set_up_and_removed(client: FlaskClient, session: Session, ana: Account, log_in: LogIn) -> None:
    log_in()
    page = client.get("/account/security/app").text
    shown = re.search(r'<code class="key-text">([A-Z2-7 ]+)</code>', page)
    assert shown
    assert "<svg" in page
    key = shown[1].replace(" ", "")
    assert client.post("/account/security/app", data={"code": ""}).status_code == 422
    assert client.post("/account/security/app", data={"code": "000"}).status_code == 422
    done = client.post("/account/security/app", data={"code": code_of(key)})
    assert done.headers["Location"] == "/account/security/recovery-codes"
    codes = client.post("/account/security/recovery-codes").text
    assert len(re.findall(r"<li><code>[0-9A-Z]{5}-[0-9A-Z]{5}</code></li>", codes)) == 10
    assert "<code>" not in client.get("/account/security/recovery-codes").text
    assert client.get("/account/security/app/remove").status_code == 200
    assert client.post("/account/security/app/remove").status_code == 303
    assert session.scalars(sa.select(AppKey)).all() == []


def test_the_password_is_changed(client: FlaskClient, ana: Account, log_in: LogIn) -> None:
    log_in()
    page = "/account/security/password"
    assert client.get(page).status_code == 200
    for typed in (
        {},
        {"old_password": OTHER, "new_password": OTHER},
        {"old_password": GOOD, "new_password": "ana alvarez!"},
    ):
        assert client.post(page, data=typed).status_code == 422
    assert client.post(page, data={"old_password": GOOD, "new_password": OTHER}).status_code == 303
    assert client.get("/account/").status_code == 200
    client.post("/account/log-out")
    assert log_in(password=OTHER).status_code == 303


@pytest.fixture
def stale(client: FlaskClient, session: Session, ana: Account, log_in: LogIn) -> FlaskClient:
    """Ana's browser, an hour after she logged in."""
    log_in()
    make_stale(session)
    return client


def make_stale(session: Session) -> None:
    session.rollback()
    long_ago = utc_now() - timedelta(minutes=11)
    session.execute(sa.update(LoginSession).values(authenticated_at=long_ago))
    session.commit()


def test_what_matters_asks_who_it_is_and_comes_back(stale: FlaskClient) -> None:
    before = cookie(stale)
    assert stale.get("/account/security/app").headers["Location"] == "/account/confirm"
    assert stale.get("/account/confirm").status_code == 200
    assert stale.post("/account/confirm", data={"way": "password"}).status_code == 422
    assert stale.post("/account/confirm", data={"way": "password", "password": OTHER}).status_code == 422
    right = stale.post("/account/confirm", data={"way": "password", "password": GOOD})
    assert right.headers["Location"] == "/account/security/app"
    assert cookie(stale) != before
    assert stale.get("/account/security/app").status_code == 200


def test_what_was_typed_is_kept_but_no_secret(stale: FlaskClient) -> None:
    typed = {"name": "My <phone>", "old_password": GOOD}
    assert stale.post("/account/security/passkeys/add", data=typed).headers["Location"] == "/account/confirm"
    done = stale.post("/account/confirm", data={"way": "password", "password": GOOD})
    assert done.headers["Location"] == "/account/confirmed"
    page = stale.get("/account/confirmed").text
    assert 'name="name" value="My &lt;phone&gt;"' in page
    assert GOOD not in page
    assert stale.post("/account/security/passkeys/add", data=typed).status_code == 422
    assert stale.get("/account/confirmed").headers["Location"] == SECURITY


def test_too_much_is_not_kept(stale: FlaskClient) -> None:
    stale.post("/account/security/passkeys/add", data={"name": "x" * 220_000})
    stale.post("/account/confirm", data={"way": "password", "password": GOOD})
    assert "xxxx" not in stale.get("/account/confirmed").text


def test_a_code_or_a_passkey_confirms_too(client: FlaskClient, session: Session, ana: Account, device: Device) -> None:
    key = set_up(session, ana)
    client.post("/account/log-in", data={"email": ana.email, "password": GOOD})
    client.post(CODE, data={"code": code_of(key)})
    make_stale(session)
    assert client.post("/account/confirm", data={"way": "code", "code": "000"}).status_code == 422
    confirmed, _ = answer(client, device, "/account/confirm", "/account/confirm", way="passkey")
    assert confirmed.headers["Location"] == SECURITY


@pytest.fixture
def strict(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A clinic where people who work there must have a second step."""
    settings = settings_for(
        app.config["SQLALCHEMY_DATABASE_URI"], app.config["SETTINGS"].data_folder, STAFF_SECOND_FACTOR="on"
    )
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    return


@pytest.mark.usefixtures("strict")
def test_staff_are_led_to_add_one_first(client: FlaskClient, session: Session, dora: Account, log_in: LogIn) -> None:
    log_in(dora.email)
    for page in ("/desk/", "/account/", "/", "/desk/patients"):
        assert client.get(page).headers["Location"] == SECURITY, page
    assert client.post("/desk/calendars/closed").headers["Location"] == SECURITY
    assert "Add a second step before you go on" in client.get(SECURITY).text
    page = client.get("/account/security/app").text
    key = re.sub(" ", "", re.findall(r'key-text">([A-Z2-7 ]+)<', page)[0])
    client.post("/account/security/app", data={"code": code_of(key)})
    assert client.get("/account/").status_code == 200
    kept = client.post("/account/security/app/remove")
    assert kept.headers["Location"] == SECURITY
    session.rollback()
    assert factors_of(session, dora.id).has_any, "the last one stays"


@pytest.mark.usefixtures("strict")
def test_patients_are_not(client: FlaskClient, ana: Account, log_in: LogIn) -> None:
    log_in()
    assert client.get("/account/").status_code == 200


@pytest.mark.usefixtures("strict")
def test_a_session_from_before_logs_in_anew(
    client: FlaskClient, session: Session, dora: Account, log_in: LogIn
) -> None:
    key = set_up(session, dora)
    log_in(dora.email)
    client.post(CODE, data={"code": code_of(key)})
    assert client.get("/account/").status_code == 200
    with client.session_transaction() as kept:
        kept[SECOND_STEP] = False
    assert client.get("/account/").headers["Location"] == "/account/log-in"
    assert client.get("/account/").headers["Location"].startswith("/account/log-in?next")


@pytest.mark.usefixtures("strict")
def test_who_must_have_one_may_log_out_without(client: FlaskClient, dora: Account, log_in: LogIn) -> None:
    log_in(dora.email)
    assert client.post("/account/log-out").headers["Location"] == "/account/log-in"


@pytest.mark.usefixtures("strict")
def test_the_last_passkey_stays_too(client: FlaskClient, session: Session, dora: Account, log_in: LogIn) -> None:
    log_in(dora.email)
    asked = question(client.get("/account/security/passkeys/add").text, "create")
    data = {"name": "Key", "challenge": asked["challenge"], "answer": Device().make(asked["options"])}
    dora_id = dora.id
    session.rollback()
    client.post("/account/security/passkeys/add", data=data)
    page = "/account/security/passkeys/" + factors_of(session, dora_id).passkeys[0].public_id
    session.rollback()
    assert client.post(page + "/remove").headers["Location"] == SECURITY
    assert factors_of(session, dora_id).has_any
