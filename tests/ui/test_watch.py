"""Negative controls: what a page must never do is noticed, and so is what the looks at pages look for."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.live import LiveProgram
from tests.ui import test_pages
from tests.ui.conftest import PHONE, Watch, Windows

pytestmark = [pytest.mark.ui, pytest.mark.sqlite_only]

INLINE_SCRIPT = "() => document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"alert(1)\">')"
OTHER_HOST = "() => fetch('https://example.org/pixel').catch(() => {})"
BROKEN_SCRIPT = "() => { setTimeout(() => { throw new Error('broken') }) }"


@pytest.mark.parametrize(
    ("deed", "told"),
    [(INLINE_SCRIPT, "Content Security Policy"), (OTHER_HOST, "Content Security Policy"), (BROKEN_SCRIPT, "broken")],
    ids=["a script in the page", "another host", "a broken script"],
)
def test_the_watch_notices(browser: Browser, program: LiveProgram, deed: str, told: str) -> None:
    with browser.new_context(base_url=program.base_url) as context:
        watch = Watch(urlsplit(program.base_url).netloc)
        watch.follow(context)
        page = context.new_page()
        page.goto("/")
        page.evaluate(deed)
        page.wait_for_timeout(300)
    assert told in " ".join(watch.problems)


def test_another_host_is_noticed_where_no_policy_stops_it(browser: Browser, program: LiveProgram) -> None:
    with browser.new_context(base_url=program.base_url, bypass_csp=True) as context:
        context.route("https://example.org/**", lambda route: route.fulfill(body=""))
        watch = Watch(urlsplit(program.base_url).netloc)
        watch.follow(context)
        page = context.new_page()
        page.goto("/")
        page.evaluate(OTHER_HOST)
        page.wait_for_timeout(300)
    assert any("request to another host" in problem for problem in watch.problems)


def test_the_looks_find_what_is_wrong(windows: Windows) -> None:
    page = windows.open(size=PHONE, bypass_csp=True)
    page.goto("/book/")
    assert (test_pages.sideways(page), test_pages.small_targets(page), test_pages.looks(page)) == ({}, [], {})
    page.evaluate(
        """() => document.querySelector('#main').insertAdjacentHTML('beforeend',
          '<p style="width: 500px; color: #ccc; background: #fff">pale</p><button style="height: 20px">low</button>')"""
    )
    assert set(test_pages.sideways(page)) == {"320 px", "text at 200 %"}
    assert test_pages.small_targets(page) == [["low", 20]]
    assert set(test_pages.looks(page)) == {"phone, light", "phone, dark", "desk, light", "desk, dark"}
