"""Proving who one is, in a browser: register and confirm, passkeys of a device, codes of an app, recovery, reset."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect

from booking.core.actor import Role
from booking.core.clock import utc_now
from tests.live import CaughtLetter, LiveProgram, links
from tests.ui import steps
from tests.ui.conftest import Windows
from tests.ui.people import PASSWORD, Person

pytestmark = [pytest.mark.ui, pytest.mark.sqlite_only]

NEW_PASSWORD = "seven quiet harbours"


@pytest.fixture
def page(windows: Windows) -> Page:
    return windows.open()


def new_person(page: Page, program: LiveProgram, name: str) -> Person:
    """Register, confirm by the mailed link, log in."""
    person = Person(f"{name}@example.org", Role.PATIENT, f"{name.title()} Novak")
    steps.register(page, person)
    page.goto(link_in(program.wait_for_mail(person.email, "confirm")))
    steps.send(page, "Confirm my address")
    steps.log_in(page, person)
    return person


def link_in(letter: CaughtLetter) -> str:
    """The mailed link."""
    return next(link for link in links(letter) if "/l/" in link)


class Phone:
    """A device that knows its person, and answers at once while it is at hand."""

    def __init__(self, page: Page) -> None:
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        made = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._id = made["authenticatorId"]

    def be_at_hand(self, *, enabled: bool) -> None:
        params = {"authenticatorId": self._id, "enabled": enabled}
        self._devtools.send("WebAuthn.setAutomaticPresenceSimulation", params)


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out").first.click()
    steps.heading(page, "Log in")


def type_password(page: Page, person: Person, password: str = PASSWORD) -> None:
    page.goto("/account/log-in")
    steps.fill(page, "E-mail address", person.email)
    page.locator("input[name=password]").fill(password)
    steps.press(page, "Log in")


def set_up_app(page: Page) -> tuple[pyotp.TOTP, list[str]]:
    """From the account page to the recovery codes."""
    page.goto("/account/")
    steps.follow(page, "Change how you log in")
    steps.follow(page, "Set up an app")
    app = pyotp.TOTP(page.locator(".key-text").inner_text().replace(" ", ""))
    steps.fill(page, "Code", app.at(utc_now()))
    steps.press(page, "Set up")
    steps.press(page, "Get my codes")
    shown = page.locator(".recovery-codes code")
    expect(shown).to_have_count(10)
    codes = shown.all_inner_texts()
    steps.follow(page, "I have kept them")
    return app, codes


def next_code(app: pyotp.TOTP) -> str:
    """The code of the next half minute, for the one of now is used up; clocks may differ as much."""
    return app.at(utc_now() + timedelta(seconds=30))


def is_in(page: Page) -> None:
    expect(page.get_by_role("button", name="Log out").first).to_be_visible()


def test_a_passkey_of_the_device(page: Page, program: LiveProgram) -> None:
    person = new_person(page, program, "petra")
    phone = Phone(page)
    page.goto("/account/security/passkeys/add")
    steps.fill(page, "Name", "My phone")
    steps.press(page, "Add the passkey")
    steps.heading(page, "Recovery codes")
    phone.be_at_hand(enabled=False)
    log_out(page)
    phone.be_at_hand(enabled=True)
    page.get_by_label("Others use this computer too").check()
    steps.press(page, "Log in with a passkey")
    is_in(page)
    page.goto("/account/sessions/")
    expect(page.get_by_text("Others use this computer too: log out when you are done.").first).to_be_visible()
    phone.be_at_hand(enabled=False)
    log_out(page)
    type_password(page, person)
    steps.heading(page, "Second step")
    phone.be_at_hand(enabled=True)
    steps.press(page, "Use a passkey")
    is_in(page)


def test_codes_of_an_app_and_a_recovery_code(page: Page, program: LiveProgram) -> None:
    person = new_person(page, program, "tom")
    app, codes = set_up_app(page)
    log_out(page)
    type_password(page, person)
    steps.fill(page, "Code", next_code(app))
    steps.press(page, "Log in")
    is_in(page)
    log_out(page)
    type_password(page, person)
    steps.follow(page, "Use a recovery code")
    steps.fill(page, "Recovery code", codes[0].lower())
    steps.press(page, "Log in")
    is_in(page)
    page.goto("/account/security/")
    expect(page.get_by_text("9 codes are left")).to_be_visible()


def test_a_new_password_by_mail_still_asks_for_the_second_step(page: Page, program: LiveProgram) -> None:
    person = new_person(page, program, "rita")
    app, _codes = set_up_app(page)
    log_out(page)
    steps.follow(page, "I have forgotten my password")
    steps.fill(page, "E-mail address", person.email)
    steps.send(page, "Send me the link")
    page.goto(link_in(program.wait_for_mail(person.email, "new password")))
    page.locator("input[name=password]").fill(NEW_PASSWORD)
    steps.send(page, "Set my new password")
    type_password(page, person, NEW_PASSWORD)
    steps.heading(page, "Second step")
    steps.fill(page, "Code", next_code(app))
    steps.press(page, "Log in")
    is_in(page)
