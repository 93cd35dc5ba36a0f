"""Ways to the pages of the audit log."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.ui.people import ANA, CRUZ, DORA, FAY
from tests.ui.stage import Stage
from tests.ui.ways import add, at, shows


def looked_at(stage: Stage) -> str:
    """A visit that the reception and the specialist have opened."""
    visit = stage.visit()
    for person in (DORA, CRUZ):
        at(f"/desk/visits/{visit}", by=person)(stage)
    return visit


@shows("audit.events")
def who_did_what(stage: Stage) -> Page:
    looked_at(stage)
    return at("/admin/log", by=FAY)(stage)


add("who_did_what_refused", "audit.events", "/admin/log?what=refused&since=2020-01-01&until=2020-01-02", by=FAY)
add("who_did_what_with_errors", "audit.events", "/admin/log?who=nobody", by=FAY)


@shows("audit.own")
def who_looked(stage: Stage) -> Page:
    looked_at(stage)
    return at("/account/who-looked", by=ANA)(stage)
