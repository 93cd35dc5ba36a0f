"""The day as columns on a grid of five minutes: where each visit, break and block stands. Words only, no queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from flask_babel import gettext, ngettext

from booking.adapters import dates
from booking.core.scheduling.clinic import Catalogue, Resource, ResourceKind
from booking.core.scheduling.intervals import Span, from_minutes, to_minutes, to_minutes_up
from booking.queries.desk import DayVisit, LocationDay
from booking.web.desk.form_words import forms_mark
from booking.web.desk.loading import locale
from booking.web.desk.visit_words import link_of, mark_of, name_of, status_of

DAY_MINUTES = 1440
SHORTEST = 5
MOST_LANES = 3
LONGEST_BREAK = 180
USUAL_HOURS = (8, 17)
WITHOUT_COLUMN = 0

_COLUMN_KINDS = (
    ResourceKind.CHAIR,
    ResourceKind.ROOM,
    ResourceKind.DEVICE,
    ResourceKind.NURSE,
    ResourceKind.SPECIALIST,
)


@dataclass(frozen=True, slots=True)
class PlacedVisit:
    """A visit on the grid. Minutes count from local midnight; `lane` 1 is the first."""

    start: int
    minutes: int
    lane: int
    time: str
    name: str
    service: str
    status: str
    status_text: str
    href: str
    hidden: str
    alert: str
    alert_state: str


@dataclass(frozen=True, slots=True)
class PlacedGap:
    """Time in which nobody is there: `kind` is "break" or "closed"."""

    start: int
    minutes: int
    label: str
    kind: str


@dataclass(slots=True)
class BoardColumn:
    """One specialist, or a chair or room for visits that need none."""

    id: str
    name: str
    note: str = ""
    lanes: int = 1
    visits: list[PlacedVisit] = field(default_factory=list)
    gaps: list[PlacedGap] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Board:
    """The whole grid. `now_minute` is None on other days than today, and outside the hours shown."""

    from_hour: int
    to_hour: int
    columns: list[BoardColumn]
    now_minute: int | None
    now_text: str
    hour_texts: dict[int, str]


def board_of(
    day: LocationDay, clinic: Catalogue, *, now: datetime, own_resource_id: int | None, visits: Sequence[DayVisit]
) -> Board:
    """The board of these visits (cancelled ones only when asked for); the own column of a specialist comes first."""
    by_column: dict[int, list[DayVisit]] = {}
    for visit in visits:
        by_column.setdefault(column_id(visit, clinic), []).append(visit)
    resources = _column_resources(day, clinic, by_column, own_resource_id)
    hours = _hours_shown(day, visits, [resource.id for resource in resources])
    columns = [_column(day, clinic, resource, by_column.get(resource.id, []), hours, now=now) for resource in resources]
    _note_supervised(columns, resources, visits)
    if WITHOUT_COLUMN in by_column:
        columns.append(_column_without(day, clinic, by_column[WITHOUT_COLUMN], now=now))
    now_minute = minute_of(now, day)
    is_shown = now.astimezone(day.location.tz).date() == day.on and hours[0] * 60 <= now_minute < hours[1] * 60
    return Board(
        *hours,
        columns,
        now_minute if is_shown else None,
        dates.board_time(now, day.location.tz, locale()),
        {hour: dates.hour_text(hour, locale()) for hour in range(*hours)},
    )


def column_id(visit: DayVisit, clinic: Catalogue) -> int:
    """In whose column the visit stands: its specialist, else the chair, room, device or nurse that it takes.

    WITHOUT_COLUMN for a visit that takes nothing any more, which is one that was cancelled or missed."""
    if visit.visit.specialist_id is not None:
        return visit.visit.specialist_id
    taken = [clinic.resources[resource_id] for resource_id in visit.resource_ids]
    taken.sort(key=lambda resource: (_COLUMN_KINDS.index(resource.kind), resource.id))
    return taken[0].id if taken else WITHOUT_COLUMN


def _column_resources(
    day: LocationDay, clinic: Catalogue, by_column: Iterable[int], own_resource_id: int | None
) -> list[Resource]:
    """Specialists who are here on that day and all who have visits: the own one, other specialists, then the rest."""
    here = {i for i, spans in day.open_spans.items() if spans}
    wanted = {i for i in here if clinic.resources[i].kind is ResourceKind.SPECIALIST} | set(by_column)
    wanted.discard(WITHOUT_COLUMN)

    def order(resource: Resource) -> tuple[bool, bool, int]:
        return resource.id != own_resource_id, resource.kind is not ResourceKind.SPECIALIST, resource.id

    return sorted((clinic.resources[i] for i in wanted), key=order)


def minute_of(instant: datetime, day: LocationDay) -> int:
    """Wall-clock minutes after the midnight that begins the day; 0 before it, 1440 after it."""
    return _minute(instant, day.location.tz, day.on)


def _minute(instant: datetime, tz: object, on: date) -> int:
    local = instant.astimezone(tz)  # type: ignore[arg-type]  # A ZoneInfo.
    if local.date() != on:
        return 0 if local.date() < on else DAY_MINUTES
    return local.hour * 60 + local.minute


def _span_minutes(span: Span, day: LocationDay) -> Span:
    return minute_of(from_minutes(span[0]), day), minute_of(from_minutes(span[1]), day)


def _visit_minutes(visit: DayVisit, day: LocationDay) -> Span:
    """Start on the wall clock and the elapsed length, cut at midnight."""
    starts = min(minute_of(visit.visit.starts_at, day), DAY_MINUTES - SHORTEST)
    length = to_minutes_up(visit.visit.ends_at) - to_minutes(visit.visit.starts_at)
    return starts, min(starts + max(length, SHORTEST), DAY_MINUTES)


def _hours_shown(day: LocationDay, visits: Iterable[DayVisit], resource_ids: Iterable[int]) -> tuple[int, int]:
    """The first and last full hour that hold all hours and visits; usual office hours on an empty day."""
    spans = [_span_minutes(span, day) for i in resource_ids for span in day.open_spans.get(i, ())]
    spans += [_visit_minutes(visit, day) for visit in visits]
    if not spans:
        return USUAL_HOURS
    return min(s for s, _ in spans) // 60, -(-max(e for _, e in spans) // 60)


def _column(
    day: LocationDay,
    clinic: Catalogue,
    resource: Resource,
    visits: list[DayVisit],
    hours: tuple[int, int],
    *,
    now: datetime,
) -> BoardColumn:
    column = BoardColumn(f"column-{resource.code}", resource.name, _note(visits))
    _place_visits(column, day, clinic, visits, now=now)
    open_ = [_span_minutes(span, day) for span in day.open_spans.get(resource.id, ())]
    column.gaps = _gaps(open_, hours) + [
        PlacedGap(starts, max(ends - starts, SHORTEST), block.label, "closed")
        for block in day.blocks
        if block.resource_id == resource.id
        for starts, ends in [_within((minute_of(block.starts_at, day), minute_of(block.ends_at, day)), hours)]
        if starts < ends
    ]
    return column


def _column_without(day: LocationDay, clinic: Catalogue, visits: list[DayVisit], *, now: datetime) -> BoardColumn:
    column = BoardColumn("column-none", gettext("No specialist"), _note(visits))
    _place_visits(column, day, clinic, visits, now=now)
    return column


def _note(visits: Sequence[DayVisit]) -> str:
    count = sum(visit.visit.status.occupies_time for visit in visits)
    return ngettext("%(num)s visit", "%(num)s visits", count)


def _note_supervised(columns: list[BoardColumn], resources: list[Resource], visits: Sequence[DayVisit]) -> None:
    """Say where somebody is needed by visits that stand in other columns, such as sessions they watch over."""
    for column, resource in zip(columns, resources, strict=True):
        count = sum(resource.id in v.resource_ids and v.visit.specialist_id != resource.id for v in visits)
        if count and resource.kind is ResourceKind.SPECIALIST:
            column.note += gettext(", supervises %(count)s", count=count)


def _within(span: Span, hours: tuple[int, int]) -> Span:
    return max(span[0], hours[0] * 60), min(span[1], hours[1] * 60)


def _gaps(open_: Sequence[Span], hours: tuple[int, int]) -> list[PlacedGap]:
    """What lies between the hours: a break inside the day, closed before, after and in between when it is long."""
    edges = [hours[0] * 60, *(edge for span in open_ for edge in span), hours[1] * 60]
    gaps = [(starts, ends) for starts, ends in zip(edges[::2], edges[1::2], strict=True)]
    last = len(gaps) - 1
    return [
        PlacedGap(starts, ends - starts, gettext("Break") if is_break else "", "break" if is_break else "closed")
        for number, (starts, ends) in enumerate(gaps)
        if starts < ends
        for is_break in [0 < number < last and ends - starts <= LONGEST_BREAK]
    ]


def _place_visits(
    column: BoardColumn, day: LocationDay, clinic: Catalogue, visits: list[DayVisit], *, now: datetime
) -> None:
    """Side by side where they overlap: a cancelled visit and the one that took its time."""
    ends_of_lanes: list[int] = []
    for visit in visits:
        starts, ends = _visit_minutes(visit, day)
        free = (lane for lane, until in enumerate(ends_of_lanes) if until <= starts)
        lane = next(free, min(len(ends_of_lanes), MOST_LANES - 1))
        ends_of_lanes[lane : lane + 1] = [ends]
        column.visits.append(_placed(visit, day, clinic, (starts, ends), lane=lane + 1, now=now))
    column.lanes = max(len(ends_of_lanes), 1)


def _placed(
    visit: DayVisit, day: LocationDay, clinic: Catalogue, span: Span, *, lane: int, now: datetime
) -> PlacedVisit:
    tz, one = day.location.tz, visit.visit
    ends = dates.time_only(one.ends_at, tz, locale())
    specialist = clinic.resources[one.specialist_id].name if one.specialist_id else ""
    mark = forms_mark(visit.forms, now) if one.status.occupies_time else None
    return PlacedVisit(
        start=span[0],
        minutes=span[1] - span[0],
        lane=lane,
        time=dates.board_time(one.starts_at, tz, locale()),
        name=name_of(visit),
        service=clinic.services[one.service_id].name,
        status=mark_of(visit),
        status_text=status_of(visit),
        href=link_of(visit),
        hidden=gettext("to %(end)s, with %(who)s", end=ends, who=specialist)
        if specialist
        else gettext("to %(end)s", end=ends),
        alert=mark.text if mark else "",
        alert_state=mark.state if mark else "",
    )
