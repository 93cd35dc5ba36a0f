"""Calendars of everybody and everything that visits take: hours, other dates, leave and blocks; taking blocks away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.adapters import dates
from booking.core.clock import local_date, utc_now
from booking.core.scheduling.calendar_change import ONE_DAY, Week, periods
from booking.core.scheduling.clinic import Catalogue, Closure, HoursException, Location, Resource
from booking.core.scheduling.intervals import from_minutes
from booking.core.scheduling.opening_hours import closure_on
from booking.extensions import db
from booking.queries.desk import hours_on
from booking.queries.hours import BlockEntry, block_or_none, blocks_of, next_leaves, series_from
from booking.services import blocks
from booking.web import access
from booking.web.context import clinic_now
from booking.web.desk.calendar_words import (
    BLOCK_KIND,
    BLOCK_TONE,
    PEOPLE,
    RESOURCE_KIND,
    RESOURCE_KINDS,
    hours_words,
    weekday_name,
)
from booking.web.desk.day import bp
from booking.web.desk.loading import locale, own_locations

MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """A resource in the list. `today` are its hours in words, `is_there` whether it has any; `leave` the next one."""

    resource: Resource
    places: str
    today: str
    is_there: bool
    leave: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Weekly hours at a location: whether they hold now, since or until when, and (weekday, hours) for seven days."""

    title: str
    is_now: bool
    days: list[tuple[str, str, bool]]


@dataclass(frozen=True, slots=True)
class PlaceHours:
    """A location with its weekly hours and its other dates."""

    location: Location
    stretches: list[Stretch]
    dates: list[tuple[HoursException, str, str]]
    closures: list[tuple[Closure, str]]


@dataclass(frozen=True, slots=True)
class BlockRow:
    """A block, or a series with its next block: `more` says how it goes on, "" for one alone."""

    block: BlockEntry
    when: str
    kind: str
    tone: str
    more: str


def resource_or_404(public_id: str) -> Resource:
    """An active resource that works where the actor does; one without any hours yet for who works everywhere."""
    mine = {place.id for place in own_locations()}
    found = [resource for resource in clinic_now().resources.values() if resource.public_id == public_id]
    if not found or not found[0].is_active or not _is_mine(found[0], mine):
        abort(404)
    return found[0]


def _is_mine(resource: Resource, location_ids: set[int]) -> bool:
    return bool(resource.location_ids & location_ids) or (
        not resource.location_ids and access.actor().location_ids is None
    )


def places_of(resource: Resource) -> list[Location]:
    """Where the resource works, by id; all own locations while it works nowhere yet."""
    locations = clinic_now().locations
    return [locations[i] for i in sorted(resource.location_ids)] or list(own_locations())


def removed_page(resource: Resource) -> ResponseReturnValue:
    """The block is no more, as after removing it in another tab: the way back to its calendar."""
    return render_template("desk/hours/removed.html", resource=resource, back_url=calendar_url(resource)), 404


def calendar_url(resource: Resource) -> str:
    """The page of one calendar."""
    return url_for("desk.calendar", public_id=resource.public_id)


@bp.get("/calendars")
def calendars() -> str:
    """Who and what there is, with today's hours and the next leave."""
    clinic, now = clinic_now(), utc_now()
    mine = own_locations()
    here = [r for r in clinic.resources.values() if r.is_active and r.location_ids & {place.id for place in mine}]
    leaves = next_leaves(db.session(), [resource.id for resource in here], now=now)
    order = list(RESOURCE_KINDS)
    here.sort(key=lambda resource: (order.index(resource.kind), resource.id))
    groups = [
        (str(RESOURCE_KINDS[kind]), [_row(clinic, resource, mine, leaves.get(resource.id), now) for resource in same])
        for kind, same in groupby(here, key=lambda resource: resource.kind)
    ]
    return render_template("desk/calendars.html", groups=groups, zones=_zones(mine, now))


def _zones(places: tuple[Location, ...], now: datetime) -> str:
    return ", ".join(dict.fromkeys(dates.zone_label(place.tz, now, locale()) for place in places))


def _row(
    clinic: Catalogue, resource: Resource, mine: tuple[Location, ...], leave: BlockEntry | None, now: datetime
) -> CalendarRow:
    places = [place for place in mine if place.id in resource.location_ids]
    today = [(place, _hours_today(clinic, resource, place, now)) for place in places]
    there = [(place, text) for place, text in today if text]
    said = ", ".join(text if len(places) == 1 else f"{text} ({place.name})" for place, text in there)
    return CalendarRow(
        resource,
        ", ".join(place.name for place in places),
        said or _why_away(clinic, places, now),
        bool(there),
        _when(leave, places) if leave else "",
    )


def _hours_today(clinic: Catalogue, resource: Resource, place: Location, now: datetime) -> str:
    spans = hours_on(clinic, resource, place, local_date(now, place.tz))
    return ", ".join(
        dates.span_text(from_minutes(starts), from_minutes(ends), place.tz, locale()) for starts, ends in spans
    )


def _why_away(clinic: Catalogue, places: list[Location], now: datetime) -> str:
    closures = [closure_on(clinic.closures, place.id, local_date(now, place.tz)) for place in places]
    return closures[0].name if all(closures) and closures[0] else gettext("Not today")


@bp.get("/calendars/<public_id:public_id>")
def calendar(public_id: str) -> str:
    """One calendar: weekly hours, other dates, leave and blocks."""
    resource, now = resource_or_404(public_id), utc_now()
    places = places_of(resource)
    found = blocks_of(db.session(), resource.id, since=now)
    mine = {place.id for place in own_locations()}
    return render_template(
        "desk/calendar.html",
        resource=resource,
        kind=RESOURCE_KIND[resource.kind],
        is_person=resource.kind in PEOPLE,
        hours=[_place_hours(resource, place, local_date(now, place.tz)) for place in places],
        own_ids=mine,
        blocks=_block_rows(found, places),
        zone=dates.zone_label(places[0].tz, now, locale()),
        today=local_date(now, places[0].tz),
        other_places=[place for place in own_locations() if place not in places],
    )


def _place_hours(resource: Resource, place: Location, today: date) -> PlaceHours:
    coming = sorted((e for e in resource.exceptions if e.location_id == place.id and e.on >= today), key=lambda e: e.on)
    closures = [c for c in clinic_now().closures if c.location_id in {None, place.id} and c.ends_on >= today]
    return PlaceHours(
        place,
        [_stretch(*period) for period in periods(resource, place.id, today)],
        [(e, dates.date_text(e.on, locale()), hours_words(e.spans) if e.spans else gettext("Away")) for e in coming],
        [(closure, days_words(closure.starts_on, closure.ends_on)) for closure in closures],
    )


def _stretch(first: date | None, last: date | None, week: Week) -> Stretch:
    words = {"first": short(first) if first else "", "last": short(last) if last else ""}
    if first and last:
        title = gettext("From %(first)s to %(last)s", **words)
    elif first:
        title = gettext("From %(first)s on", **words)
    else:
        title = gettext("Now, until %(last)s", **words) if last else gettext("Now")
    days = [(weekday_name(number), hours_words(spans), bool(spans)) for number, spans in enumerate(week)]
    return Stretch(title, first is None, days)


def short(on: date) -> str:
    """ "24 November 2026"."""
    return dates.birth_date_text(on, locale())


def days_words(first: date, last: date) -> str:
    """One day, or the first and the last of several."""
    if first == last:
        return dates.date_text(first, locale())
    return f"{dates.short_date_text(first, locale())} – {short(last)}"


def _block_rows(found: list[BlockEntry], places: Sequence[Location]) -> list[BlockRow]:
    """Each block, of a series the next one alone."""
    rows, seen = [], set()
    for block in found:
        if block.series_key is None:
            rows.append(_block_row(block, places, ""))
        elif block.series_key not in seen:
            seen.add(block.series_key)
            same = [one for one in found if one.series_key == block.series_key]
            rows.append(_block_row(block, places, _series_words(same, places[0])))
    return rows


def _series_words(same: list[BlockEntry], place: Location) -> str:
    last = dates.short_day(same[-1].starts_at, place.tz, locale())
    if len(same) == 1:
        return gettext("the last of its series")
    return gettext("every week until %(last)s, %(count)s times", last=last, count=len(same))


def _block_row(block: BlockEntry, places: Sequence[Location], more: str) -> BlockRow:
    tone = BLOCK_TONE.get(block.kind, "quiet")
    return BlockRow(block, _when(block, places), str(BLOCK_KIND[block.kind]), tone, more)


def _when(block: BlockEntry, places: Sequence[Location]) -> str:
    return block_words(block.starts_at, block.ends_at, places)


def block_words(starts_at: datetime, ends_at: datetime, places: Sequence[Location]) -> str:
    """Whole days as days, anything else with its times, in the time of the first of the resource's places.

    Leave at two places begins at the first midnight of both and ends at the last.
    """
    begins = [at.date() for at in (starts_at.astimezone(p.tz) for p in places) if at.time() == MIDNIGHT]
    ends = [at.date() for at in (ends_at.astimezone(p.tz) for p in places) if at.time() == MIDNIGHT]
    if begins and ends:
        return days_words(begins[0], ends[0] - ONE_DAY)
    tz = places[0].tz
    return f"{dates.short_day(starts_at, tz, locale())}, {dates.span_text(starts_at, ends_at, tz, locale())}"


@bp.route("/calendars/<public_id:public_id>/blocks/<public_id:block_id>/remove", methods=["GET", "POST"])
def remove_block(public_id: str, block_id: str) -> ResponseReturnValue:
    """Open the time again, after saying what that means; of a series also all that comes later."""
    resource = resource_or_404(public_id)
    block = block_or_none(db.session(), resource.id, block_id)
    if block is None:
        return removed_page(resource)
    later = series_from(db.session(), block)
    when = _when(block, places_of(resource))
    if request.method == "GET":
        return render_template(
            "desk/hours/remove.html",
            resource=resource,
            block=block,
            when=when,
            later=later,
            back_url=calendar_url(resource),
        )
    count = blocks.remove_block(
        db.session(),
        actor=access.actor(),
        resource_id=resource.id,
        public_id=block_id,
        with_later=request.form.get("later") == "yes",
        now=utc_now(),
    )
    flash(
        gettext("Removed: %(label)s, %(when)s.", label=block.label, when=when)
        if count == 1
        else gettext("Removed: %(label)s, %(count)s times.", label=block.label, count=count),
        "success",
    )
    return redirect(calendar_url(resource), 303)
