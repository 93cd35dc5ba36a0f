"""A visit booked, its questions answered and the visit cancelled in a browser that runs no script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from booking.core.actor import Role
from tests.live import LiveProgram
from tests.ui import mailed_pages, steps, waiting_pages
from tests.ui.conftest import PHONE, Windows
from tests.ui.people import DORA, Person
from tests.ui.stage import Stage

# SQLite alone: a browser does not know which database is behind the page.
pytestmark = [pytest.mark.ui, pytest.mark.sqlite_only]

PLAIN = Person("paula@example.org", Role.PATIENT, "Paula Plain")


def test_booking_answering_and_cancelling_need_no_script(windows: Windows) -> None:
    page = windows.open(size=PHONE, java_script_enabled=False)
    steps.choose_service(page, "First consultation")
    steps.choose_time(page)
    steps.fill_details(page, PLAIN)
    visit_id = steps.book(page)
    steps.answer_all_forms(page, visit_id)
    page.goto(f"/visits/{visit_id}")
    steps.follow(page, "Cancel this visit")
    steps.press(page, "Cancel this appointment")
    steps.heading(page, "canceled")
    steps.press(page, "Undo: keep my visit")
    steps.heading(page, "Your visit on")


def test_mailed_links_need_no_script(windows: Windows, program: LiveProgram) -> None:
    stage = Stage(program, lambda: windows.open(size=PHONE, java_script_enabled=False))
    expect(
        mailed_pages.mailed_visit_confirmed(stage).get_by_text("You have told us that you will come.")
    ).to_be_visible()
    expect(mailed_pages.mailed_visit_known(stage).get_by_text("Dr Maria Cruz")).to_be_visible()
    expect(mailed_pages.mailed_offer_taken(stage).get_by_text("Clinic time:")).to_be_visible()


def test_wishes_and_the_waiting_list_need_no_script(windows: Windows, program: LiveProgram) -> None:
    page = windows.open(size=PHONE, java_script_enabled=False)
    steps.choose_service(page, "First consultation")
    waiting_pages.open_filters(page)
    page.locator(".more-choices > summary").click()
    page.get_by_label("Wednesday", exact=True).first.check()
    steps.press(page, "Update times")
    expect(page.locator(".filters-now")).to_contain_text("Wednesday")
    steps.follow(page, "Join the waiting list")
    expect(page.get_by_label("Wednesday", exact=True)).to_be_checked()
    steps.press(page, "Join the waiting list")
    steps.heading(page, "Who is waiting?")
    stage = Stage(program, lambda: windows.open(size=PHONE, java_script_enabled=False))
    page = waiting_pages.wait_left(stage)
    steps.press(page, "Join again")
    steps.heading(page, "You are on the waiting list")


def test_a_refused_form_tells_its_mistakes_without_script(windows: Windows) -> None:
    page = windows.open(size=PHONE, java_script_enabled=False)
    steps.choose_service(page, "First consultation")
    steps.choose_time(page)
    steps.press(page, "Continue")
    expect(page.locator(".govuk-error-summary")).to_contain_text("Enter the first name")


def test_the_desk_books_for_a_caller_without_script(windows: Windows) -> None:
    page = windows.open(java_script_enabled=False)
    steps.log_in(page, DORA)
    page.goto("/desk/book")
    page.locator("#text").fill("alvarez")
    page.get_by_role("button", name="Search").click()
    page.locator(".match-table a").first.click()
    steps.a_week_later(page)
    page.locator(".numbered-time").first.click()
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_text("Booked:")).to_be_visible()


def test_the_colours_are_chosen_without_script(windows: Windows) -> None:
    page = windows.open(java_script_enabled=False)
    page.goto("/")
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
