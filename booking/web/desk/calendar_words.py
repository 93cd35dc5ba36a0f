"""The desk's words for calendars: kinds of resources and blocks, what happens to visits, why something is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import LazyString, gettext, lazy_gettext, ngettext

from booking.adapters import dates
from booking.core.scheduling.clinic import MinuteSpan, ResourceKind
from booking.core.scheduling.hits import HitCause
from booking.core.typed_hours import DAY, UnreadHours
from booking.models import BlockKind
from booking.services.calendar_changes import DecisionKind, Failed
from booking.web.desk.loading import locale

PEOPLE = frozenset({ResourceKind.SPECIALIST, ResourceKind.NURSE})

RESOURCE_KINDS: dict[ResourceKind, LazyString] = {
    ResourceKind.SPECIALIST: lazy_gettext("Specialists"),
    ResourceKind.NURSE: lazy_gettext("Nurses"),
    ResourceKind.ROOM: lazy_gettext("Rooms"),
    ResourceKind.CHAIR: lazy_gettext("Chairs"),
    ResourceKind.DEVICE: lazy_gettext("Devices"),
}
"""In the order in which they are listed."""

RESOURCE_KIND: dict[ResourceKind, LazyString] = {
    ResourceKind.SPECIALIST: lazy_gettext("Specialist"),
    ResourceKind.NURSE: lazy_gettext("Nurse"),
    ResourceKind.ROOM: lazy_gettext("Room"),
    ResourceKind.CHAIR: lazy_gettext("Chair"),
    ResourceKind.DEVICE: lazy_gettext("Device"),
}

BLOCK_KIND: dict[BlockKind, LazyString] = {
    BlockKind.LEAVE: lazy_gettext("Leave"),
    BlockKind.MEETING: lazy_gettext("Meeting"),
    BlockKind.REPAIR: lazy_gettext("Repair"),
    BlockKind.OTHER: lazy_gettext("Something else"),
}

BLOCK_TONE: dict[BlockKind, str] = {BlockKind.LEAVE: "warn", BlockKind.REPAIR: "warn", BlockKind.MEETING: "busy"}

CAUSE: dict[HitCause, LazyString] = {
    HitCause.CLOSED: lazy_gettext("The location would be closed"),
    HitCause.OUTSIDE_HOURS: lazy_gettext("It would be outside the opening hours"),
    HitCause.BLOCKED: lazy_gettext("It lies in the closed time"),
}

FAILED: dict[str, LazyString] = {
    "slot_taken": lazy_gettext("somebody else was quicker"),
    "patient_busy": lazy_gettext("the patient has another visit at that time"),
    "move_not_allowed": lazy_gettext("the visit has changed meanwhile"),
    "rules_refuse": lazy_gettext("that time cannot be booked"),
    "busy_database": lazy_gettext("the program was too busy"),
}
OTHER_FAILED = lazy_gettext("that is not possible")


def failed_text(failed: Failed) -> str:
    """ "could not be moved: somebody else was quicker"."""
    why = str(FAILED.get(failed.code, OTHER_FAILED))
    if failed.kind is DecisionKind.CANCEL:
        return gettext("could not be canceled: %(why)s", why=why)
    if failed.kind is DecisionKind.SAME_TIME:
        return gettext("no other room, nurse or chair: %(why)s", why=why)
    return gettext("could not be moved: %(why)s", why=why)


_COUNTED: dict[DecisionKind, Callable[[int], str]] = {
    DecisionKind.MOVE: lambda n: ngettext("%(num)s visit moved", "%(num)s visits moved", n),
    DecisionKind.SAME_TIME: lambda n: ngettext("%(num)s other room", "%(num)s other rooms", n),
    DecisionKind.CANCEL: lambda n: ngettext("%(num)s visit canceled", "%(num)s visits canceled", n),
    DecisionKind.CALL: lambda n: ngettext("%(num)s patient to call", "%(num)s patients to call", n),
    DecisionKind.KEEP: lambda n: ngettext("%(num)s visit stays", "%(num)s visits stay", n),
}


def done_text(done: Mapping[DecisionKind, int]) -> str:
    """ "2 visits moved, 1 visit stays": what became of the visits; "" when none was in the way."""
    told = {kind: _COUNTED[kind](count) for kind, count in done.items() if count}
    return ", ".join(told[kind] for kind in _COUNTED if kind in told)


def weekday_name(weekday: int) -> str:
    """ "Monday" for 0, in the reader's language."""
    return dates.weekday_name(weekday, locale())


def span_words(span: MinuteSpan) -> str:
    """ "9:00 am – 12:00 pm"; an end on the next day says so."""
    starts, ends = (dates.clock_text(minute % DAY, locale()) for minute in (span.starts, span.ends))
    if span.ends > DAY:
        return gettext("%(starts)s – %(ends)s the next day", starts=starts, ends=ends)
    return f"{starts} – {gettext('midnight') if span.ends == DAY else ends}"


def hours_words(spans: tuple[MinuteSpan, ...]) -> str:
    """All spans of a day; "Closed" for none."""
    return ", ".join(span_words(span) for span in spans) or gettext("Closed")


def unread_sentence(problem: UnreadHours) -> str:
    """What is wrong with hours that were typed, with the part that is."""
    if problem.code == "backwards":
        return gettext(
            "“%(text)s” ends before it begins. Write 9-17 or 9 am-5 pm; a night is 20:00-+6:00.", text=problem.text
        )
    if problem.code == "overlap":
        return gettext("%(text)s overlaps with the hours before it", text=problem.text)
    return gettext("“%(text)s” are no hours we understand. Write them like 9:00-12:00, 13-17", text=problem.text)
