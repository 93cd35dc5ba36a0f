"""Ways to the pages of calendars at the desk."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.models import Block, BlockKind, HoursException, Resource, WeeklyHours
from tests.factories import make_appointment, make_patient
from tests.ui import steps
from tests.ui.people import DORA
from tests.ui.stage import Stage, full_hour
from tests.ui.ways import add, at, shows
from tests.web.clinic_change import clinic_changed

add("calendars", "desk.calendars", "/desk/calendars", by=DORA)
add("closed_days", "desk.closures", "/desk/calendars/closed", by=DORA)

ADEYEMI = 2
# No two visits of a test run begin at the same hour.
_hours = count()


def _path(stage: Stage, resource_id: int = ADEYEMI) -> str:
    """The calendar of Dr Adeyemi, with something of every kind."""
    with stage.program.session() as session:
        public_id = session.scalars(sa.select(Resource.public_id).where(Resource.id == resource_id)).one()
        if session.scalar(sa.select(Block.id).where(Block.resource_id == resource_id)) is None:
            _fill(session, resource_id)
    return f"/desk/calendars/{public_id}"


def _fill(session: Session, resource_id: int) -> None:
    """Leave, a series of meetings, a morning off, and other hours from some day on."""
    monday = _monday()
    at_ten = full_hour(utc_now() + timedelta(days=30)).replace(hour=15)
    for week in range(3):
        starts_at = at_ten + timedelta(weeks=week)
        session.add(
            Block(
                resource_id=resource_id, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1),
                label="Team meeting", kind=BlockKind.MEETING, series_key="a-series",
            )
        )  # fmt: skip
    leave = at_ten.replace(hour=5) + timedelta(days=60)
    session.add(
        Block(
            resource_id=resource_id, starts_at=leave, ends_at=leave + timedelta(days=5), label="Leave",
            kind=BlockKind.LEAVE,
        )
    )  # fmt: skip
    session.add(HoursException(resource_id=resource_id, location_id=1, on=monday, starts_minute=None, ends_minute=None))
    session.add(
        WeeklyHours(
            resource_id=resource_id, location_id=1, weekday=5, starts_minute=540, ends_minute=720, valid_from=monday
        )
    )
    clinic_changed(session)


def _monday() -> date:
    """A Monday more than a month ahead."""
    on = (utc_now() + timedelta(days=35)).date()
    return on + timedelta(days=7 - on.weekday())


@shows("desk.calendar")
def calendar(stage: Stage) -> Page:
    return at(_path(stage), by=DORA)(stage)


@shows("desk.change_hours")
def weekly_hours(stage: Stage) -> Page:
    return at(f"{_path(stage)}/hours?location=northside", by=DORA)(stage)


@shows("desk.change_hours")
def weekly_hours_with_errors(stage: Stage) -> Page:
    page = weekly_hours(stage)
    page.locator("#mon").fill("nine to five")
    page.locator("#tue").fill("9-12, 11-13")
    steps.send(page, "Save")
    return page


@shows("desk.change_date")
def one_date(stage: Stage) -> Page:
    return at(f"{_path(stage)}/date?location=northside&on={_monday()}", by=DORA)(stage)


@shows("desk.add_leave")
def leave(stage: Stage) -> Page:
    return at(f"{_path(stage)}/leave", by=DORA)(stage)


@shows("desk.add_block")
def block(stage: Stage) -> Page:
    return at(f"{_path(stage)}/block", by=DORA)(stage)


@shows("desk.change_block")
def changed_block(stage: Stage) -> Page:
    page = calendar(stage)
    page.locator(".entry-ways a").first.click()
    page.locator("#first_time").wait_for()
    return page


@shows("desk.remove_block")
def removed_block(stage: Stage) -> Page:
    page = calendar(stage)
    page.locator(".entry-ways a").nth(1).click()
    page.get_by_role("button", name="Remove").wait_for()
    return page


@shows()
def visits_in_the_way(stage: Stage) -> Page:
    """Leave of Dr Adeyemi on a day with two visits, one of somebody whom no mail reaches."""
    starts_at = full_hour(utc_now() + timedelta(days=45)).replace(hour=13)
    with stage.program.session() as session:
        for email in ("a@example.org", None):
            at_hour = starts_at + timedelta(hours=next(_hours))
            make_appointment(session, make_patient(session, email=email), specialist_id=ADEYEMI, starts_at=at_hour)
    page = leave(stage)
    page.locator("#first_on").fill("+45")
    page.locator("#last_on").fill("+47")
    steps.press(page, "Save")
    steps.heading(page, "in the way")
    return page


@shows()
def visits_in_the_way_without_a_choice(stage: Stage) -> Page:
    page = visits_in_the_way(stage)
    steps.press(page, "Save all of this")
    page.locator("#error-summary").wait_for()
    return page
