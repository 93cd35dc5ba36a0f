"""Small clinics for the tests of the engine: plain builders, valid by default."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from booking.core.scheduling.clinic import (
    Catalogue,
    ClinicProfile,
    Closure,
    HoursException,
    Location,
    MinuteSpan,
    Need,
    Policy,
    Resource,
    ResourceKind,
    Segment,
    Service,
    WeeklyHours,
)
from booking.core.scheduling.intervals import to_minutes

PROFILE = ClinicProfile("Clinic", "Clinic", "1", "112", "988", "desk@example.org")
BERLIN = "Europe/Berlin"
HERE, THERE = 1, 2
DR_CRUZ, DR_DIAZ = 11, 12
VISIT = 1
MONDAY = date(2026, 10, 5)
LONG_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def at(text: str) -> int:
    """UTC minutes of an ISO instant without zone, read as UTC."""
    return to_minutes(datetime.fromisoformat(text).replace(tzinfo=UTC))


def location(id_: int = HERE, tz_name: str = BERLIN, **overrides: Any) -> Location:
    return Location(id_, f"loc{id_}", f"loc{id_}", f"Location {id_}", "", "", "", tz_name, **overrides)


def hours(
    *spans: tuple[int, int], weekdays: Iterable[int] = range(7), location_id: int = HERE, **valid: date | None
) -> tuple[WeeklyHours, ...]:
    """The same spans, in minutes of the day, on each of the weekdays."""
    return tuple(WeeklyHours(location_id, day, MinuteSpan(*span), **valid) for day in weekdays for span in spans)


def away(on: date, *spans: tuple[int, int], location_id: int = HERE) -> HoursException:
    return HoursException(location_id, on, tuple(MinuteSpan(*span) for span in spans))


def resource(id_: int = DR_CRUZ, *pools: str, **overrides: Any) -> Resource:
    """A specialist, or with pools a nurse, open from 9 to 12 every day unless told otherwise."""
    kind = ResourceKind.NURSE if pools else ResourceKind.SPECIALIST
    given: dict[str, Any] = {"kind": kind, "weekly_hours": hours((540, 720)), "pools": frozenset(pools)}
    return Resource(**{"id": id_, "public_id": f"r{id_}", "code": f"r{id_}", "name": f"R {id_}", **given, **overrides})


def segment(minutes: int, *needs: Need, offset: int = 0, with_patient: bool = True) -> Segment:
    return Segment(f"at {offset}", offset, minutes, needs, with_patient)


def service(*segments: Segment, **overrides: Any) -> Service:
    """A visit of 30 minutes with the specialist on a 30-minute grid, with no notice, unless told otherwise."""
    given: dict[str, Any] = {
        "segments": segments or (segment(30, Need()),),
        "grid_minutes": 30,
        "policy": Policy(horizon_days=1000),
    }
    return Service(**{"id": VISIT, "public_id": "s", "code": "s", "name": "S", "summary": "", **given, **overrides})


def clinic(
    visit: Service | None = None,
    resources: Sequence[Resource] = (resource(),),
    locations: Sequence[Location] = (location(),),
    closures: tuple[Closure, ...] = (),
) -> Catalogue:
    visit = visit or service()
    return Catalogue(
        1, PROFILE, {p.id: p for p in locations}, {r.id: r for r in resources}, {visit.id: visit}, closures
    )
