"""Which forms a visit asks for, when each opens, is due and closes, and how it stands at an instant.

Days are dates of the location and counted there; minutes and hours are elapsed time. Instants are aware.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from booking.core.form_rules import LONGEST, FormRule, Moment, Visits

DUE_SOON = timedelta(days=1)
ANSWERED_AFTER = timedelta(days=14)
"""A form about how a visit went is taken for so long after it was due; later nobody remembers."""
EVER = datetime.min.replace(tzinfo=UTC)
"""When a form opened that is open since its visit was booked."""

_BY_DATE = frozenset({"day", "week"})


class Stage(StrEnum):
    """How a form that was not sent stands: `DUE` within a day, `LATE` when still taken after it was due."""

    NOT_YET = "not_yet"
    OPEN = "open"
    DUE = "due"
    LATE = "late"
    CLOSED = "closed"

    @property
    def takes_answers(self) -> bool:
        """Whether it may be filled in."""
        return self in {Stage.OPEN, Stage.DUE, Stage.LATE}


@dataclass(frozen=True, slots=True)
class VisitTimes:
    """What the forms of a visit depend on. `takes_place`: it was not cancelled or missed; `is_done`: it is over.

    `is_first`: no earlier visit of the patient took or takes place."""

    starts_at: datetime
    ends_at: datetime
    booked_at: datetime
    tz: ZoneInfo
    is_first: bool = True
    takes_place: bool = True
    is_done: bool = False

    @property
    def on(self) -> date:
        """The local date of its start."""
        return self.starts_at.astimezone(self.tz).date()


@dataclass(frozen=True, slots=True)
class ExtraForm:
    """Staff ask for this form at one visit too, until `due_at` (None: its start); withdrawn, it is not asked at all."""

    form: str
    asked_at: datetime
    due_at: datetime | None = None
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class AskedForm:
    """A form that one visit asks for. `is_extra`: staff asked for it, beyond those of the service."""

    code: str
    opens_at: datetime
    due_at: datetime
    is_extra: bool = False

    def stage(self, visit: VisitTimes, now: datetime) -> Stage:
        """How it stands while it is not sent."""
        if not visit.takes_place or now >= self._closes_at(visit):
            return Stage.CLOSED
        if now < self.opens_at:
            return Stage.NOT_YET
        if now >= self.due_at:
            return Stage.LATE
        return Stage.DUE if now >= self.due_at - DUE_SOON else Stage.OPEN

    def is_after(self, visit: VisitTimes) -> bool:
        """Whether it asks how the visit went: it may be sent when that is over."""
        return self.due_at > visit.starts_at

    def _closes_at(self, visit: VisitTimes) -> datetime:
        """One that prepares a visit is of use until it is over, however long that takes."""
        if self.is_after(visit):
            return self.due_at + ANSWERED_AFTER
        return EVER if visit.is_done else datetime.max.replace(tzinfo=UTC)


def is_in_order(rule: FormRule) -> bool:
    """Whether the form opens before it is due, at an ordinary visit."""
    noon = datetime(2026, 1, 14, 12, tzinfo=UTC)
    visit = VisitTimes(noon, noon + timedelta(hours=1), noon - LONGEST * 2, ZoneInfo("UTC"))
    return rule.opens is None or _opening(rule.opens, visit) < _closing(rule.due, visit)


def asked_of(rules: Iterable[FormRule], extras: Sequence[ExtraForm], visit: VisitTimes) -> tuple[AskedForm, ...]:
    """What the visit asks for: the forms of its service, then those that staff added, without what they withdrew."""
    withdrawn = {extra.form for extra in extras if extra.is_withdrawn}
    asked = [
        _asked(rule, visit) for rule in rules if rule.form not in withdrawn and _applies(rule.visits, visit.is_first)
    ]
    known = {one.code for one in asked}
    added = (extra for extra in extras if not extra.is_withdrawn and extra.form not in known)
    return (*asked, *(_added(extra, visit) for extra in sorted(added, key=lambda extra: (extra.asked_at, extra.form))))


def _added(extra: ExtraForm, visit: VisitTimes) -> AskedForm:
    return AskedForm(extra.form, extra.asked_at, extra.due_at or visit.starts_at, is_extra=True)


def _applies(visits: Visits, is_first: bool) -> bool:
    return visits is Visits.ALL or (visits is Visits.FIRST) == is_first


def _asked(rule: FormRule, visit: VisitTimes) -> AskedForm:
    """Who books after a form would have been due has until the visit begins."""
    opens_at = EVER if rule.opens is None else _opening(rule.opens, visit)
    due_at = _closing(rule.due, visit)
    return AskedForm(rule.form, opens_at, due_at if due_at > visit.booked_at else visit.starts_at)


def _opening(moment: Moment, visit: VisitTimes) -> datetime:
    """Of a day its first instant."""
    if moment.unit in _BY_DATE:
        return local_instant(_date(moment, visit), time(0), visit.tz)
    return _elapsed(moment, visit)


def _closing(moment: Moment, visit: VisitTimes) -> datetime:
    """Of a day its end."""
    if moment.unit in _BY_DATE:
        return local_instant(_date(moment, visit) + timedelta(days=1), time(0), visit.tz)
    return _elapsed(moment, visit)


def _date(moment: Moment, visit: VisitTimes) -> date:
    return visit.on + moment.length if moment.is_after else visit.on - moment.length


def _elapsed(moment: Moment, visit: VisitTimes) -> datetime:
    return visit.ends_at + moment.length if moment.is_after else visit.starts_at - moment.length


def local_instant(on: date, at: time, tz: ZoneInfo) -> datetime:
    """That wall-clock time as an instant in UTC."""
    return datetime.combine(on, at, tzinfo=tz).astimezone(UTC)


def last_date(due_at: datetime, tz: ZoneInfo) -> date:
    """The last local date on which something due then is in time: midnight belongs to the day that it ends."""
    return (due_at.astimezone(UTC) - timedelta(microseconds=1)).astimezone(tz).date()
