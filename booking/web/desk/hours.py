"""Changing a calendar: weekly hours, one date, leave, blocks, closures. Each asks about the visits in its way first."""

from __future__ import annotations

from datetime import date, datetime

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from wtforms.fields import SelectChoice

from booking.core.clock import local_date, utc_now
from booking.core.scheduling.calendar_change import (
    BlockChange,
    ClosureChange,
    DateChange,
    WeekChange,
    replaced_later,
    week_on,
    weekly_spans,
    whole_days,
)
from booking.core.scheduling.clinic import Location, Resource
from booking.core.scheduling.intervals import Span, from_minutes, to_minutes, to_minutes_up
from booking.core.scheduling.local_time import instant_of
from booking.core.typed_dates import wanted_date_or_none
from booking.core.typed_hours import DAY, written_spans, written_time
from booking.extensions import db
from booking.models import BlockKind
from booking.queries.hours import BlockEntry, block_or_none, closures_from, series_from
from booking.services.blocks import BlockDetails
from booking.services.hours import may_close, remove_closure
from booking.web import access
from booking.web.context import clinic_now
from booking.web.desk.calendar_words import PEOPLE, hours_words
from booking.web.desk.calendars import (
    block_words,
    calendar_url,
    days_words,
    places_of,
    removed_page,
    resource_or_404,
    short,
)
from booking.web.desk.change_flow import Page, Wanted, answer
from booking.web.desk.day import bp
from booking.web.desk.hours_forms import (
    AWAY,
    HOURS,
    WEEKLY,
    BlockForm,
    ClosureForm,
    DateForm,
    DetailsForm,
    EditBlockForm,
    LeaveForm,
    WeekForm,
)
from booking.web.desk.loading import location_or_404, own_locations
from booking.web.desk.present_hours import (
    Present,
    blocks_twice,
    closures_twice,
    present_block,
    present_dates,
    present_week,
    week_lines,
)

WHOLE_CLINIC = "all"
DAY_FIELDS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _today(place: Location) -> date:
    return local_date(utc_now(), place.tz)


def _reason(resource: Resource) -> str:
    """Why visits are cancelled, unless another reason is chosen."""
    return "prov" if resource.kind in PEOPLE else "oth-room"


def _on_or_none(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@bp.route("/calendars/<public_id:public_id>/hours", methods=["GET", "POST"])
def change_hours(public_id: str) -> ResponseReturnValue:
    """Other weekly hours at one location from a date on."""
    resource = resource_or_404(public_id)
    place = location_or_404(request.args.get("location", "") or _own_place(resource).code)
    today = _today(place)
    now = {
        name: written_spans(spans) for name, spans in zip(DAY_FIELDS, week_on(resource, place.id, today), strict=True)
    }
    form = WeekForm(today, **now)

    def read() -> Wanted:
        first = _known(form.first_on.on)
        change = WeekChange(resource.id, place.id, form.week, first, form.last_on.on)
        summary = gettext("weekly hours of %(name)s from %(first)s", name=resource.name, first=short(first))
        return Wanted(change, summary, warnings=_replaced(resource, change), lines=week_lines(change.week))

    def present() -> Present:
        return present_week(resource, place, today)

    variables = {"resource": resource, "location": place}
    back_url = calendar_url(resource)
    return answer(Page(form, "desk/hours/week.html", back_url, read, _reason(resource), variables, present))


def _own_place(resource: Resource) -> Location:
    mine = own_locations()
    return next((place for place in mine if place.id in resource.location_ids), mine[0])


def _known(on: date | None) -> date:
    """A date that the form has made sure of."""
    assert on is not None  # noqa: S101 - DataRequired has seen to it; this tells the type checker.
    return on


def _replaced(resource: Resource, change: WeekChange) -> tuple[str, ...]:
    text = gettext("Hours that are planned from %(first)s on are replaced too. To keep them, enter a last day.")
    return tuple(text % {"first": short(on)} for on in replaced_later(resource, change))


@bp.route("/calendars/<public_id:public_id>/date", methods=["GET", "POST"])
def change_date(public_id: str) -> ResponseReturnValue:
    """One date that is not like the others, or is again."""
    resource = resource_or_404(public_id)
    place = location_or_404(request.args.get("location", "") or _own_place(resource).code)
    on = _on_or_none(request.args.get("on", ""))
    form = DateForm(_today(place), **_date_values(resource, place, on))

    def read() -> Wanted:
        first = _known(form.first_on.on)
        change = DateChange(resource.id, place.id, first, form.spans)
        words = gettext("as in every week") if change.spans is None else hours_words(change.spans)
        day = days_words(first, first)
        return Wanted(change, gettext("%(name)s on %(day)s: %(hours)s", name=resource.name, day=day, hours=words))

    def present() -> Present:
        return present_dates(resource, place, _today(place))

    variables = {"resource": resource, "location": place}
    back_url = calendar_url(resource)
    return answer(Page(form, "desk/hours/date.html", back_url, read, _reason(resource), variables, present))


def _date_values(resource: Resource, place: Location, on: date | None) -> dict[str, str]:
    """What is known of that date already; to take it back is what one comes for from its line."""
    known = [e for e in resource.exceptions if (e.location_id, e.on) == (place.id, on)]
    if on is None or not known:
        return {"first_on": _date_value(on) if on else "", "what": AWAY}
    spans = known[0].spans
    what = WEEKLY if request.args.get("back") else HOURS if spans else AWAY
    return {"first_on": _date_value(on), "what": what, "hours": written_spans(spans)}


@bp.route("/calendars/<public_id:public_id>/leave", methods=["GET", "POST"])
def add_leave(public_id: str) -> ResponseReturnValue:
    """Whole days at all locations of the resource."""
    resource = resource_or_404(public_id)
    places = places_of(resource)
    kind = BlockKind.LEAVE if resource.kind in PEOPLE else BlockKind.REPAIR
    form = LeaveForm(_today(places[0]), kind=kind.value)

    def read() -> Wanted:
        first = _known(form.first_on.on)
        last = form.last_on.on or first
        change = BlockChange(resource.id, (whole_days(first, last, [place.tz for place in places]),))
        twice = blocks_twice(change, _details(form).kind, utc_now(), places)
        return Wanted(change, _closed_words(form, resource, days_words(first, last)), _details(form), warnings=twice)

    variables = {"resource": resource, "is_person": resource.kind in PEOPLE, "places": places}
    return answer(Page(form, "desk/hours/leave.html", calendar_url(resource), read, _reason(resource), variables))


def _details(form: DetailsForm) -> BlockDetails:
    return BlockDetails(BlockKind(form.kind.data), form.label_text)


def _closed_words(form: DetailsForm, resource: Resource, when: str) -> str:
    return gettext("%(label)s, %(name)s, %(when)s", label=form.label_text, name=resource.name, when=when)


@bp.route("/calendars/<public_id:public_id>/block", methods=["GET", "POST"])
def add_block(public_id: str) -> ResponseReturnValue:
    """Some hours of a day, once or every week."""
    resource = resource_or_404(public_id)
    places = places_of(resource)
    kind = BlockKind.MEETING if resource.kind in PEOPLE else BlockKind.REPAIR
    form = BlockForm(_today(places[0]), places, kind=kind.value)

    def read() -> Wanted:
        first, [span] = _known(form.first_on.on), form.time.spans
        place = next((p for p in places if form.location and p.code == form.location.data), places[0])
        spans = weekly_spans(first, form.last_on.on or first, span, place.tz)
        if not spans:
            abort(422)
        when = block_words(from_minutes(spans[0][0]), from_minutes(spans[0][1]), [place])
        if len(spans) > 1:
            when = gettext("%(when)s and every week until %(last)s", when=when, last=short(_known(form.last_on.on)))
        change = BlockChange(resource.id, spans)
        twice = blocks_twice(change, _details(form).kind, utc_now(), places)
        return Wanted(change, _closed_words(form, resource, when), _details(form), warnings=twice)

    variables = {"resource": resource, "places": places}
    return answer(Page(form, "desk/hours/block.html", calendar_url(resource), read, _reason(resource), variables))


@bp.route("/calendars/<public_id:public_id>/blocks/<public_id:block_id>", methods=["GET", "POST"])
def change_block(public_id: str, block_id: str) -> ResponseReturnValue:
    """Another span, kind or label of one block; of a series also of all that come later."""
    resource = resource_or_404(public_id)
    block = block_or_none(db.session(), resource.id, block_id)
    if block is None:
        return removed_page(resource)
    places = places_of(resource)
    later = series_from(db.session(), block)
    form = EditBlockForm(_today(places[0]), len(later), **_block_values(block, places[0]))
    form.earliest = min(form.today, local_date(block.starts_at, places[0].tz))

    def read() -> Wanted:
        olds = later if form.is_for_all_later else [block]
        change = BlockChange(resource.id, _moved_spans(form, olds, places[0]), tuple(map(_span, olds)))
        starts, ends = change.spans[0]
        when = block_words(from_minutes(starts), from_minutes(ends), places)
        if len(olds) > 1:
            when = gettext("%(when)s and all later ones, %(count)s times", when=when, count=len(olds))
        return Wanted(change, _closed_words(form, resource, when), _details(form), block)

    def present() -> Present:
        return present_block(block, places)

    variables = {"resource": resource, "block": block, "location": places[0]}
    back_url = calendar_url(resource)
    return answer(Page(form, "desk/hours/edit.html", back_url, read, _reason(resource), variables, present))


def _span(block: BlockEntry) -> Span:
    return to_minutes(block.starts_at), to_minutes_up(block.ends_at)


def _moved_spans(form: EditBlockForm, olds: list[BlockEntry], place: Location) -> tuple[Span, ...]:
    """What was typed for the first, and for each later one as many days after it, at the same time of day."""
    first, last = _known(form.first_on.on), _known(form.last_on.on)
    begun = local_date(olds[0].starts_at, place.tz)
    days = [local_date(old.starts_at, place.tz) - begun for old in olds]
    spans = tuple(
        (
            instant_of(first + more, form.first_time.minute, place.tz),
            instant_of(last + more, form.last_time.minute, place.tz),
        )
        for more in days
    )
    if any(starts >= ends for starts, ends in spans):
        # Only in the hour that the change of clocks leaves out.
        abort(422)
    return spans


def _block_values(block: BlockEntry, place: Location) -> dict[str, str]:
    starts, ends = (at.astimezone(place.tz) for at in (block.starts_at, block.ends_at))
    last_on, last_minute = ends.date(), _minute(ends)
    if last_minute == 0:
        last_on, last_minute = date.fromordinal(last_on.toordinal() - 1), DAY
    return {
        "first_on": _date_value(starts.date()),
        "first_time": written_time(_minute(starts)),
        "last_on": _date_value(last_on),
        "last_time": written_time(last_minute),
        "kind": block.kind.value,
        "label": block.label,
    }


def _date_value(on: date) -> str:
    """A date as a field shows it: in words where those can be read again."""
    return short(on) if wanted_date_or_none(short(on), on) == on else on.isoformat()


def _minute(at: datetime) -> int:
    return at.hour * 60 + at.minute


@bp.route("/calendars/closed", methods=["GET", "POST"])
def closures() -> ResponseReturnValue:
    """Days on which a location or the whole clinic is closed: those to come, and one more."""
    places = own_locations()
    form = ClosureForm(min(map(_today, places)))
    form.location.choices = [SelectChoice(place.code, place.name) for place in places]
    if may_close(access.actor(), None):
        form.location.choices.insert(0, SelectChoice(WHOLE_CLINIC, gettext("The whole clinic")))

    def read() -> Wanted:
        first = _known(form.first_on.on)
        last = form.last_on.on or first
        location = clinic_now().location_by_code.get(form.location.data)
        change = ClosureChange(location.id if location else None, first, last, form.name.data or "")
        where = location.name if location else gettext("The whole clinic")
        summary = gettext(
            "%(where)s is closed, %(when)s: %(name)s", where=where, when=days_words(first, last), name=change.name
        )
        return Wanted(change, summary, warnings=closures_twice(change, min(map(_today, places))))

    variables = {"coming": _closures_to_come(places)}
    return answer(Page(form, "desk/hours/closures.html", url_for("desk.closures"), read, "other", variables))


def _closures_to_come(places: tuple[Location, ...]) -> list[tuple[int, str, str, str, bool]]:
    """Id, where, when, why, and whether the actor may open it again."""
    names = {place.id: place.name for place in places}
    return [
        (
            row.id,
            gettext("The whole clinic") if row.location_id is None else names[row.location_id],
            days_words(row.starts_on, row.ends_on),
            row.name,
            may_close(access.actor(), row.location_id),
        )
        for row in closures_from(db.session(), min(map(_today, places)))
        if row.location_id is None or row.location_id in names
    ]


@bp.route("/calendars/closed/open", methods=["POST"])
def open_again() -> ResponseReturnValue:
    """Take a closure back. Nobody is in the way of that."""
    number = request.form.get("closure", "")
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        abort(400)
    remove_closure(db.session(), actor=access.actor(), closure_id=int(number), now=utc_now())
    flash(gettext("Open again."), "success")
    return redirect(url_for("desk.closures"), 303)
