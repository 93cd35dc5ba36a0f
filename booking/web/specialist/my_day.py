"""A specialist's own day: who comes, why, how far the forms are, what waits to be read, what changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext, lazy_gettext, ngettext

from booking.adapters import dates
from booking.core.clock import local_date, utc_now
from booking.core.questionnaires.progress import Progress
from booking.core.scheduling.clinic import Location, Service
from booking.core.scheduling.day_steps import FINISHES
from booking.core.scheduling.intervals import from_minutes
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.scheduling.local_time import day_span
from booking.extensions import db
from booking.models import FollowUp, FollowUpState
from booking.queries.my_day import days_ahead
from booking.queries.tasks import ListedTask
from booking.services.my_day import DayLine, read_day
from booking.web import access, audited
from booking.web.context import clinic_now
from booking.web.desk.loading import StaffVisit, date_or_404, locale, own_locations, with_words
from booking.web.desk.visit_words import is_confirmed
from booking.web.desk.words import CONFIRMED, STATUS, STATUS_TONE

bp = Blueprint("specialist", __name__, url_prefix="/my-day")

DAY = timedelta(days=1)
AHEAD_SHOWN = 5

FORMS: dict[Progress, tuple[LazyString, str]] = {
    Progress.NOT_SENT: (lazy_gettext("Forms not asked for yet"), "quiet"),
    Progress.SENT: (lazy_gettext("Forms not begun"), "quiet"),
    Progress.STARTED: (lazy_gettext("Forms begun"), "busy"),
    Progress.DONE: (lazy_gettext("Forms here"), "good"),
    Progress.REVIEWED: (lazy_gettext("Reviewed"), "good"),
}


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One visit as a row of the page. `news` are what changed within a day; `may_finish`: its outcome can be said;
    `urgent`: the oldest open safety task about the patient."""

    visit: StaffVisit
    born: str
    time: str
    status: str
    tone: str
    reason: str
    is_readable: bool
    forms: str
    forms_tone: str
    flags: str
    news: tuple[str, ...]
    follow_up: str
    may_finish: bool
    may_reopen: bool
    has_answers: bool
    urgent: ListedTask | None


@bp.get("/")
def today() -> ResponseReturnValue:
    """Today; logging in leads here, so that a specialist without a calendar is led on to the desk's."""
    if access.actor().resource_id is None:
        return redirect(url_for("desk.index"), 303)
    return _page(None)


@bp.get("/<on>")
def day(on: str) -> ResponseReturnValue:
    """Another day."""
    return _page(date_or_404(on))


def _page(on: date | None) -> str:
    """The day in the zone of the specialist's first location; each visit in that of its own."""
    now, actor = utc_now(), access.actor()
    places = own_locations()
    if not places or actor.resource_id is None:
        abort(404)
    place = places[0]
    this_day = local_date(now, place.tz)
    shown = on or this_day
    span = day_span(shown, place.tz)
    since, until = from_minutes(span[0]), from_minutes(span[1])
    audited.saw_list(audited.DAY_SEEN, object_id=actor.resource_id, which=shown.isoformat())
    lines = read_day(db.session(), clinic_now(), actor=actor, since=since, until=until, now=now)
    visits = [_line(line, now) for line in lines]
    return render_template(
        "specialist/my_day.html",
        title=dates.date_text(shown, locale()),
        is_today=shown == this_day,
        zone=dates.zone_label(place.tz, max(since, now) if shown == this_day else since, locale()),
        visits=[one for one in visits if one.visit.visit.status.occupies_time],
        gone=[one for one in visits if not one.visit.visit.status.occupies_time],
        next_id=_next_id(lines, now) if shown == this_day else None,
        counts=_counts(lines),
        earlier_url=url_for("specialist.day", on=(shown - DAY).isoformat()),
        later_url=url_for("specialist.day", on=(shown + DAY).isoformat()),
        ahead=_ahead(actor.resource_id, max(until, now)),
    )


def _line(line: DayLine, now: datetime) -> VisitLine:
    own = line.own
    found = with_words(own.visit)
    one, tz = own.visit, found.location.tz
    state = own.forms.overall(now)
    forms, tone = FORMS[state] if state else ("", "")
    has_begun = local_date(one.starts_at, tz) <= local_date(now, tz)
    return VisitLine(
        visit=found,
        born=dates.birth_date_text(own.born_on, locale()),
        time=dates.time_only(one.starts_at, tz, locale()),
        status=str(CONFIRMED if is_confirmed(one) else STATUS[one.status]),
        tone=STATUS_TONE.get(one.status, ""),
        reason=line.reason or "",
        is_readable=line.is_readable,
        forms=str(forms),
        forms_tone=tone,
        flags=ngettext("%(num)s flag", "%(num)s flags", own.flag_count) if own.flag_count else "",
        news=tuple(_news(line)),
        follow_up=_follow_up_text(own.follow_up),
        may_finish=one.status in FINISHES and has_begun,
        may_reopen=one.status is AppointmentStatus.DONE,
        has_answers=own.forms.begun > 0,
        urgent=line.urgent[0] if line.urgent else None,
    )


def _news(line: DayLine) -> list[str]:
    found = []
    if line.is_new:
        found.append(gettext("New since yesterday"))
    if line.is_moved:
        found.append(gettext("Moved since yesterday"))
    if line.is_cancelled_lately:
        found.append(gettext("Canceled since yesterday"))
    return found


def _follow_up_text(row: FollowUp | None) -> str:
    if row is None:
        return ""
    service: Service = clinic_now().services[row.service_id]
    when = dates.short_date_text(row.wanted_by, locale())
    if row.state is FollowUpState.BOOKED:
        return gettext("%(service)s: booked", service=service.name)
    return gettext("%(service)s by %(when)s: on the desk's list", service=service.name, when=when)


def _next_id(lines: list[DayLine], now: datetime) -> int | None:
    """Who comes next: whoever waits already, else the first who is still expected."""
    waits = [line.own.visit for line in lines if line.own.visit.status is AppointmentStatus.ARRIVED]
    expected = [line.own.visit for line in lines if line.own.visit.status is AppointmentStatus.BOOKED]
    coming = [visit for visit in expected if visit.ends_at > now]
    found = next(iter([*waits, *coming]), None)
    return found.id if found else None


def _counts(lines: list[DayLine]) -> dict[str, int]:
    taking_place = [line for line in lines if line.own.visit.status.occupies_time]
    return {
        "visits": len(taking_place),
        "unreviewed": sum(line.own.unreviewed for line in taking_place),
        "news": sum(line.is_new or line.is_moved or line.is_cancelled_lately for line in lines),
    }


def _ahead(resource_id: int, since: datetime) -> list[tuple[StaffVisit, Location]]:
    """The next visits of other days."""
    visits = days_ahead(db.session(), resource_id=resource_id, since=since, limit=AHEAD_SHOWN)
    return [(found, found.location) for found in map(with_words, visits)]
