"""Somebody who helps, all the way: asked by mail, logged in, booking for another, and ended in an open window."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from booking.models import Account
from tests.factories import make_account, make_patient
from tests.live import LiveProgram, links
from tests.ui import steps
from tests.ui.conftest import PHONE, Windows
from tests.ui.people import ANA
from tests.ui.people_pages import NEWCOMER as KIM

# The services are tried on both databases; the pages do not know which it is.
pytestmark = [pytest.mark.ui, pytest.mark.sqlite_only]


def test_from_the_question_to_the_end_of_the_help(program: LiveProgram, windows: Windows) -> None:
    know_kim(program)
    ana, kim = windows.open(size=PHONE), windows.open(size=PHONE)
    steps.log_in(ana, ANA)
    ask(ana)
    letter = program.wait_for_mail(KIM.email, "asked for your help")
    assert "Ana" not in letter.text
    say_yes(kim, next(link for link in links(letter) if "/l/" in link))
    visit_id = book_for_ana(kim)
    program.wait_for_mail(ANA.email, "helps you from now on")
    end_help(ana)
    kim.goto(f"/visits/{visit_id}")
    steps.heading(kim, "Page not found")
    kim.goto("/visits/")
    expect(kim.locator("#main")).not_to_contain_text("Ana")


def know_kim(program: LiveProgram) -> None:
    """Kim has an account with the password of everybody here."""
    with program.session() as session:
        secret = session.scalars(sa.select(Account.password_hash).where(Account.email_key == ANA.email)).one()
        own = make_patient(session, given_name="Kim", family_name="Quist", email=KIM.email)
        make_account(
            session, patients=(own,), email=KIM.email, email_key=KIM.email, name=KIM.name, password_hash=secret
        )


def ask(page: Page) -> None:
    page.goto("/account/")
    steps.follow(page, "People who help you, and people you help")
    steps.follow(page, "Ask somebody to help you")
    steps.fill(page, "Their e-mail address", KIM.email)
    steps.press(page, "Send the invitation")
    expect(page.locator("#main")).to_contain_text("Asked, not answered yet")


def say_yes(page: Page, link: str) -> None:
    """Who asks is said after logging in, and not before."""
    page.goto(link)
    steps.heading(page, "You are asked for your help")
    expect(page.locator("#main")).not_to_contain_text("Ana")
    steps.follow(page, "Log in")
    steps.fill(page, "E-mail address", KIM.email)
    page.locator("input[name=password]").fill("slow river under oaks")
    steps.press(page, "Log in")
    steps.heading(page, "Would you help Ana Alvarez?")
    steps.press(page, "Yes, I help")
    steps.heading(page, "My visits")


def book_for_ana(page: Page) -> str:
    steps.choose_service(page, "First consultation")
    steps.choose_time(page)
    page.get_by_label("Ana Alvarez").check(force=True)
    steps.press(page, "Continue")
    steps.heading(page, "About the visit")
    return steps.book(page)


def end_help(page: Page) -> None:
    page.goto("/account/people")
    steps.follow(page, "End this")
    steps.press(page, "End it")
    expect(page.locator("#main")).to_contain_text("Nobody.")
