"""The clinic's structure as one frozen Catalogue, kept per process and checked by its revision at every use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from booking.core.form_rules import rules_from
from booking.core.scheduling import clinic as core
from booking.models import (
    Clinic,
    Closure,
    HoursException,
    Location,
    Resource,
    SegmentNeed,
    Service,
    ServiceSegment,
    WeeklyHours,
)
from booking.queries.prepared import Prepared

_REVISION = Prepared(sa.select(Clinic.revision))
_kept: WeakKeyDictionary[Any, core.Catalogue] = WeakKeyDictionary()


class NoClinic(Exception):
    """The database holds no clinic yet: `clinic load` has not run."""


def catalogue(session: Session) -> core.Catalogue:
    """The clinic as it stands in this transaction. One query when nothing changed since the last use."""
    revision = _revision(session)
    if revision is None:
        raise NoClinic
    engine = session.get_bind().engine
    kept = _kept.get(engine)
    if kept is None or kept.revision != revision:
        kept = _kept[engine] = read_catalogue(session)
    return kept


def _revision(session: Session) -> int | None:
    return next((revision for [revision] in _REVISION.execute(session.connection(), {}).rows), None)


def kept_catalogue(session: Session) -> core.Catalogue:
    """The clinic as this process read it last, which may be another by now. No query, once it has been read.

    For finding out what must be locked. Whoever relies on it asks `is_current` with the locks held.
    """
    kept = _kept.get(session.get_bind().engine)
    return catalogue(session) if kept is None else kept


def is_current(session: Session, clinic: core.Catalogue) -> bool:
    """Whether the clinic is still the one that was read; if not, the process forgets it, and reads it at its next use.

    It is not read here: a transaction that was going by the old one has rows of it in its session, and must end.
    """
    return is_current_at(session, clinic, _revision(session))


def is_current_at(session: Session, clinic: core.Catalogue, revision: int | None) -> bool:
    """The same for a caller who has asked the revision already, together with what it relies on."""
    if revision == clinic.revision:
        return True
    _kept.pop(session.get_bind().engine, None)
    return False


def clinic_names(session: Session) -> tuple[str, ...]:
    """What the clinic is called: its name, its sender's name, its locations; () as long as there is no clinic."""
    try:
        clinic = catalogue(session)
    except NoClinic:
        return ()
    return clinic.clinic.name, clinic.clinic.sender_name, *(location.name for location in clinic.locations.values())


def read_catalogue(session: Session) -> core.Catalogue:
    """Build the Catalogue from the rows; the number of queries does not depend on the clinic's size."""
    row = session.scalars(sa.select(Clinic)).one()
    profile = core.ClinicProfile(
        name=row.name,
        sender_name=row.sender_name,
        phone=row.phone,
        emergency_number=row.emergency_number,
        crisis_line=row.crisis_line,
        email=row.email,
    )
    return core.Catalogue(
        revision=row.revision,
        clinic=profile,
        locations={p.id: _location(p) for p in session.scalars(sa.select(Location).order_by(Location.id))},
        resources=_resources(session),
        services=_services(session),
        closures=tuple(
            core.Closure(c.location_id, c.starts_on, c.ends_on, c.name)
            for c in session.scalars(sa.select(Closure).order_by(Closure.starts_on, Closure.id))
        ),
    )


def _location(row: Location) -> core.Location:
    return core.Location(
        id=row.id,
        public_id=row.public_id,
        code=row.code,
        name=row.name,
        street=row.street,
        city=row.city,
        phone=row.phone,
        tz_name=row.tz_name,
        directions=row.directions,
        is_step_free=row.is_step_free,
    )


def _resources(session: Session) -> dict[int, core.Resource]:
    weekly = _weekly_hours(session)
    exceptions = _exceptions(session)
    return {
        row.id: core.Resource(
            id=row.id,
            public_id=row.public_id,
            code=row.code,
            kind=row.kind,
            name=row.name,
            lanes=row.lanes,
            title=row.title,
            about=row.about,
            pools=frozenset(row.pools),
            languages=tuple(row.languages),
            weekly_hours=tuple(weekly[row.id]),
            exceptions=tuple(exceptions[row.id]),
            is_active=row.is_active,
            video_url=row.video_url,
        )
        for row in session.scalars(sa.select(Resource).order_by(Resource.id))
    }


def _weekly_hours(session: Session) -> dict[int, list[core.WeeklyHours]]:
    found: dict[int, list[core.WeeklyHours]] = defaultdict(list)
    order = (WeeklyHours.resource_id, WeeklyHours.weekday, WeeklyHours.starts_minute)
    for row in session.scalars(sa.select(WeeklyHours).order_by(*order)):
        span = core.MinuteSpan(row.starts_minute, row.ends_minute)
        found[row.resource_id].append(
            core.WeeklyHours(row.location_id, row.weekday, span, row.valid_from, row.valid_to)
        )
    return found


def _exceptions(session: Session) -> dict[int, list[core.HoursException]]:
    spans: dict[tuple[int, int, Any], list[core.MinuteSpan]] = defaultdict(list)
    order = (HoursException.resource_id, HoursException.on, HoursException.starts_minute)
    for row in session.scalars(sa.select(HoursException).order_by(*order)):
        day = spans[row.resource_id, row.location_id, row.on]
        if row.starts_minute is not None and row.ends_minute is not None:
            day.append(core.MinuteSpan(row.starts_minute, row.ends_minute))
    found: dict[int, list[core.HoursException]] = defaultdict(list)
    for (resource_id, location_id, on), day in spans.items():
        found[resource_id].append(core.HoursException(location_id, on, tuple(day)))
    return found


def _services(session: Session) -> dict[int, core.Service]:
    loaded = selectinload(Service.segments).selectinload(ServiceSegment.needs)
    rows = session.scalars(sa.select(Service).order_by(Service.position, Service.id).options(loaded))
    return {row.id: _service(row) for row in rows}


def _service(row: Service) -> core.Service:
    return core.Service(
        id=row.id,
        public_id=row.public_id,
        code=row.code,
        name=row.name,
        summary=row.summary,
        segments=tuple(_segment(s, s.needs) for s in row.segments),
        mode=row.mode,
        grid_minutes=row.grid_minutes,
        buffer_before_minutes=row.buffer_before_minutes,
        buffer_after_minutes=row.buffer_after_minutes,
        policy=_policy(row),
        specialist_ids=None if row.specialist_ids is None else frozenset(row.specialist_ids),
        location_ids=None if row.location_ids is None else frozenset(row.location_ids),
        form_rules=rules_from(row.questionnaires),
        preparation=tuple(row.preparation),
        position=row.position,
        is_active=row.is_active,
        languages=tuple(row.languages),
    )


def _policy(row: Service) -> core.Policy:
    count, days = row.visit_limit_count, row.visit_limit_days
    return core.Policy(
        audience=row.audience,
        book_notice=timedelta(minutes=row.book_notice_minutes),
        horizon_days=row.horizon_days,
        change_notice=timedelta(minutes=row.change_notice_minutes),
        cancel_notice=timedelta(minutes=row.cancel_notice_minutes),
        visit_limit=None if count is None or days is None else core.VisitLimit(count, days),
        min_gap_days=row.min_gap_days,
        contact_to_book=row.contact_to_book,
    )


def _segment(row: ServiceSegment, needs: Iterable[SegmentNeed]) -> core.Segment:
    return core.Segment(
        name=row.name,
        offset_minutes=row.offset_minutes,
        minutes=row.minutes,
        needs=tuple(core.Need(n.pool, n.lanes) for n in needs),
        with_patient=row.with_patient,
    )
