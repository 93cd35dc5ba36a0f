"""A score over time as a line of our own and as a table. No bands: the clinic would have to settle them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask_babel import gettext, ngettext

from booking.adapters import dates
from booking.services.before_visit import ScoreTrend
from booking.services.read_forms import ScorePoint
from booking.web.desk.loading import locale

WIDTH, HEIGHT = 340, 132
LEFT, RIGHT, TOP, BOTTOM = 30, 14, 12, 26
BESIDE = 22
"""How far the first and the last dot stay from the edges, so that their values stay off the numbers of the axis."""


@dataclass(frozen=True, slots=True)
class TrendDot:
    """A total on the picture, in its units."""

    x: float
    y: float
    value: str


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One response in the table, the newest first."""

    when: str
    value: str
    is_total: bool
    rule: str


@dataclass(frozen=True, slots=True)
class TrendPicture:
    """One instrument. `newest` is its last score in words; `line` are the dots as points of a polyline, "" for one."""

    title: str
    code: str
    newest: str
    is_total: bool
    range_text: str
    lowest: str
    highest: str
    dots: tuple[TrendDot, ...]
    line: str
    first_day: str
    last_day: str
    rows: tuple[TrendRow, ...]
    label: str


def trend_picture(trend: ScoreTrend, tz: ZoneInfo) -> TrendPicture:
    """The picture with its table. All totals of one instrument have the same ends."""
    table = trend.table
    lowest, highest = (table.lowest, table.highest) if table else _ends(trend.points)
    dots = _dots(trend.points, lowest, highest)
    rows = tuple(_row(point, tz) for point in reversed(trend.points))
    title, newest = (table.coding.display if table else "") or trend.questionnaire.title, rows[0]
    return TrendPicture(
        title,
        trend.questionnaire.code,
        newest.value,
        newest.is_total,
        gettext("on a scale from %(lowest)s to %(highest)s", lowest=_plain(lowest), highest=_plain(highest)),
        _plain(lowest),
        _plain(highest),
        dots,
        " ".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in dots) if len(dots) > 1 else "",
        dates.short_day(trend.points[0].at, tz, locale()),
        dates.short_day(trend.points[-1].at, tz, locale()),
        rows,
        gettext("%(title)s over time; the same numbers stand in the table below.", title=title),
    )


def _ends(points: Sequence[ScorePoint]) -> tuple[Decimal, Decimal]:
    """Of an instrument without a table here: what was reached."""
    values = [point.value for point in points if point.value is not None] or [Decimal(0)]
    return min(Decimal(0), *values), max(values)


def _plain(value: Decimal) -> str:
    return str(int(value)) if value == value.to_integral_value() else str(value)


def _dots(points: Sequence[ScorePoint], lowest: Decimal, highest: Decimal) -> tuple[TrendDot, ...]:
    """Totals by their time from left to right; what has no total leaves no dot."""
    begins, ends = points[0].at, points[-1].at
    length = (ends - begins).total_seconds()
    reach = float(highest - lowest) or 1.0
    found = []
    for point in points:
        if point.value is None:
            continue
        share = (point.at - begins).total_seconds() / length if length else 0.5
        height = float(point.value - lowest) / reach
        x = LEFT + BESIDE + share * (WIDTH - LEFT - RIGHT - 2 * BESIDE)
        y = HEIGHT - BOTTOM - height * (HEIGHT - TOP - BOTTOM)
        found.append(TrendDot(round(x, 1), round(y, 1), _plain(point.value)))
    return tuple(found)


def _row(point: ScorePoint, tz: ZoneInfo) -> TrendRow:
    return TrendRow(
        dates.birth_date_text(point.at.astimezone(tz).date(), locale()),
        _value_text(point),
        point.value is not None,
        point.rule,
    )


def _value_text(point: ScorePoint) -> str:
    if not point.is_readable:
        return gettext("cannot be read")
    if point.value is not None:
        return _plain(point.value)
    count = len(point.missing)
    return ngettext("no total: %(num)s question not answered", "no total: %(num)s questions not answered", count)
