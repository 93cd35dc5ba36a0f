"""Reads resources with their hours, and blocks, from the clinic file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from itertools import combinations
from zoneinfo import ZoneInfo

from booking.core.clinic_file.findings import near_miss
from booking.core.clinic_file.mistakes import Path, written
from booking.core.clinic_file.plan import BlockPlan, HoursExceptionPlan, ResourcePlan, WeeklyHoursPlan
from booking.core.clinic_file.table import Table
from booking.core.clinic_file.times import DAY_NAMES, hours_collide, span_or_none, spans_overlap
from booking.core.scheduling.clinic import BlockKind, MinuteSpan, ResourceKind
from booking.core.video import LONGEST_VIDEO_URL, is_video_url

CHOSEN_SPECIALIST = "specialist"
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*")
_NO_DAY = date(2000, 1, 1)


def read_resource(table: Table, zones: Mapping[str, ZoneInfo]) -> ResourcePlan:
    """One resource; its code and pools are declared, so that services and blocks can refer to them."""
    code = table.code("code")
    kind = table.choice("kind", ResourceKind)
    table.findings.declare("resource", code, table.at("code"))
    # Every resource, so that naming a nurse as a specialist is told as that, by `feasible`, and only once.
    table.findings.permit("specialist", [code])
    resource = ResourcePlan(
        code=code,
        kind=kind,
        name=table.name("name"),
        lanes=table.whole("lanes", least=1, most=99, default=1),
        title=table.name("title", ""),
        about=table.prose("about", ""),
        pools=_pools(table),
        languages=read_languages(table),
        weekly_hours=_weekly_hours(table, zones),
        exceptions=_exceptions(table),
        is_active=table.flag("active", default=True),
        video_url=_video_url(table, kind),
    )
    table.finish()
    return resource


def read_block(table: Table) -> BlockPlan:
    """One block of a resource, from one instant to another."""
    resource = table.reference("resource", "resource") or ""
    mistakes_before = table.findings.count
    starts_at = table.instant("from")
    ends_at = table.instant("to")
    if table.findings.count == mistakes_before and ends_at <= starts_at:
        table.findings.add(table.at("to"), "instants_backwards")
    kind = table.choice("kind", BlockKind, BlockKind.OTHER)
    block = BlockPlan(resource, starts_at, ends_at, table.name("note", ""), kind)
    table.finish()
    return block


def _pools(table: Table) -> frozenset[str]:
    found = []
    for path, pool in table.distinct("pools"):
        if pool == CHOSEN_SPECIALIST:
            table.findings.add(path, "reserved_pool")
        elif table.is_code(pool, path):
            found.append(pool)
    table.findings.permit("pool", found)
    return frozenset(found)


def _video_url(table: Table, kind: ResourceKind) -> str:
    """The address of a specialist's own room, "" without one. Only its form is checked: nothing is fetched."""
    url = table.name("video_url", "", most=LONGEST_VIDEO_URL)
    if url and not is_video_url(url):
        table.findings.add(table.at("video_url"), "bad_address", value=url)
    elif url and kind is not ResourceKind.SPECIALIST:
        table.findings.add(table.at("video_url"), "video_room_of_other")
    return url


def read_languages(table: Table) -> tuple[str, ...]:
    """The language codes under `languages`; () when there are none."""
    listed = table.distinct("languages")
    for path, language in listed:
        if not _LANGUAGE.fullmatch(language):
            table.findings.add(path, "bad_language", value=language)
    return tuple(language for _, language in listed)


def _weekly_hours(table: Table, zones: Mapping[str, ZoneInfo]) -> tuple[WeeklyHoursPlan, ...]:
    placed = [pair for hours in table.tables("hours") for pair in _hours(hours)]
    collided = set()
    for (path, first), (later_path, later) in combinations(placed, 2):
        if later_path not in collided and hours_collide(first, later, zones):
            collided.add(later_path)
            table.findings.add(later_path, "spans_overlap", other=written(path))
    return tuple(hours for _, hours in placed)


def _hours(table: Table) -> list[tuple[Path, WeeklyHoursPlan]]:
    """The weekly spans of one `hours` table, each with the path of its text."""
    location = table.reference("location", "location") or ""
    weekdays = _weekdays(table)
    spans = _spans(table, least=1)
    valid_from = table.day_or_none("valid_from")
    valid_to = table.day_or_none("valid_to")
    if valid_from and valid_to and valid_to < valid_from:
        table.findings.add(table.at("valid_to"), "dates_backwards", starts=str(valid_from), ends=str(valid_to))
    table.finish()
    return [
        (path, WeeklyHoursPlan(location, weekday, span, valid_from, valid_to))
        for weekday in weekdays
        for path, span in spans
    ]


def _weekdays(table: Table) -> list[int]:
    found = []
    for path, name in table.distinct("days", least=1):
        if name in DAY_NAMES:
            found.append(DAY_NAMES.index(name))
        else:
            choices = ", ".join(DAY_NAMES)
            table.findings.add(path, "unknown_choice", value=name, choices=choices, **near_miss(name, DAY_NAMES))
    return found


def _exceptions(table: Table) -> tuple[HoursExceptionPlan, ...]:
    found: dict[tuple[str, date], HoursExceptionPlan] = {}
    for item in table.tables("exceptions"):
        location = item.reference("location", "location") or ""
        on = item.day("on")
        exception = HoursExceptionPlan(location, on or _NO_DAY, _exception_spans(item))
        item.finish()
        if on and (location, on) in found:
            item.findings.add(item.path, "duplicate_exception", value=str(on), location=location)
        found[location, exception.on] = exception
    return tuple(found.values())


def _exception_spans(table: Table) -> tuple[MinuteSpan, ...]:
    placed = _spans(table)
    for (path, first), (later_path, later) in combinations(placed, 2):
        if spans_overlap(first, later):
            table.findings.add(later_path, "spans_overlap", other=written(path))
    return tuple(span for _, span in placed)


def _spans(table: Table, *, least: int = 0) -> list[tuple[Path, MinuteSpan]]:
    found = []
    for path, text in table.texts("spans", least=least):
        span = span_or_none(text)
        if span is None:
            table.findings.add(path, "bad_span", value=text)
        elif span.ends <= span.starts:
            table.findings.add(path, "span_backwards", value=text)
        else:
            found.append((path, span))
    return found
