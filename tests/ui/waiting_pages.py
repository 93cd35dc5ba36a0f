"""Ways to the pages of people who wait for a time, and to the list of times with its filters open."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.ui import steps
from tests.ui.people import ANA, Person
from tests.ui.stage import Stage
from tests.ui.ways import add, at, shows

WAIT = "/book/first-consultation/wait"
JOIN = "Join the waiting list"
GUEST = Person("wanda@example.org", ANA.role, "Wanda Waits")

add("wait", "waiting.wait", WAIT)
add("wait_of_known_patient", "waiting.wait", WAIT, by=ANA)


@shows("waiting.wait")
def wait_with_errors(stage: Stage) -> Page:
    page = at(WAIT)(stage)
    steps.fill(page, "Until", "")
    steps.press(page, JOIN)
    steps.heading(page, JOIN)
    return page


@shows("scheduling.times")
def times_with_all_choices(stage: Stage) -> Page:
    """The filters and the later times of a day stand open."""
    page = at("/book/first-consultation/times?who=dr-cruz")(stage)
    open_filters(page)
    page.locator(".more-choices > summary").click()
    page.locator(".more-times > summary").first.click()
    return page


@shows("scheduling.times")
def times_as_wished(stage: Stage) -> Page:
    """A wish that leaves no time, and the way back to all of them."""
    page = at("/book/first-consultation/times")(stage)
    open_filters(page)
    page.locator(".more-choices > summary").click()
    page.get_by_label("Saturday", exact=True).first.check()
    steps.press(page, "Update times")
    page.get_by_role("button", name="Show all times").wait_for()
    return page


def open_filters(page: Page) -> None:
    """A wide window shows them at once. Whether it does is seen when the page and its styles are there."""
    page.wait_for_load_state("load")
    if page.locator(".filters-frame > summary").is_visible():
        page.locator(".filters-frame > summary").click()


@shows("waiting.who_waits")
def who_waits(stage: Stage) -> Page:
    page = at(WAIT)(stage)
    steps.press(page, JOIN)
    steps.heading(page, "Who is waiting?")
    return page


@shows("waiting.who_waits")
def who_waits_with_errors(stage: Stage) -> Page:
    page = who_waits(stage)
    steps.press(page, JOIN)
    page.locator(".govuk-error-summary").wait_for()
    return page


@shows("waiting.entry")
def joined(stage: Stage) -> Page:
    page = who_waits(stage)
    given, _, family = GUEST.name.partition(" ")
    steps.fill(page, "First name", given)
    steps.fill(page, "Last name", family)
    steps.fill_date(page, 17, 5, 1980)
    steps.fill(page, "E-mail address", GUEST.email)
    steps.press(page, JOIN)
    steps.heading(page, "You are on the waiting list")
    return page


@shows("waiting.change")
def wait_changed(stage: Stage) -> Page:
    page = joined(stage)
    steps.follow(page, "Change what I wait for")
    steps.heading(page, "Change what you wait for")
    return page


@shows("waiting.entry")
def wait_left(stage: Stage) -> Page:
    page = joined(stage)
    steps.press(page, "Leave the waiting list")
    steps.heading(page, "You are not on the waiting list any more")
    return page


@shows("waiting.wait_for_earlier")
def wait_for_earlier(stage: Stage) -> Page:
    return at(f"/visits/{stage.visit()}/wait", by=ANA)(stage)


@shows("visits.visits")
def visits_with_a_wait(stage: Stage) -> Page:
    page = wait_for_earlier(stage)
    steps.press(page, JOIN)
    steps.heading(page, "You are on the waiting list")
    page.goto("/visits/")
    return page
