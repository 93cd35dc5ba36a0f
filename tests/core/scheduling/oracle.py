"""The brute-force oracle: the conventions of the engine spelt out minute by minute, with no cleverness at all.

It shares no code with the engine beyond the plain values it reads. Sets of minutes instead of spans, every
combination of resources and of lanes instead of a search.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import permutations, product

from booking.core.scheduling.clinic import (
    Audience,
    Catalogue,
    Closure,
    Location,
    Policy,
    Resource,
    ResourceKind,
    Service,
    VisitMode,
)
from booking.core.scheduling.resources import BusyByLane
from booking.core.scheduling.slots import SlotQuery
from booking.core.scheduling.wishes import Wishes

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
Row = tuple[int, int, int | None]


def _instant(location: Location, on: date, minute: int) -> int:
    wall = datetime(on.year, on.month, on.day) + timedelta(minutes=minute)  # noqa: DTZ001 - wall clock, given its zone next.
    return int(wall.replace(tzinfo=location.tz).timestamp()) // 60


def _own_spans(resource: Resource, location: Location, on: date) -> list[tuple[int, int]]:
    exceptions = [e for e in resource.exceptions if e.location_id == location.id and e.on == on]
    if exceptions:
        return [(span.starts, span.ends) for e in exceptions for span in e.spans]
    return [
        (h.span.starts, h.span.ends)
        for h in resource.weekly_hours
        if h.location_id == location.id
        and h.weekday == on.weekday()
        and not (h.valid_from and on < h.valid_from)
        and not (h.valid_to and on > h.valid_to)
    ]


@lru_cache(maxsize=256)
def _open_minutes(
    resource: Resource, location: Location, closures: tuple[Closure, ...], first_on: date, last_on: date
) -> frozenset[int]:
    minutes: set[int] = set()
    on = first_on - ONE_DAY
    while on <= last_on + ONE_DAY:
        closed = any(c.location_id in (None, location.id) and c.starts_on <= on <= c.ends_on for c in closures)
        for starts, ends in [] if closed else _own_spans(resource, location, on):
            minutes.update(range(_instant(location, on, starts), _instant(location, on, ends)))
        on += ONE_DAY
    return frozenset(minutes)


def _candidate_starts(query: SlotQuery, service: Service, location: Location) -> Iterator[int]:
    """Starts that the dates, the grid and the rules for patients allow."""
    low = int((datetime(query.first_on.year, query.first_on.month, query.first_on.day, tzinfo=UTC) - EPOCH).days) - 1
    high = low + (query.last_on - query.first_on).days + 3
    notice = service.policy.book_notice if query.apply_policies else timedelta(0)
    today = query.now.astimezone(location.tz).date()
    for minute in range(low * 1440, high * 1440):
        instant = EPOCH + timedelta(minutes=minute)
        local = instant.astimezone(location.tz)
        beyond = query.apply_policies and local.date() > today + service.policy.horizon_days * ONE_DAY
        on_grid = (local.hour * 60 + local.minute) % service.grid_minutes == 0
        if not on_grid or beyond or instant < query.now + notice or not query.first_on <= local.date() <= query.last_on:
            continue
        if _is_wished(query.wishes, local) and _suits_patient(query, service, minute, local.date()):
            yield minute


def _is_wished(wishes: Wishes, local: datetime) -> bool:
    minute = local.hour * 60 + local.minute
    on_time = not wishes.day_spans or any(minute in range(span.starts, span.ends) for span in wishes.day_spans)
    return on_time and (not wishes.weekdays or local.weekday() in wishes.weekdays)


def _suits_patient(query: SlotQuery, service: Service, start: int, on: date) -> bool:
    if query.patient is None:
        return True
    busy = {minute for starts, ends in query.patient.busy for minute in range(starts, ends)}
    with_patient = max(s.offset_minutes + s.minutes for s in service.segments if s.with_patient)
    if any(minute in busy for minute in range(start, start + with_patient)):
        return False
    return not query.apply_policies or _keeps_limits(service.policy, query.patient.visit_dates, on)


def _keeps_limits(policy: Policy, visit_dates: tuple[date, ...], on: date) -> bool:
    if any(abs((on - visit).days) < policy.min_gap_days for visit in visit_dates):
        return False
    if policy.visit_limit is None:
        return True
    dates = [*visit_dates, on]
    for back in range(policy.visit_limit.days):
        window = [on + (number - back) * ONE_DAY for number in range(policy.visit_limit.days)]
        if sum(visit in window for visit in dates) > policy.visit_limit.count:
            return False
    return True


def _speaks(specialist: Resource, languages: tuple[str, ...]) -> bool:
    """Any of `languages`, or a variety of it."""
    return any(
        spoken.lower() == language.lower() or spoken.lower().startswith(language.lower() + "-")
        for spoken in specialist.languages
        for language in languages
    )


def _is_for_patient(query: SlotQuery, policy: Policy) -> bool:
    if not query.apply_policies:
        return True
    audiences = [Audience.ANYONE, Audience.VERIFIED] if query.is_verified else [Audience.ANYONE]
    return policy.audience in audiences and not policy.contact_to_book


def _needs(service: Service) -> list[tuple[tuple[str | None, int], list[tuple[int, int, int]]]]:
    """The members of a visit's crew, each with what it does: the nth need of a pool in a segment is the nth member."""
    crew: dict[tuple[str | None, int], list[tuple[int, int, int]]] = {}
    for segment in service.segments:
        counts: Counter[str] = Counter()
        for need in segment.needs:
            nth = 0
            if need.pool is not None:
                nth = counts[need.pool]
                counts[need.pool] += 1
            does = (segment.offset_minutes, segment.offset_minutes + segment.minutes, need.lanes)
            crew.setdefault((need.pool, nth), []).append(does)
    return list(crew.items())


def _lanes_suffice(resource: Resource, levels: list[set[int]], busy: BusyByLane) -> bool:
    taken = [{m for s, e in busy.get((resource.id, lane), ()) for m in range(s, e)} for lane in range(resource.lanes)]
    return any(
        all(not (minutes & taken[lane]) for minutes, lane in zip(levels, lanes, strict=True))
        for lanes in permutations(range(resource.lanes), len(levels))
    )


def _can_serve(
    resource: Resource, does: list[tuple[int, int, int]], start: int, opened: frozenset[int], world: tuple
) -> bool:
    service, busy = world
    used: Counter[int] = Counter()
    for begins, ends, lanes in does:
        used.update({start + m: lanes for m in range(begins, ends)})
    if any(m not in opened for m in used):
        return False
    before, after = service.buffer_before_minutes, service.buffer_after_minutes
    levels = [
        {b for m, count in used.items() if count >= level for b in range(m - before, m + after + 1)}
        for level in range(1, max(used.values(), default=0) + 1)
    ]
    return _lanes_suffice(resource, levels, busy)


def _fits(
    catalogue: Catalogue,
    query: SlotQuery,
    location: Location,
    specialist: Resource | None,
    start: int,
    busy: BusyByLane,
) -> bool:
    service = catalogue.services[query.service_id]
    crew = _needs(service)
    pools = [
        [specialist] if pool is None else [r for r in catalogue.resources.values() if r.is_active and pool in r.pools]
        for (pool, _), _ in crew
    ]
    for team in product(*pools):
        doing: dict[int, list[tuple[int, int, int]]] = {}
        for member, (_, does) in zip(team, crew, strict=True):
            doing.setdefault(member.id, []).extend(does)
        members = [catalogue.resources[id_] for id_ in doing]
        dates = (query.first_on, query.last_on)
        if all(
            _can_serve(r, doing[r.id], start, _open_minutes(r, location, catalogue.closures, *dates), (service, busy))
            for r in members
        ):
            return True
    return False


def brute_force(catalogue: Catalogue, query: SlotQuery, busy: BusyByLane) -> list[Row]:
    """`(start, location id, specialist id)` of everything that may be offered, sorted."""
    service = catalogue.services[query.service_id]
    if not _is_for_patient(query, service.policy):
        return []
    wished_language = query.wishes.language
    able = [
        r
        for r in catalogue.resources.values()
        if r.kind is ResourceKind.SPECIALIST
        and r.is_active
        and (service.specialist_ids is None or r.id in service.specialist_ids)
        and (service.languages == () or _speaks(r, service.languages))
        and (wished_language is None or _speaks(r, (wished_language,)))
    ]
    needs_one = any(need.pool is None for segment in service.segments for need in segment.needs)
    rows = [
        (start, location.id, None if specialist is None else specialist.id)
        for location in catalogue.locations.values()
        if service.location_ids is None or location.id in service.location_ids
        if location.is_step_free or service.mode is not VisitMode.IN_PERSON or not query.wishes.step_free
        for start in _candidate_starts(query, service, location)
        for specialist in (able if needs_one else [None] if wished_language is None else [])
        if _fits(catalogue, query, location, specialist, start, busy)
    ]
    return sorted(rows, key=lambda row: (row[0], row[1], row[2] or 0))
