"""The day of a location: as columns, as lists, in print. Read-only for those who do not work at the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.adapters import dates
from booking.core.clock import local_date, utc_now
from booking.core.scheduling.clinic import Location
from booking.core.scheduling.day_steps import STEPS_BACK, steps_for
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.opening_hours import closure_on
from booking.core.typed_dates import wanted_date_or_none
from booking.extensions import db
from booking.queries.desk import DayVisit, LocationDay, hours_on, location_day
from booking.queries.tasks import work_at
from booking.services.task_list import UNDO_FOR
from booking.web import access, audited
from booking.web.context import clinic_now
from booking.web.desk.board import board_of
from booking.web.desk.form_words import PROGRESS
from booking.web.desk.loading import FIRST_YEAR, LAST_YEAR, date_or_404, is_desk, locale, location_or_404, own_locations
from booking.web.desk.sheets import IN_HOUSE, counts_of, sheet_rows, sheets_by_column
from booking.web.desk.words import (
    ACTION,
    ACTOR,
    CONFIRMED,
    MESSAGE,
    MESSAGE_STATE,
    OTHER_ACTION,
    OTHER_ACTOR,
    STATUS,
    STATUS_TONE,
    STEP,
    reason_word,
)
from booking.web.tasks import counter
from booking.web.tasks.lines import lines_of

bp = Blueprint("desk", __name__, url_prefix="/desk")

COLUMNS, LIST = "columns", "list"
DAY = timedelta(days=1)
NOON = time(12)
NEXT_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Shown:
    """Which day is shown, and how."""

    location: Location
    on: date
    view: str = COLUMNS
    with_cancelled: bool = False

    def url(self, **changes: object) -> str:
        """The address of this page with something else chosen: `on`, `view`, `location` (a code), `cancelled`."""
        on = changes.get("on", self.on)
        view = changes.get("view", self.view)
        cancelled = changes.get("cancelled", self.with_cancelled)
        return url_for(
            "desk.day",
            on=on.isoformat() if isinstance(on, date) else on,
            location=changes.get("location", self.location.code),
            view=None if view == COLUMNS else view,
            cancelled="1" if cancelled else None,
        )


@dataclass(frozen=True, slots=True)
class RailVisit:
    """A visit beside the board, with the steps that can be taken by one press."""

    visit: DayVisit
    time: str
    steps: list[AppointmentStatus]
    back: AppointmentStatus | None


@bp.get("/")
def index() -> ResponseReturnValue:
    """Today, where the person works."""
    location = _first_location(utc_now())
    return _page(Shown(location, local_date(utc_now(), location.tz), _view(request.args)))


def _first_location(now: datetime) -> Location:
    """The first own location; for a specialist or a nurse the one where they are today."""
    own, resource_id = own_locations(), access.actor().resource_id
    if not own:
        abort(404)
    if resource_id is None:
        return own[0]
    clinic = clinic_now()
    resource = clinic.resources[resource_id]
    here = [place for place in own if hours_on(clinic, resource, place, local_date(now, place.tz))]
    return (here or list(own))[0]


@bp.get("/day/<on>")
def day(on: str) -> ResponseReturnValue:
    """One day of one location."""
    location = location_or_404(request.args.get("location", ""))
    return _page(Shown(location, date_or_404(on), _view(request.args), request.args.get("cancelled") == "1"))


@bp.get("/day")
def go_to() -> ResponseReturnValue:
    """The day that somebody typed: "24.11.", "Nov 24", "tomorrow", "+2w"."""
    location = location_or_404(request.args.get("location", ""))
    today = local_date(utc_now(), location.tz)
    typed = request.args.get("date", "")[:40]
    on = wanted_date_or_none(typed, today) if typed.strip() else today
    shown = Shown(location, on or today, _view(request.args))
    if on is None or not FIRST_YEAR <= on.year <= LAST_YEAR:
        return _page(Shown(location, today, shown.view), typed=typed), 422
    return redirect(shown.url(), 303)


def _view(arguments: Mapping[str, str]) -> str:
    return LIST if arguments.get("view") == LIST else COLUMNS


def _page(shown: Shown, *, typed: str = "") -> str:
    """`typed` is what could not be read as a day."""
    now, clinic = utc_now(), clinic_now()
    found = location_day(db.session(), clinic, shown.location, shown.on)
    visits = [v for v in found.visits if shown.with_cancelled or v.visit.status is not AppointmentStatus.CANCELLED]
    audited.saw_list(audited.DAY_SEEN, object_id=shown.location.id, which=shown.on.isoformat())
    board = board_of(found, clinic, now=now, own_resource_id=access.actor().resource_id, visits=visits)
    today = local_date(now, shown.location.tz)
    closure = closure_on(clinic.closures, shown.location.id, shown.on)
    return render_template(
        "desk/day.html",
        shown=shown,
        typed=typed,
        title=dates.date_text(shown.on, locale()),
        today=today,
        zone=_zone(shown),
        earlier_on=shown.on - DAY,
        later_on=shown.on + DAY,
        locations=own_locations(),
        board=board,
        rows=sheet_rows(found, clinic, visits, now),
        sheets=sheets_by_column(found, clinic, visits, board, now) if shown.view == LIST else [],
        counts=counts_of(found.visits),
        closure=closure,
        printed=_printed(now, shown.location),
        **_tasks(shown.location, now),
        coming=_coming(found, now) if shown.on == today and is_desk() else [],
        here=_here(found, now) if is_desk() else [],
        is_desk=is_desk(),
    )


def _zone(shown: Shown) -> str:
    """The zone as it is called on that day: in summer the name is another one than in winter."""
    return dates.zone_label(shown.location.tz, datetime.combine(shown.on, NOON, shown.location.tz), locale())


def _printed(now: datetime, location: Location) -> str:
    account = access.account_or_none()
    when = dates.day_and_time(now, location.tz, locale())
    return gettext("Printed by %(name)s, %(when)s", name=account.name if account else "", when=when)


def _tasks(location: Location, now: datetime) -> dict[str, object]:
    """What waits, and what was ticked off a moment ago."""
    since = now - UNDO_FOR
    work = work_at(db.session(), actor=access.actor(), location_id=location.id, since=since)
    counter.remember(work.counts)
    return {"tasks": lines_of(work.open), "done_tasks": lines_of(work.done)}


def _coming(found: LocationDay, now: datetime) -> list[RailVisit]:
    """The next who are expected, those who are late first."""
    expected = [visit for visit in found.visits if visit.visit.status is AppointmentStatus.BOOKED]
    return [_rail_visit(found, visit, now) for visit in expected[:NEXT_SHOWN]]


def _here(found: LocationDay, now: datetime) -> list[RailVisit]:
    """Who is in the house."""
    return [_rail_visit(found, visit, now) for visit in found.visits if visit.visit.status in IN_HOUSE]


def _rail_visit(found: LocationDay, visit: DayVisit, now: datetime) -> RailVisit:
    one, tz = visit.visit, found.location.tz
    time = dates.board_time(one.starts_at, tz, locale())
    return RailVisit(visit, time, steps_for(one.status, one.starts_at, tz, now), STEPS_BACK.get(one.status))


@bp.context_processor
def words() -> dict[str, object]:
    """The desk's words, for all its pages."""
    return {
        "status_words": STATUS,
        "confirmed_word": CONFIRMED,
        "status_tones": STATUS_TONE,
        "step_words": STEP,
        "message_words": MESSAGE,
        "message_states": MESSAGE_STATE,
        "action_words": ACTION,
        "other_action": OTHER_ACTION,
        "actor_words": ACTOR,
        "other_actor": OTHER_ACTOR,
        "reason_word": reason_word,
        "form_states": PROGRESS,
    }
