"""The patient's whole way on a phone, with and without JavaScript: few taps, few screens, nothing typed twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Frame, Page, expect

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.models import Hold, LinkAction
from tests.live import LiveProgram
from tests.ui import steps
from tests.ui.conftest import PHONE, Windows
from tests.ui.people import ANA, Person
from tests.ui.stage import Stage
from tests.ui.test_keyboard import tab_to

# SQLite alone: a browser does not know which database is behind the page.
pytestmark = [pytest.mark.ui, pytest.mark.sqlite_only]

GUEST = Person("greta@example.org", Role.PATIENT, "Greta Guest")
TIMES = "/book/first-consultation/times"


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def stage(request: pytest.FixtureRequest, browser: Browser, program: LiveProgram) -> Iterator[Stage]:
    """Phones, with JavaScript or without."""
    with ExitStack() as stack:
        windows = Windows(browser, program, stack)
        yield Stage(program, lambda: windows.open(size=PHONE, java_script_enabled=request.param))


def screens(page: Page) -> list[str]:
    """The addresses that the window shows from now on, each screen once."""
    shown: list[str] = []

    def note(frame: Frame) -> None:
        path = urlsplit(frame.url).path
        if frame == page.main_frame and path not in shown:
            shown.append(path)

    page.on("framenavigated", note)
    return shown


def later(page: Page) -> None:
    """A week from now, so that each test has times of its own."""
    steps.later_week(page)


def test_somebody_known_books_with_three_taps(stage: Stage) -> None:
    page = stage.page(ANA)
    page.goto(TIMES)
    taps: list[str] = []
    page.on(
        "request", lambda one: taps.append(one.url) if one.is_navigation_request() and not one.redirected_from else None
    )
    page.locator("button.slot").first.click()
    steps.press(page, "Continue")
    steps.press(page, "Book this appointment")
    steps.heading(page, "Your appointment is booked")
    assert len(taps) == 3, taps


def test_somebody_new_books_on_five_screens_and_moves_the_visit_and_back(stage: Stage) -> None:
    page = stage.page()
    shown = screens(page)
    page.goto("/book/")
    steps.follow(page, "First consultation")
    page.locator("button.slot").first.click()
    steps.fill_details(page, GUEST)
    visit_id = steps.book(page)
    assert len(shown) <= 5, shown
    move(page, visit_id)
    steps.press(page, "Undo: back to my old time")
    expect(page.get_by_text("Your visit is back at its old time.")).to_be_visible()


def move(page: Page, visit_id: str) -> None:
    """To another time of the same specialist; own details are not asked again."""
    page.goto(f"/visits/{visit_id}")
    steps.follow(page, "Choose another time")
    steps.heading(page, "Choose another time")
    expect(page.get_by_role("link", name="Keep my current time")).to_be_in_viewport()
    later(page)
    page.locator("button.slot").first.click()
    steps.heading(page, "Move your visit?")
    steps.press(page, "Move my visit")
    steps.heading(page, "Your visit is moved")


def test_a_mailed_link_moves_a_visit_and_cancelling_is_taken_back(stage: Stage) -> None:
    visit_id = stage.visit()
    guest = stage.page()
    guest.goto(stage.visit_link(visit_id, LinkAction.CHANGE_VISIT))
    steps.heading(guest, "Choose another time")
    assert "Cruz" not in guest.content()
    later(guest)
    guest.locator("button.slot").first.click()
    steps.press(guest, "Move my visit")
    steps.heading(guest, "Your visit is moved")
    page = stage.page(ANA)
    page.goto(f"/visits/{visit_id}/cancel")
    steps.press(page, "Cancel this appointment")
    steps.heading(page, "Your visit is canceled")
    steps.press(page, "Undo: keep my visit")
    expect(page.get_by_text("Your visit stands again, at the same time.")).to_be_visible()


def test_what_was_typed_outlives_a_hold_a_lost_race_and_going_to_log_in(stage: Stage) -> None:
    page = stage.page()
    page.goto(f"{TIMES}?who=dr-cruz")
    later(page)
    slot = page.locator("button.slot").first
    value = slot.get_attribute("value") or ""
    slot.click()
    steps.fill(page, "First name", "Greta")
    page.get_by_role("button", name="log in and type less").click()
    steps.heading(page, "Log in")
    page.goto("/book/details")
    expect(page.get_by_label("First name")).to_have_value("Greta")
    steps.fill_details(page, GUEST)
    steps.press(page, "Continue")
    steps.heading(page, "Check your answers")
    let_holds_end(stage.program)
    stage.take(value)
    steps.press(page, "Book this appointment")
    steps.heading(page, "taken")
    expect(page.get_by_text("All that you typed is kept.")).to_be_visible()
    page.locator("button.slot").first.click()
    steps.heading(page, "Check your answers")
    steps.press(page, "Book this appointment")
    steps.heading(page, "Your appointment is booked")
    expect(page.locator("#main")).to_contain_text("Greta Guest")


def let_holds_end(program: LiveProgram) -> None:
    with program.session() as session:
        session.execute(sa.update(Hold).values(expires_at=utc_now() - timedelta(minutes=1)))
        session.commit()


def test_a_visit_is_moved_with_the_keyboard_alone(windows: Windows, program: LiveProgram) -> None:
    stage = Stage(program, windows.open)
    page = stage.page(ANA)
    page.goto(f"/visits/{stage.visit()}")
    tab_to(page, "Choose another time")
    page.keyboard.press("Enter")
    steps.heading(page, "Choose another time")
    tab_to(page, "Take this time")
    page.keyboard.press("Space")
    steps.heading(page, "Move your visit?")
    tab_to(page, "Move my visit")
    page.keyboard.press("Enter")
    steps.heading(page, "Your visit is moved")
