"""A visit booked with the keyboard alone: every stop shows where it is, and a refused form says so where one looks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from booking.core.actor import Role
from tests.ui import steps
from tests.ui.conftest import Windows
from tests.ui.people import Person

# SQLite alone: keys do not know which database is behind the page.
pytestmark = [pytest.mark.ui, pytest.mark.sqlite_only]

KEITH = Person("keith@example.org", Role.PATIENT, "Keith Keys")
MOST_STOPS = 120
FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  const drawn = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== "none";
  const label = one.labels && one.labels.length ? one.labels[0].textContent : "";
  return { text: (label || one.getAttribute("aria-label") || one.textContent).trim().replace(/\\s+/g, " "), drawn };
}"""


def tab_to(page: Page, text: str) -> None:
    """Press Tab until that text has the focus; every stop on the way is visibly focused."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        assert stop["drawn"], f"no focus to be seen on {stop['text']!r} at {page.url}"
        if stop["text"].startswith(text):
            return
    raise AssertionError(f"{text!r} is not reached with Tab at {page.url}")


def type_into(page: Page, label: str, text: str) -> None:
    tab_to(page, label)
    page.keyboard.type(text)


def test_a_visit_is_booked_with_the_keyboard_alone(windows: Windows) -> None:
    page = windows.open()
    page.goto("/")
    tab_to(page, "Book an appointment")
    page.keyboard.press("Enter")
    steps.heading(page, "What is the visit for?")
    tab_to(page, "First consultation")
    page.keyboard.press("Enter")
    steps.heading(page, "Choose a time")
    tab_to(page, "Take this time")
    page.keyboard.press("Space")
    type_details(page)
    tab_to(page, "Continue")
    page.keyboard.press("Enter")
    steps.heading(page, "Check your answers")
    tab_to(page, "Book this appointment")
    page.keyboard.press("Space")
    steps.heading(page, "Your appointment is booked")


def type_details(page: Page) -> None:
    steps.heading(page, "Your details")
    for label, text in (
        ("First name", "Keith"), ("Last name", "Keys"), ("Day", "17"), ("Month", "5"), ("Year", "1980"),
        ("E-mail address", KEITH.email),
    ):  # fmt: skip
        type_into(page, label, text)


def test_skipping_to_the_content_is_the_first_stop(windows: Windows) -> None:
    page = windows.open()
    page.goto("/book/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_refused_form_moves_the_focus_to_its_errors_and_they_lead_to_the_field(windows: Windows) -> None:
    page = windows.open()
    page.goto("/account/register")
    steps.press(page, "Make my account")
    summary = page.locator(".govuk-error-summary")
    expect(summary).to_be_focused()
    expect(page).to_have_title("Error: Make an account – Test Pain Clinic")
    summary.get_by_role("link", name="Enter your first name").click()
    expect(page.get_by_label("First name")).to_be_focused()
