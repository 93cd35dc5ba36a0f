"""What people do on the pages, in the words that stand on them. Works with and without JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

from booking.core.clock import utc_now
from tests.ui.people import PASSWORD, Person

DATE_PARTS = ("-day", "-month", "-year")


def press(page: Page, name: str) -> None:
    """The button of that name in the page's own content."""
    page.locator("#main").get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    """The link of that name in the page's own content; links that look like buttons are links."""
    page.locator("#main").get_by_role("link", name=name, exact=True).first.click()


def send(page: Page, name: str) -> None:
    """The same, and wait for the page that comes of it: what is read before is the old page, and who goes elsewhere
    before takes the form back."""
    with page.expect_navigation():
        press(page, name)


def go_on(page: Page, name: str) -> None:
    """The link of that name, and wait for the page that it leads to."""
    with page.expect_navigation():
        follow(page, name)


def later_week(page: Page) -> None:
    """From one week of times to the next."""
    with page.expect_navigation():
        page.get_by_role("link", name="Later week").click()


def a_week_later(page: Page) -> None:
    """From the desk's next times to those in a week: booking the very next ones may need a reason."""
    page.locator(".numbered").wait_for()
    page.goto(f"{page.url}&start={utc_now().date() + timedelta(days=7)}")
    page.locator(".numbered-time").first.wait_for()


def fill(page: Page, label: str, text: str) -> None:
    page.get_by_label(re.compile(rf"^\s*{re.escape(label)}")).fill(text)


def fill_date(page: Page, day: int, month: int, year: int) -> None:
    for label, number in (("Day", day), ("Month", month), ("Year", year)):
        page.get_by_label(label, exact=True).fill(str(number))


def heading(page: Page, text: str) -> None:
    """Wait for the page with that heading."""
    expect(page.get_by_role("heading", level=1, name=text)).to_be_visible()


def log_in(page: Page, person: Person) -> None:
    page.goto("/account/log-in")
    fill(page, "E-mail address", person.email)
    page.locator("input[name=password]").fill(PASSWORD)
    press(page, "Log in")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def register(page: Page, person: Person) -> None:
    """Make an account, as far as "Check your e-mail"."""
    given, _, family = person.name.partition(" ")
    page.goto("/account/register")
    fill(page, "First name", given)
    fill(page, "Last name", family)
    fill_date(page, 17, 5, 1980)
    fill(page, "E-mail address", person.email)
    page.locator("input[name=password]").fill(PASSWORD)
    press(page, "Make my account")
    heading(page, "Check your e-mail")


def choose_service(page: Page, name: str) -> None:
    page.goto("/")
    follow(page, "Book an appointment")
    follow(page, name)
    heading(page, "Choose a time")


def choose_time(page: Page, *, weeks_later: int = 1) -> None:
    """The first time that is free, some weeks from now."""
    for _ in range(weeks_later):
        later_week(page)
    page.locator("button.slot").first.click()


def fill_details(page: Page, person: Person) -> None:
    """Details of somebody without an account."""
    given, _, family = person.name.partition(" ")
    heading(page, "Your details")
    fill(page, "First name", given)
    fill(page, "Last name", family)
    fill_date(page, 17, 5, 1980)
    fill(page, "E-mail address", person.email)


def book(page: Page) -> str:
    """From the details page to the confirmation; the visit's id."""
    press(page, "Continue")
    heading(page, "Check your answers")
    press(page, "Book this appointment")
    heading(page, "Your appointment is booked")
    return urlsplit(page.url).path.rpartition("/")[2]


def answer_all_forms(page: Page, visit_id: str) -> None:
    """Every form of the visit, one question after the other, until the thanks for the last of them."""
    page.goto(f"/visits/{visit_id}/forms/")
    for _ in range(100):
        # Each press is a new page; what is read before it has come is the old one, or half of the new one.
        with page.expect_navigation():
            answer_next(page)
        if page.get_by_role("heading", level=1, name="Thank you").count() and not next_form(page).count():
            return
    raise AssertionError(f"no end of questions at {page.url}")


def answer_next(page: Page) -> None:
    """One step on: a page of questions, the review, or the next form."""
    if page.locator("form#answers").count():
        answer_page(page)
    elif page.get_by_role("button", name="Send my answers").count():
        press(page, "Send my answers")
    else:
        next_form(page).first.click()


def next_form(page: Page) -> Locator:
    return page.locator("#main a.govuk-button")


def answer_page(page: Page) -> None:
    """The first choice of each question, and a few words where words are asked for; then go on."""
    form = page.locator("form#answers")
    radios = form.locator("input[type=radio]")
    for name in dict.fromkeys(radios.evaluate_all("all => all.map(one => one.name)")):
        form.locator(f'input[type=radio][name="{name}"]').first.check(force=True)
    for box in form.locator("textarea, input[type=text]").all():
        answer_box(box)
    form.get_by_role("button", name="Continue").click()


def answer_box(box: Locator) -> None:
    name = box.get_attribute("name") or ""
    if box.is_visible() and not name.endswith(DATE_PARTS):
        box.fill("12" if box.get_attribute("inputmode") in {"numeric", "decimal"} else "Walking to the shop")
