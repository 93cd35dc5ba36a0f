"""The list of all pages: one way to each, by name, with the endpoints that it shows at its end."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.ui.people import Person
from tests.ui.stage import Stage

Way = Callable[[Stage], Page]
WAYS: dict[str, Way] = {}
SHOWN: dict[str, set[str]] = {}


def shows(*endpoints: str) -> Callable[[Way], Way]:
    """Note the way under its function's name, and the endpoints at its end."""

    def note(way: Way) -> Way:
        name = way.__name__
        WAYS[name], SHOWN[name] = way, set(endpoints)
        return way

    return note


def at(path: str, *, by: Person | None = None) -> Way:
    """The way to a page that only needs its address."""

    def go(stage: Stage) -> Page:
        page = stage.page(by)
        page.goto(path)
        return page

    return go


def add(name: str, endpoint: str, path: str, *, by: Person | None = None) -> None:
    WAYS[name], SHOWN[name] = at(path, by=by), {endpoint}
