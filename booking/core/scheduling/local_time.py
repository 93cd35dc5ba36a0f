"""Between wall-clock time at a location and UTC minutes. Nothing else in the engine knows of time zones.

Source of the rules: the conventions of docs/time.md. Offsets of zones are whole minutes in every year that a clinic
can book in; zone arithmetic is cached per date, since it is the costly part of expanding opening hours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from booking.core.scheduling.clinic import MinuteSpan
from booking.core.scheduling.intervals import Span, merge

DAY = 1440
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_MINUTE = timedelta(minutes=1)
_PROBE_MINUTES = 360

GridRun = tuple[int, int, int]
"""`(starts, ends, phase)`: in these UTC minutes, grid times are those that leave `phase` when divided by the grid."""


def day_number(on: date) -> int:
    """Days from 1970-01-01 to `on`."""
    return on.toordinal() - _EPOCH_ORDINAL


def date_of_day(number: int) -> date:
    """The date `number` days after 1970-01-01."""
    return date.fromordinal(number + _EPOCH_ORDINAL)


def _wall_offset(on: date, minute: int, tz: ZoneInfo) -> int:
    # fold=0, the default, is the whole rule for edges: in a missing hour it keeps the offset from before the change,
    # which moves the edge on by the gap; in a repeated hour it names the first.
    wall = datetime(on.year, on.month, on.day) + minute * _MINUTE  # noqa: DTZ001 - wall-clock time, on its way to a zone.
    return _whole_minutes(wall.replace(tzinfo=tz))


def _whole_minutes(wall: datetime) -> int:
    offset = wall.utcoffset()
    assert offset is not None  # noqa: S101 - every ZoneInfo knows its offset; this tells the type checker.
    return offset // _MINUTE


@lru_cache(maxsize=16384)
def _steady_offset(on: date, tz: ZoneInfo) -> int | None:
    """The offset that holds from local midnight of `on` for two days, in minutes; None when it changes meanwhile."""
    offset = _wall_offset(on, 0, tz)
    return offset if offset == _wall_offset(on, 2 * DAY, tz) else None


def instant_of(on: date, minute: int, tz: ZoneInfo) -> int:
    """The UTC minute of wall-clock `minute` (0 to 2880) after midnight of `on`.

    A time in a missing hour moves on by the gap; of a repeated hour the first counts.
    """
    offset = _steady_offset(on, tz)
    if offset is None:
        offset = _wall_offset(on, minute, tz)
    return day_number(on) * DAY + minute - offset


def offset_at(minute: int, tz: ZoneInfo) -> int:
    """Minutes by which the wall clock is ahead of UTC at the UTC `minute`."""
    return _whole_minutes(datetime.fromtimestamp(minute * 60, UTC).astimezone(tz))


@lru_cache(maxsize=16384)
def local_date_of(minute: int, tz: ZoneInfo) -> date:
    """The local date on which the UTC `minute` falls."""
    return date_of_day((minute + offset_at(minute, tz)) // DAY)


@lru_cache(maxsize=16384)
def day_span(on: date, tz: ZoneInfo) -> Span:
    """UTC minutes from local midnight of `on` to the next one: 23, 24 or 25 hours, or what the zone makes of it."""
    return instant_of(on, 0, tz), instant_of(on, DAY, tz)


def _change_between(low: int, high: int, tz: ZoneInfo) -> int:
    """The first UTC minute in `(low, high]` with the offset of `high`; the offset changes once in between."""
    after = offset_at(high, tz)
    while high - low > 1:
        middle = (low + high) // 2
        if offset_at(middle, tz) == after:
            high = middle
        else:
            low = middle
    return high


@lru_cache(maxsize=16384)
def _offsets_in_utc_day(number: int, tz: ZoneInfo) -> tuple[tuple[int, int], ...]:
    """`(from UTC minute, offset)` for each stretch of one offset in a UTC day, the first from its first minute.

    Probed every six hours: no zone changes its clocks twice within that time.
    """
    starts = number * DAY
    found = [(starts, offset_at(starts, tz))]
    for probe in range(starts + _PROBE_MINUTES, starts + DAY + 1, _PROBE_MINUTES):
        if offset_at(probe, tz) != found[-1][1]:
            change = _change_between(probe - _PROBE_MINUTES, probe, tz)
            found.append((change, offset_at(change, tz)))
    return tuple(pair for pair in found if pair[0] < starts + DAY)


def _stretches(first_on: date, last_on: date, tz: ZoneInfo) -> list[GridRun]:
    """`(starts, ends, offset)` of the stretches of one offset that hold every minute of these local dates."""
    first, last = day_number(first_on) - 2, day_number(last_on) + 2
    pairs = [pair for number in range(first, last + 1) for pair in _offsets_in_utc_day(number, tz)]
    ends = [starts for starts, _ in pairs[1:]] + [(last + 1) * DAY]
    stretches: list[GridRun] = []
    for (starts, offset), end in zip(pairs, ends, strict=True):
        if stretches and stretches[-1][2] == offset:
            stretches[-1] = (stretches[-1][0], end, offset)
        else:
            stretches.append((starts, end, offset))
    return stretches


@lru_cache(maxsize=1024)
def grid_runs(first_on: date, last_on: date, tz: ZoneInfo, grid_minutes: int) -> tuple[GridRun, ...]:
    """The UTC minutes whose local date is in `[first_on, last_on]`, with the phase of the grid in each run of them.

    The grid is anchored at local midnight and read off the wall clock: a start is on the grid when its wall-clock
    minute of the day is a multiple of `grid_minutes`. So a repeated hour is offered twice, a missing one never, and
    nine o'clock stays on the grid whatever the clocks did at night.
    """
    runs: list[GridRun] = []
    for starts, ends, offset in _stretches(first_on, last_on, tz):
        first = max(day_number(first_on), (starts + offset) // DAY)
        last = min(day_number(last_on), (ends - 1 + offset) // DAY)
        for number in range(first, last + 1):
            midnight = number * DAY - offset
            run = (max(starts, midnight), min(ends, midnight + DAY), midnight % grid_minutes)
            if runs and runs[-1][1:] == (run[0], run[2]):
                run = (runs.pop()[0], run[1], run[2])
            runs.append(run)
    return tuple(runs)


def date_spans(first_on: date, last_on: date, tz: ZoneInfo) -> list[Span]:
    """The UTC minutes whose local date is in `[first_on, last_on]`: one span, unless clocks went back over midnight."""
    return [(starts, ends) for starts, ends, _ in grid_runs(first_on, last_on, tz, 1)]


@lru_cache(maxsize=256)
def wall_clock_spans(
    first_on: date, last_on: date, tz: ZoneInfo, day_spans: tuple[MinuteSpan, ...], weekdays: frozenset[int]
) -> tuple[Span, ...]:
    """The UTC minutes of these local dates that fall on one of `weekdays` (0 = Monday; none = any) and whose
    wall-clock minute lies in one of `day_spans` (none = any). Of a repeated hour both count, as on the grid.
    """
    spans = [(span.starts, min(span.ends, DAY)) for span in day_spans] or [(0, DAY)]
    found: list[Span] = []
    for starts, ends, offset in _stretches(first_on, last_on, tz):
        first = max(day_number(first_on), (starts + offset) // DAY)
        last = min(day_number(last_on), (ends - 1 + offset) // DAY)
        for number in range(first, last + 1):
            if not weekdays or date_of_day(number).weekday() in weekdays:
                midnight = number * DAY - offset
                found.extend((max(starts, midnight + opens), min(ends, midnight + closes)) for opens, closes in spans)
    return tuple(merge(found))


def grid_starts(spans: list[Span], runs: tuple[GridRun, ...], grid_minutes: int) -> list[int]:
    """All grid times within `spans` (sorted), in order."""
    starts: list[int] = []
    for run_starts, run_ends, phase in runs:
        for span_starts, span_ends in spans:
            low = max(span_starts, run_starts)
            starts.extend(range(low + (phase - low) % grid_minutes, min(span_ends, run_ends), grid_minutes))
    return starts
