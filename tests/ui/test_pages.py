"""Every page, on a phone and a desk, light and dark: accessible, without sideways scrolling, with targets to hit.

A page is loaded once, with its content policy in force, and then looked at in each form. Nothing may complain meanwhile
and nothing may be asked of another host: the windows are looked at when they close.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from booking.web.access_table import DEMO_ROWS, ROWS
from tests.live import LiveProgram
from tests.ui import (  # noqa: F401 - They add their ways to the list.
    administration_pages,
    audit_pages,
    calendar_pages,
    consent_pages,
    desk_pages,
    factor_pages,
    form_pages,
    mailed_pages,
    patient_pages,
    people_pages,
    specialist_pages,
    task_pages,
    waiting_pages,
)
from tests.ui.conftest import DESK, PHONE, Windows
from tests.ui.stage import Stage
from tests.ui.ways import SHOWN, WAYS

# SQLite alone: pages do not know which database they come from, and each look costs a second.
pytestmark = [pytest.mark.ui, pytest.mark.sqlite_only]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
NARROW = {"width": 320, "height": 740}
# Files, answers for machines, and addresses that only lead elsewhere.
NO_PAGES = {
    "static", "sessions.time_left", "operation.healthz", "operation.readyz", "public.favicon", "visits.calendar",
    "demo.letter_html", "desk.index", "desk.go_to", "administration.export",
    "specialist.export",
}  # fmt: skip
SMALLEST = {"patient": 44, "staff": 28}
# Links in running text are exempt (WCAG 2.2, 2.5.8), and so is what only a screen reader meets. A link that fills its
# card is as high as the card.
TARGETS = """smallest => [...document.querySelectorAll("button, .govuk-button, .slot, .nav-link, summary")]
  .filter(one => one.offsetParent && !one.closest(".govuk-visually-hidden"))
  .map(one => [one.textContent.trim().slice(0, 40), Math.round(one.getBoundingClientRect().height)])
  .filter(([_, height]) => height < smallest)"""
SIDEWAYS = "() => document.documentElement.scrollWidth - innerWidth"
DOUBLE_TEXT = "() => { document.documentElement.style.fontSize = '200%' }"
A_MOMENT = "() => new Promise(done => setTimeout(done, 50))"
ONE_TEXT = "() => { document.documentElement.style.fontSize = '' }"


@pytest.fixture(scope="module")
def stage(browser: Browser, program: LiveProgram) -> Iterator[Stage]:
    """Windows as people have them."""
    with ExitStack() as stack:
        windows = Windows(browser, program, stack)
        yield Stage(program, lambda: windows.open(size=PHONE))


def violations(page: Page, only: Any) -> list[dict[str, Any]]:
    """What axe finds, short enough to read."""
    result = page.evaluate("options => axe.run(options)", {"runOnly": only, "resultTypes": ["violations"]})
    return [
        {"rule": one["id"], "where": [(node["target"], node["failureSummary"]) for node in one["nodes"]]}
        for one in result["violations"]
    ]


def looks(page: Page) -> dict[str, list[dict[str, Any]]]:
    """What axe finds in each form of the page. In the dark only colours can differ."""
    page.evaluate(AXE_SCRIPT)
    found = {}
    for name, size in (("phone", PHONE), ("desk", DESK)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme, only in (("light", RULES), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found[f"{name}, {scheme}"] = violations(page, only)
    return {form: problems for form, problems in found.items() if problems}


def sideways(page: Page) -> dict[str, int]:
    """Pixels by which the page is wider than its window: narrow, and on a phone with text of double size."""
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    narrow = page.evaluate(SIDEWAYS)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.evaluate(DOUBLE_TEXT)
    doubled = page.evaluate(SIDEWAYS)
    page.evaluate(ONE_TEXT)
    return {form: pixels for form, pixels in (("320 px", narrow), ("text at 200 %", doubled)) if pixels > 0}


def small_targets(page: Page) -> list[Any]:
    """Buttons and links like buttons that are too low to hit, with their heights, on a phone."""
    smallest = SMALLEST["patient" if page.locator("body.patient").count() else "staff"]
    found: list[Any] = page.evaluate(TARGETS, smallest)
    return found


@pytest.mark.parametrize("name", WAYS)
def test_page_is_accessible_in_every_form(stage: Stage, name: str) -> None:
    page = WAYS[name](stage)
    page.wait_for_load_state("load")
    page.evaluate(A_MOMENT)
    expect(page.locator("h1")).to_have_count(1)
    assert (sideways(page), small_targets(page), looks(page)) == ({}, [], {})


def test_every_page_of_the_access_table_is_looked_at() -> None:
    wanted = {row.endpoint for row in (*ROWS, *DEMO_ROWS) if row.method == "GET"} - NO_PAGES
    assert wanted - set().union(*SHOWN.values()) == set()
