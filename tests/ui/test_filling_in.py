"""The long form as people fill it in: how long it takes on a phone, by keyboard alone, with a connection that comes and
goes, on two devices."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.live import LiveProgram
from tests.ui import steps
from tests.ui.conftest import PHONE, Windows
from tests.ui.people import ANA
from tests.ui.stage import Stage

# SQLite alone: a browser does not know which database is behind the page.
pytestmark = [pytest.mark.ui, pytest.mark.sqlite_only]

SECONDS_PER_TAP, WORDS_PER_MINUTE, MOST_MINUTES = 4, 150, 12
MOST_PAGES = 40
YES = {"referred", "takes-medicines", "bp", "bp-controlled", "escort", "preparation-by-email", "email-not-private"}
STATE = "[data-save-state]"
# What is read on a page, without the list that the picture of the body map stands for.
LINES = """() => [...document.querySelectorAll("#main :is(h1, h2, p, label, legend, .govuk-hint, button)")]
  .filter(one => one.checkVisibility() && !one.closest(".body-list, .answers-later, .permanent-line"))
  .map(one => one.innerText.trim())"""
FOCUSED = """() => { const one = document.activeElement; const inside = one.closest("[data-question]");
  return [one.tagName, one.type ?? "", inside?.dataset.question ?? "", one.innerText?.trim() ?? ""] }"""


GO_ON = {"Continue", "Still right, continue"}
"""What the button that saves a page is called, without and with answers of an earlier visit."""


@pytest.fixture
def visit(program: LiveProgram) -> str:
    return Stage(program, lambda: pytest.fail("no page")).visit()


@pytest.fixture
def phone(windows: Windows) -> Page:
    page = windows.open(size=PHONE)
    steps.log_in(page, ANA)
    return page


def go_on(page: Page) -> Locator:
    """The button that saves the page, whatever was answered at an earlier visit."""
    return page.locator("#answers .button-row button").first


class Reader:
    """Somebody who reads each sentence once, and counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps, self.words = page, 0, 0
        self.read: set[str] = set()

    def look(self) -> None:
        for line in self.page.evaluate(LINES):
            self.words += 0 if line in self.read else len(line.split())
            self.read.add(line)

    def tap(self, where: Locator) -> None:
        where.click(force=True)  # The tile of an answer lies over its words.
        self.taps += 1

    def type(self, where: Locator, typed: str) -> None:
        where.fill(typed)
        self.taps += 1 + len(typed.split())

    @property
    def minutes(self) -> float:
        return self.taps * SECONDS_PER_TAP / 60 + self.words / WORDS_PER_MINUTE

    def answer(self) -> None:
        """Everything on this page, as somebody who was referred, takes medicines and has high blood pressure; every
        other illness that is asked about they do not have."""
        for question in self.page.locator("[data-question]").all():
            if question.locator(".body-drawing").count():
                self.tap(question.locator(".region:not(.region--closed) .region-target:visible").first)
            elif question.locator("input[type=radio]").count():
                is_yes = question.get_attribute("data-question") in YES
                wanted = question.get_by_text("Yes" if is_yes else "No", exact=True)
                self.tap(wanted.first if wanted.count() else question.locator("label").first)
            elif question.locator("input[type=checkbox]").count():
                self.tap(question.locator("label").first)
            for box in question.locator("input[type=text], textarea").all():
                self.type(box, "After a fall")


def test_the_long_form_takes_twelve_minutes_at_most(phone: Page, visit: str) -> None:
    reader = Reader(phone)
    phone.goto(f"/visits/{visit}/forms/intake/1")
    for _ in range(MOST_PAGES):
        reader.look()
        if phone.get_by_role("button", name="Send my answers").count():
            break
        reader.answer()
        with phone.expect_navigation():
            reader.tap(go_on(phone))
    with phone.expect_navigation():
        reader.tap(phone.get_by_role("button", name="Send my answers"))
    steps.heading(phone, "Thank you")
    assert reader.taps > 50
    assert reader.minutes <= MOST_MINUTES, (reader.taps, reader.words, reader.minutes)


def test_the_long_form_is_filled_in_by_keyboard_alone(phone: Page, visit: str) -> None:
    phone.goto(f"/visits/{visit}/forms/intake/1")
    for _ in range(MOST_PAGES):
        if phone.get_by_role("button", name="Send my answers").count():
            break
        by_keyboard(phone)
    expect(phone.get_by_role("heading", level=1, name="Check your answers")).to_be_visible()


def by_keyboard(page: Page) -> None:
    """Answer each question of the page where the focus comes to it first, and go on with Enter."""
    answered: set[str] = set()
    for _ in range(200):
        page.keyboard.press("Tab")
        _, kind, question, text = page.evaluate(FOCUSED)
        if text in GO_ON and not question:
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
        if question and question not in answered:
            answered.add(question)
            page.keyboard.type(" " if kind in {"radio", "checkbox"} else "Walking")
    raise AssertionError(f"the focus never came to the button of {page.url}")


def test_a_connection_that_is_cut_loses_nothing(phone: Page, visit: str) -> None:
    phone.goto(f"/visits/{visit}/forms/intake/4")
    state, goal = phone.locator(STATE), phone.locator("[name=a_goal]")
    goal.fill("Walk")
    expect(state).to_contain_text("Saved")
    phone.context.set_offline(True)
    goal.fill("Walk to the market")
    expect(state).to_contain_text("Not saved, trying again")
    go_on(phone).click()
    expect(state).to_contain_text("No connection")
    expect(goal).to_have_value("Walk to the market")
    phone.context.set_offline(False)
    expect(state).to_contain_text("Saved")
    phone.reload()
    expect(phone.locator("[name=a_goal]")).to_have_value("Walk to the market")
    assert phone.evaluate("localStorage.length + sessionStorage.length") == 0


def test_leaving_with_something_unsaved_is_asked_about(phone: Page, visit: str) -> None:
    phone.goto(f"/visits/{visit}/forms/intake/4")
    phone.context.set_offline(True)
    phone.locator("[name=a_goal]").click()
    phone.keyboard.type("Walk")
    expect(phone.locator(STATE)).to_contain_text("Not saved")
    with phone.expect_event("dialog") as asked:
        phone.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.accept()


def test_a_log_out_in_another_window_is_told_at_once_and_loses_nothing(phone: Page, visit: str) -> None:
    phone.goto(f"/visits/{visit}/forms/intake/4")
    other = phone.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Log out").first.click()
    expect(other.get_by_role("link", name="Log in").first).to_be_visible()
    phone.locator("[name=a_goal]").fill("Walk to the market")
    expect(phone.locator(STATE)).to_contain_text("You are logged out. What you typed is kept.")
    steps.log_in(other, ANA)
    phone.locator("[name=a_goal]").fill("Walk to the market again")
    expect(phone.locator(STATE)).to_contain_text("Saved")
    other.goto(f"/visits/{visit}/forms/intake/4")
    expect(other.locator("[name=a_goal]")).to_have_value("Walk to the market again")


def test_two_devices_are_both_shown(phone: Page, windows: Windows, visit: str) -> None:
    tablet = windows.open()
    steps.log_in(tablet, ANA)
    for page in (phone, tablet):
        page.goto(f"/visits/{visit}/forms/intake/4")
    phone.locator("[name=a_goal]").fill("Walk to the market")
    expect(phone.locator(STATE)).to_contain_text("Saved")
    tablet.locator("[name=a_goal]").fill("Sleep through the night")
    expect(tablet.locator(STATE)).to_contain_text("answered on another device")
    with tablet.expect_navigation():
        go_on(tablet).click()
    expect(tablet.locator(".govuk-error-message")).to_contain_text("Walk to the market")
    expect(tablet.locator("[name=a_goal]")).to_have_value("Sleep through the night")
    with tablet.expect_navigation():
        tablet.get_by_role("button", name="Keep the answer on this page").click()
    phone.reload()
    expect(phone.locator("[name=a_goal]")).to_have_value("Sleep through the night")


def test_the_body_map_needs_no_script(windows: Windows, visit: str, program: LiveProgram) -> None:
    page = Stage(program, lambda: windows.open(size=PHONE, java_script_enabled=False)).page(ANA)
    page.goto(f"/visits/{visit}/forms/intake/14")
    page.locator(".body-drawing--front .region--hand-r .region-target").click()
    page.locator(".body-view", has_text="Back").click()
    page.locator(".body-drawing--back .region--hand-l .region-target").click()
    expect(page.get_by_label("Right hand")).to_be_checked()
    expect(page.get_by_label("Left hand")).to_be_checked()
