"""Nobody is there: a warning that one button answers, a page that a passer-by cannot read, and no word lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Locator, Page, expect

from booking.models import Answer
from tests.databases import Database, session_on
from tests.live import LiveProgram, running_program
from tests.ui import steps
from tests.ui.conftest import PHONE, Windows
from tests.ui.people import ANA, DORA, add_people
from tests.ui.short_limits import IDLE, WARNING
from tests.ui.stage import Stage
from tests.ui.test_pages import violations

# SQLite alone: what a page does when nobody is there does not depend on the database.
pytestmark = [pytest.mark.ui, pytest.mark.sqlite_only]

WORDS = "Walking to the shop & back"
GOAL = "intake/4"


@pytest.fixture(scope="module")
def program(browser: Browser, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveProgram]:
    """The program, whose patients are idle after some seconds."""
    folder = tmp_path_factory.mktemp("short-limits")
    with database.copy(folder) as url:
        with session_on(url) as session:
            add_people(session)
        with running_program(url, folder, entry="tests.ui.short_limits_wsgi:app") as running:
            yield running
            assert running.complaints() == []


@pytest.fixture
def page(windows: Windows) -> Page:
    page = windows.open(size=PHONE, bypass_csp=True)
    steps.log_in(page, ANA)
    return page


@pytest.fixture
def question(program: LiveProgram) -> str:
    """The address of a page on which Ana writes some words."""
    return f"/visits/{Stage(program, lambda: pytest.fail('no page')).visit()}/forms/{GOAL}"


def warning(page: Page) -> Locator:
    return page.get_by_role("alertdialog", name="Are you still there?")


def words(page: Page) -> Locator:
    return page.locator("form#answers textarea").first


def log_in_here(page: Page) -> None:
    """On the page for it, without going there."""
    steps.fill(page, "E-mail address", ANA.email)
    page.locator("input[name=password]").fill("slow river under oaks")
    steps.press(page, "Log in")


def idle_milliseconds() -> float:
    return IDLE.total_seconds() * 1000 + 500


def test_one_button_keeps_the_login(page: Page) -> None:
    page.goto("/account/sessions/")
    expect(warning(page)).to_be_visible(timeout=idle_milliseconds())
    expect(page.get_by_role("button", name="Stay logged in")).to_be_focused()
    expect(page.locator(".logoff-clock")).to_have_text(re.compile(r"0:0[0-4]"))
    page.evaluate(AXE_SCRIPT)
    assert violations(page, ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]) == []
    page.get_by_role("button", name="Stay logged in").click()
    expect(warning(page)).to_be_hidden()
    page.wait_for_timeout(WARNING.total_seconds() * 1000)
    steps.heading(page, "Where you are logged in")
    page.goto("/visits/")
    steps.heading(page, "My visits")


def test_whoever_types_is_there(page: Page, question: str) -> None:
    page.goto(question)
    typed = "a word and another"
    words(page).press_sequentially(typed, delay=idle_milliseconds() / len(typed))
    expect(warning(page)).to_be_hidden()
    expect(words(page)).to_have_value(typed)


def test_what_was_being_typed_is_there_after_the_next_login(page: Page, question: str) -> None:
    page.goto(question)
    words(page).fill(WORDS)
    expect(page.get_by_role("heading", level=1, name="Log in")).to_be_visible(timeout=2 * idle_milliseconds())
    assert WORDS not in page.content()
    expect(page.get_by_text("You were logged out")).to_be_visible()
    log_in_here(page)
    expect(words(page)).to_have_value(WORDS)
    expect(page.get_by_text("What you had typed is filled in again")).to_be_visible()
    expect(page).not_to_have_url(re.compile("#"))
    page.reload()
    expect(page.get_by_text("What you had typed is filled in again")).to_be_hidden()
    expect(words(page)).to_have_value(WORDS)  # The page had saved it while it was typed.


def test_a_window_that_is_used_keeps_the_other_one_open(page: Page) -> None:
    other = page.context.new_page()
    other.goto("/account/sessions/")
    page.goto("/visits/")
    expect(warning(other)).to_be_visible(timeout=idle_milliseconds())
    expect(warning(page)).to_be_visible()
    page.get_by_role("button", name="Stay logged in").click()
    expect(warning(page)).to_be_hidden()
    other.wait_for_timeout(WARNING.total_seconds() * 1000)
    steps.heading(other, "Where you are logged in")


def test_a_page_that_reaches_nobody_is_covered(program: LiveProgram, browser: Browser, question: str) -> None:
    """In a window that nobody watches: the console tells of each request that fails."""
    with browser.new_context(base_url=program.base_url, viewport=PHONE, locale="en-US") as context:  # type: ignore[arg-type]
        page = context.new_page()
        steps.log_in(page, ANA)
        page.goto(question)
        stay_away_and_come_back(page)
        expect(words(page)).to_have_value(WORDS)


def stay_away_and_come_back(page: Page) -> None:
    words(page).fill(WORDS)
    page.route("**/account/*", lambda route: route.abort())
    expect(page.get_by_text("You are logged out")).to_be_visible(timeout=2 * idle_milliseconds())
    expect(words(page)).to_be_hidden()
    expect(page.locator("h1").first).to_be_hidden()
    page.unroute("**/account/*")
    page.get_by_role("button", name="Log in again").click()
    expect(page.get_by_role("heading", level=1, name="Log in")).to_be_visible()
    log_in_here(page)


def test_without_scripts_a_form_that_is_sent_too_late_is_not_lost(
    program: LiveProgram, windows: Windows, question: str
) -> None:
    page = windows.open(size=PHONE, java_script_enabled=False)
    steps.log_in(page, ANA)
    page.goto(question)
    before = answer_count(program)
    words(page).fill(WORDS)
    page.wait_for_timeout(idle_milliseconds())
    steps.press(page, "Continue")
    steps.heading(page, "Log in")
    log_in_here(page)
    steps.heading(page, "Please send that once more")
    steps.press(page, "Send it now")
    expect(page.locator("form#answers")).to_be_visible()
    assert answer_count(program) == before + 1


def answer_count(program: LiveProgram) -> int:
    with program.session() as session:
        return session.scalar(sa.select(sa.func.count(Answer.id))) or 0


def test_a_shared_computer_says_how_to_leave(windows: Windows) -> None:
    page = windows.open(size=PHONE)
    page.goto("/account/log-in")
    page.get_by_label("Others use this computer too").check()
    log_in_here(page)
    bar = page.get_by_role("complementary", name="Shared computer")
    expect(bar).to_contain_text("log out when you are done")
    bar.get_by_role("button", name="Log out now").click()
    expect(page.get_by_text("You are logged out.")).to_be_visible()
    assert [cookie.get("expires") for cookie in page.context.cookies() if cookie.get("name") != "theme"] == [-1]


def test_logging_out_everywhere_ends_the_other_browser_too(windows: Windows) -> None:
    here, elsewhere = windows.open(), windows.open(size=PHONE)
    for page in (here, elsewhere):
        steps.log_in(page, DORA)
    here.goto("/account/")
    steps.follow(here, "See your devices, and log them out")
    steps.heading(here, "Where you are logged in")
    expect(here.locator(".session")).to_have_count(2)
    expect(here.locator(".session").first).to_contain_text("This device")
    steps.press(here, "Log out everywhere")
    expect(here.get_by_text("You are logged out on all devices.")).to_be_visible()
    elsewhere.goto("/account/")
    steps.heading(elsewhere, "Log in")


def test_one_lost_device_is_logged_out_from_another(windows: Windows) -> None:
    here, lost = windows.open(), windows.open(size=PHONE)
    for page in (here, lost):
        steps.log_in(page, DORA)
    here.goto("/account/sessions/")
    here.locator(".session").filter(has_not_text="This device").get_by_role("button", name="Log out").click()
    expect(here.get_by_text("That device is logged out.")).to_be_visible()
    lost.goto("/account/")
    steps.heading(lost, "Log in")
