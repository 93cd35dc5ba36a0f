"""A real browser, the running program, and a watch over what pages must never do.

Skipped where no Chromium is found; with REQUIRE_BROWSER=1 that is a failure. CHROMIUM names another one.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    WebError,
    expect,
    sync_playwright,
)

from tests.databases import Database, session_on
from tests.live import LiveProgram, running_program
from tests.ui.people import add_people

FLAGS = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]  # fmt: skip
# Chromium tells the console about every answer that is an error: of those that are pages for people, nothing is wrong,
# nor is what fails while a test keeps the window from the network.
TOLD_PAGES = re.compile(r"the server responded with a status of (?:401|404|409|410|422)|ERR_INTERNET_DISCONNECTED")
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
PATIENCE_MILLISECONDS = 15_000
expect.set_options(timeout=PATIENCE_MILLISECONDS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser on a busy machine may lose a moment that no test foresaw: a second try, named at the end of the run."""
    for item in items:
        if item.get_closest_marker("ui"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def chromium() -> str | None:
    """The browser of this machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None and os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail("no Chromium was found, and REQUIRE_BROWSER=1 demands one")
    if path is None:
        pytest.skip("no Chromium was found on PATH or in $CHROMIUM")
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=flags)
        yield running
        running.close()


@pytest.fixture(scope="module")
def program(browser: Browser, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveProgram]:
    """The whole program on the test clinic; one for each module and database."""
    folder = tmp_path_factory.mktemp("live")
    with database.copy(folder) as url:
        with session_on(url) as session:
            add_people(session)
        with running_program(url, folder, has_worker=True) as running:
            yield running
            assert running.complaints() == []


@dataclass
class Watch:
    """What went wrong in a browser window without anybody looking: errors, refused content, other hosts."""

    host: str
    problems: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        """Listen to every page of this window. Violations of the content policy are console errors, too."""
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not self._is_told_page(message):
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    @staticmethod
    def _is_told_page(message: ConsoleMessage) -> bool:
        url = message.location.get("url", "")
        return bool(TOLD_PAGES.search(message.text)) and "/static/" not in url and "favicon" not in url

    def _error(self, error: WebError) -> None:
        self.problems.append(f"script: {error.error}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.netloc != self.host:
            self.problems.append(f"request to another host: {request.url}")


class Windows:
    """Opens windows, each with cookies of its own. At the end nothing may have gone wrong in any of them."""

    def __init__(self, browser: Browser, program: LiveProgram, stack: ExitStack) -> None:
        self._browser, self._program, self._stack = browser, program, stack

    def open(self, *, size: dict[str, int] = DESK, **options: Any) -> Page:
        """A page in a new window; `options` are those of Playwright's new_context."""
        context = self._browser.new_context(
            base_url=self._program.base_url,
            viewport=size,  # type: ignore[arg-type]
            reduced_motion="reduce",
            locale="en-US",
            **options,
        )
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        watch = Watch(urlsplit(self._program.base_url).netloc)
        watch.follow(context)
        self._stack.callback(_nothing_wrong, watch)
        self._stack.callback(context.close)
        return context.new_page()


def _nothing_wrong(watch: Watch) -> None:
    assert watch.problems == []


@pytest.fixture
def windows(browser: Browser, program: LiveProgram) -> Iterator[Windows]:
    with ExitStack() as stack:
        yield Windows(browser, program, stack)
