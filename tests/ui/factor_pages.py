"""Ways to the pages about how one logs in, and to the second step of logging in."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import sqlalchemy as sa
from playwright.sync_api import Page

from booking.core.clock import utc_now
from booking.models import Account, LoginSession
from booking.queries.credentials import factors_of
from booking.services.app_codes import add_app, new_key
from booking.services.recovery_codes import make_codes
from tests.factories import make_account, make_passkey, make_patient
from tests.services.factors_cast import DOOR, person
from tests.ui import steps
from tests.ui.people import DORA, PASSWORD, Person
from tests.ui.stage import Stage
from tests.ui.ways import add, at, shows

NIA = Person("nia@example.org", DORA.role.PATIENT, "Nia Novak")

add("security", "factors.overview", "/account/security/", by=DORA)
add("change_password", "factors.change_password", "/account/security/password", by=DORA)
add("add_app", "factors.add_app", "/account/security/app", by=DORA)
add("add_passkey", "passkeys.add", "/account/security/passkeys/add", by=DORA)
add("log_in_over", "second_step.code", "/account/log-in/code")


def nia(stage: Stage) -> int:
    """The id of Nia's account, which has every second step; made when it is first asked for."""
    with stage.program.session() as session:
        found = session.scalar(sa.select(Account.id).where(Account.email_key == NIA.email))
        if found is not None:
            return found
        # The hash of the password that all people of these tests have.
        known = session.scalar(sa.select(Account.password_hash).where(Account.email_key == DORA.email))
        account = make_account(
            session, patients=(make_patient(session, email=NIA.email),), email=NIA.email, email_key=NIA.email,
            name=NIA.name, password_hash=known,
        )  # fmt: skip
        key, then = new_key(), utc_now() - timedelta(hours=1)
        add_app(session, actor=person(account), door=DOOR, key=key, code=pyotp.TOTP(key).at(then), keep="", now=then)
        make_passkey(session, account)
        make_codes(session, actor=person(account), keep="", now=utc_now())
        return account.id


def by_nia(stage: Stage, path: str) -> Page:
    nia(stage)
    return at(path, by=NIA)(stage)


@shows("factors.overview")
def security_with_everything(stage: Stage) -> Page:
    return by_nia(stage, "/account/security/")


@shows("factors.remove_app")
def remove_app(stage: Stage) -> Page:
    return by_nia(stage, "/account/security/app/remove")


@shows("factors.show_recovery_codes")
def recovery_codes(stage: Stage) -> Page:
    return by_nia(stage, "/account/security/recovery-codes")


@shows("factors.show_recovery_codes")
def new_recovery_codes(stage: Stage) -> Page:
    page = recovery_codes(stage)
    steps.press(page, "Make new codes")
    page.locator(".recovery-codes").wait_for()
    return page


@shows("passkeys.passkey")
def one_passkey(stage: Stage) -> Page:
    with stage.program.session() as session:
        public_id = factors_of(session, nia(stage)).passkeys[0].public_id
    return by_nia(stage, f"/account/security/passkeys/{public_id}")


def _stale(stage: Stage) -> None:
    with stage.program.session() as session:
        long_ago = utc_now() - timedelta(hours=1)
        session.execute(
            sa.update(LoginSession).where(LoginSession.account_id == nia(stage)).values(authenticated_at=long_ago)
        )
        session.commit()


@shows("identity.confirm")
def confirm_it_is_you(stage: Stage) -> Page:
    return by_nia(stage, "/account/confirm")


@shows("identity.go_on")
def go_on_after_proof(stage: Stage) -> Page:
    page = one_passkey(stage)
    _stale(stage)
    steps.fill(page, "Name", "Old phone")
    steps.press(page, "Save the name")
    steps.heading(page, "Please confirm it is you")
    page.locator("input[name=password]").fill(PASSWORD)
    steps.press(page, "Confirm with the password")
    steps.heading(page, "Thank you, go on")
    return page


@shows("second_step.code")
def second_step(stage: Stage) -> Page:
    nia(stage)
    page = stage.page()
    page.goto("/account/log-in")
    steps.fill(page, "E-mail address", NIA.email)
    page.locator("input[name=password]").fill(PASSWORD)
    steps.press(page, "Log in")
    steps.heading(page, "Second step")
    return page


@shows("second_step.code")
def second_step_with_errors(stage: Stage) -> Page:
    page = second_step(stage)
    steps.press(page, "Log in")
    page.locator("#error-summary").wait_for()
    return page


@shows("second_step.recovery_code")
def recovery_step(stage: Stage) -> Page:
    page = second_step(stage)
    steps.follow(page, "Use a recovery code")
    steps.heading(page, "Use a recovery code")
    return page
