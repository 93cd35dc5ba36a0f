"""Reads services with their segments and policies from the clinic file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from booking.core.clinic_file.forms import read_form_rules
from booking.core.clinic_file.mistakes import Path
from booking.core.clinic_file.plan import ServicePlan
from booking.core.clinic_file.resources import CHOSEN_SPECIALIST, read_languages
from booking.core.clinic_file.table import Table
from booking.core.clinic_file.times import MINUTES_OF_DAY
from booking.core.scheduling.clinic import Audience, Need, Policy, Segment, VisitLimit, VisitMode

_NEED = re.compile(r"(?:(\d{1,2}) lanes? of )?(\S+)", re.ASCII)
_DEFAULT = Policy()


def read_service(table: Table) -> ServicePlan:
    """One service; its code is declared. Whether anybody can give it is asked in `feasible`."""
    code = table.code("code")
    table.findings.declare("service", code, table.at("code"))
    service = ServicePlan(
        code=code,
        name=table.name("name"),
        summary=table.prose("summary"),
        segments=_segments(table),
        mode=table.choice("mode", VisitMode, VisitMode.IN_PERSON),
        grid_minutes=_grid(table),
        buffer_before_minutes=table.whole("buffer_before_minutes", least=0, most=240, default=0),
        buffer_after_minutes=table.whole("buffer_after_minutes", least=0, most=240, default=0),
        policy=_policy(table),
        specialists=_restriction(table, "specialists", "specialist"),
        locations=_restriction(table, "locations", "location"),
        form_rules=read_form_rules(table),
        preparation=tuple(line for _, line in table.texts("preparation")),
        is_active=table.flag("active", default=True),
        languages=read_languages(table),
    )
    table.finish()
    return service


def written_need(need: Need) -> str:
    """A need as the clinic file writes it."""
    what = CHOSEN_SPECIALIST if need.pool is None else need.pool
    return what if need.lanes == 1 else f"{need.lanes} lanes of {what}"


def _grid(table: Table) -> int:
    grid = table.whole("grid_minutes", least=1, most=MINUTES_OF_DAY, default=15)
    if MINUTES_OF_DAY % grid:
        table.findings.add(table.at("grid_minutes"), "bad_grid", value=grid)
    return grid


def _policy(table: Table) -> Policy:
    cancel_notice = table.length("cancel_notice", default=_DEFAULT.cancel_notice)
    return Policy(
        audience=table.choice("audience", Audience, _DEFAULT.audience),
        book_notice=table.length("book_notice", default=_DEFAULT.book_notice),
        horizon_days=table.whole("horizon_days", least=1, most=730, default=_DEFAULT.horizon_days),
        # Where nothing else is said, a visit that is too near to be cancelled is too near to be moved away as well.
        change_notice=table.length("change_notice", default=cancel_notice),
        cancel_notice=cancel_notice,
        visit_limit=_visit_limit(table),
        min_gap_days=table.whole("min_gap_days", least=0, most=366, default=_DEFAULT.min_gap_days),
        contact_to_book=table.flag("contact_to_book", default=_DEFAULT.contact_to_book),
    )


def _visit_limit(table: Table) -> VisitLimit | None:
    limit = table.table("visit_limit") if table.has("visit_limit") else None
    if limit is None:
        return None
    found = VisitLimit(limit.whole("count", least=1, most=99), limit.whole("days", least=1, most=366))
    limit.finish()
    return found


def _restriction(table: Table, key: str, kind: str) -> frozenset[str] | None:
    """The listed codes, or None (all of them) when the key is absent. An empty list would forbid all: a mistake."""
    if not table.has(key):
        return None
    return frozenset(_references(table, key, kind, least=1))


def _references(table: Table, key: str, kind: str, *, least: int = 0) -> tuple[str, ...]:
    listed = table.distinct(key, least=least)
    for path, code in listed:
        table.findings.refer(kind, code, path)
    return tuple(code for _, code in listed)


def _segments(table: Table) -> tuple[Segment, ...]:
    placed = [(item.path, *_segment(item)) for item in table.tables("segments", least=1)]
    if placed and all(is_timed for _, _, is_timed in placed):
        _check_sequence(table, [(path, segment) for path, segment, _ in placed])
    return tuple(segment for _, segment, _ in placed)


def _segment(table: Table) -> tuple[Segment, bool]:
    """One segment, and whether its times were read without a mistake."""
    mistakes_before = table.findings.count
    offset_minutes = table.whole("offset_minutes", least=0, most=MINUTES_OF_DAY, default=0)
    minutes = table.whole("minutes", least=1, most=MINUTES_OF_DAY)
    is_timed = table.findings.count == mistakes_before
    with_patient = table.flag("with_patient", default=True)
    segment = Segment(table.name("name"), offset_minutes, minutes, _needs(table), with_patient)
    table.finish()
    return segment, is_timed


def _check_sequence(table: Table, placed: Sequence[tuple[Path, Segment]]) -> None:
    """Note a visit that does not begin at its start, or that has minutes of which nothing is said."""
    in_order = sorted(placed, key=lambda pair: pair[1].offset_minutes)
    reached = in_order[0][1].offset_minutes
    if reached > 0:
        table.findings.add(table.at("segments"), "no_segment_at_start")
    elif not any(segment.with_patient and segment.offset_minutes == 0 for _, segment in in_order):
        table.findings.add(table.at("segments"), "no_patient_at_start")
    for path, segment in in_order:
        if segment.offset_minutes > reached:
            table.findings.add(path, "segment_gap", starts=reached, ends=segment.offset_minutes)
        reached = max(reached, segment.ends)
    if reached > MINUTES_OF_DAY:
        table.findings.add(table.at("segments"), "out_of_range", value=reached, least=1, most=MINUTES_OF_DAY)


def _needs(table: Table) -> tuple[Need, ...]:
    found: dict[str | None, Need] = {}
    for path, text in table.texts("needs"):
        match = _NEED.fullmatch(text)
        lanes = int(match[1] or 1) if match else 0
        if match is None or lanes == 0:
            table.findings.add(path, "bad_need", value=text)
            continue
        pool = None if match[2] == CHOSEN_SPECIALIST else match[2]
        if pool in found:
            table.findings.add(path, "repeated_need", value=match[2])
        if pool is not None:
            table.findings.refer("pool", pool, path)
        found[pool] = Need(pool, lanes)
    return tuple(found.values())
