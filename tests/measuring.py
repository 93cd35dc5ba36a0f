"""Which tests coverage looks at. Watching every line makes Python about half as slow again.

So pages in the browser and tortured programs run unwatched, and so do the pages on PostgreSQL, which SQLite has shown:
what they alone reach has to be reached by a test of its own layer, too.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import coverage
import pytest

CHILDREN = "COVERAGE_PROCESS_CONFIG"
"""Set by coverage: every Python process that is started with it measures itself."""
PAGES = ("tests/web/", "tests/house/")


def is_unwatched(item: pytest.Item) -> bool:
    """Whether what this test reaches needs no counting."""
    if item.get_closest_marker("ui") or item.get_closest_marker("torture"):
        return True
    return item.nodeid.startswith(PAGES) and "[postgres" in item.nodeid


class Measuring:
    """Stops the coverage that runs in this process, and the one it hands to children, while tests need none."""

    def __init__(self) -> None:
        self._stopped: list[coverage.Coverage] = []
        self._config: str | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Before each test, its fixtures included."""
        if is_unwatched(item):
            self._stop()
        else:
            self._go_on()
        return (yield)

    def pytest_sessionfinish(self) -> None:
        """Whoever started them stops them."""
        self._go_on()

    def _stop(self) -> None:
        # A process of pytest-xdist has two: its own, and that of a child of the process which started it.
        while running := coverage.Coverage.current():
            running.stop()
            self._stopped.append(running)
        self._config = os.environ.pop(CHILDREN, self._config)

    def _go_on(self) -> None:
        while self._stopped:
            self._stopped.pop().start()
        if self._config:
            os.environ[CHILDREN] = self._config
