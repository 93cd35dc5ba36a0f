"""Ways to the pages that mailed links open, without a login."""

from __future__ import annotations

from playwright.sync_api import Page

from booking.models import LinkAction
from tests.ui import steps
from tests.ui.stage import Stage
from tests.ui.ways import at, shows


def opened(stage: Stage, action: LinkAction) -> Page:
    """The page of a link to a new visit of Ana's, as her letter brings it."""
    return at(stage.visit_link(stage.visit(), action))(stage)


@shows("visits.visit")
def mailed_visit(stage: Stage) -> Page:
    return opened(stage, LinkAction.OPEN_VISIT)


def mailed_visit_known(stage: Stage) -> Page:
    page = mailed_visit(stage)
    steps.fill_date(page, 17, 5, 1980)
    steps.press(page, "Show everything")
    page.get_by_text("First consultation").first.wait_for()
    return page


@shows("mailed.confirm")
def mailed_confirm(stage: Stage) -> Page:
    return opened(stage, LinkAction.CONFIRM_VISIT)


@shows("mailed.confirm")
def mailed_confirmed(stage: Stage) -> Page:
    page = mailed_confirm(stage)
    steps.press(page, "Yes, I will come")
    steps.heading(page, "Thank you, we expect you")
    return page


def mailed_visit_confirmed(stage: Stage) -> Page:
    page = mailed_confirmed(stage)
    steps.follow(page, "See the visit")
    steps.heading(page, "Your visit on")
    return page


@shows("mailed.prove")
def mailed_prove(stage: Stage) -> Page:
    page = mailed_visit(stage)
    page.goto(f"{page.url}/forms/")
    steps.heading(page, "One question for your privacy")
    return page


@shows("mailed.prove")
def mailed_prove_with_errors(stage: Stage) -> Page:
    page = mailed_prove(stage)
    steps.fill_date(page, 18, 5, 1980)
    steps.press(page, "Show everything")
    page.locator(".govuk-error-summary").wait_for()
    return page


@shows("visits.cancel")
def mailed_cancel(stage: Stage) -> Page:
    return opened(stage, LinkAction.CANCEL_VISIT)


@shows("visits.cancelled")
def mailed_cancelled(stage: Stage) -> Page:
    page = mailed_cancel(stage)
    steps.press(page, "Cancel this appointment")
    steps.heading(page, "canceled")
    return page


@shows("visits.visit")
def mailed_visit_cancelled(stage: Stage) -> Page:
    page = mailed_cancelled(stage)
    page.goto(page.url.removesuffix("/cancelled"))
    return page


@shows("mailed.offer")
def mailed_offer(stage: Stage) -> Page:
    page = at(stage.offer_link())(stage)
    steps.heading(page, "An earlier time is free")
    return page


@shows("mailed.offer")
def mailed_offer_declined(stage: Stage) -> Page:
    page = mailed_offer(stage)
    steps.press(page, "No thanks, keep looking")
    steps.heading(page, "You have said no")
    return page


@shows("mailed.offer")
def mailed_offer_taken(stage: Stage) -> Page:
    page = mailed_offer(stage)
    steps.press(page, "Yes, move me")
    steps.heading(page, "This time is yours")
    return page


@shows("links.open_link")
def mailed_offer_over(stage: Stage) -> Page:
    return at(stage.offer_link(is_over=True))(stage)
