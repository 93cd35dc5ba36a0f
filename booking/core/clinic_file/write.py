"""From a plan to plain values that a TOML writer can print; reading them again gives an equal plan.

Keys that have their default value are left out, so that an exported file stays as short as a written one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from booking.core.clinic_file.plan import (
    BlockPlan,
    ClinicPlan,
    ClosurePlan,
    HoursExceptionPlan,
    LocationPlan,
    ResourcePlan,
    ServicePlan,
    WeeklyHoursPlan,
)
from booking.core.clinic_file.read import FORMAT
from booking.core.clinic_file.services import written_need
from booking.core.clinic_file.times import DAY_NAMES, written_length, written_span
from booking.core.form_rules import written_rules
from booking.core.scheduling.clinic import Audience, BlockKind, ClinicProfile, Policy, Segment, VisitMode

Values = dict[str, Any]


def clinic_file_values(plan: ClinicPlan) -> Values:
    """The plan as nested dictionaries, lists, texts, numbers, dates and instants, in the order of the documentation."""
    sections: Values = {
        "format": FORMAT,
        "clinic": _profile(plan.profile),
        "locations": [_location(place) for place in plan.locations],
        "closures": [_closure(closure) for closure in plan.closures],
        "resources": [_resource(resource) for resource in plan.resources],
        "services": [_service(service) for service in plan.services],
        "blocks": [_block(block) for block in plan.blocks],
    }
    return _without(sections, closures=[], blocks=[])


def _profile(profile: ClinicProfile) -> Values:
    return {
        "name": profile.name,
        "sender_name": profile.sender_name,
        "phone": profile.phone,
        "email": profile.email,
        "emergency_number": profile.emergency_number,
        "crisis_line": profile.crisis_line,
    }


def _location(place: LocationPlan) -> Values:
    values = {
        "code": place.code,
        "name": place.name,
        "street": place.street,
        "city": place.city,
        "phone": place.phone,
        "time_zone": place.tz_name,
        "directions": place.directions,
        "step_free": place.is_step_free,
    }
    return _without(values, directions="", step_free=True)


def _closure(closure: ClosurePlan) -> Values:
    values = {"location": closure.location, "from": closure.starts_on, "to": closure.ends_on, "name": closure.name}
    return _without(values, location=None, to=closure.starts_on)


def _resource(resource: ResourcePlan) -> Values:
    values = {
        "code": resource.code,
        "kind": str(resource.kind),
        "name": resource.name,
        "title": resource.title,
        "about": resource.about,
        "languages": list(resource.languages),
        "lanes": resource.lanes,
        "pools": sorted(resource.pools),
        "video_url": resource.video_url,
        "active": resource.is_active,
        "hours": _hours(resource.weekly_hours),
        "exceptions": [_exception(exception) for exception in resource.exceptions],
    }
    empty: Values = {"title": "", "about": "", "languages": [], "pools": [], "video_url": ""}
    return _without(values, lanes=1, active=True, hours=[], exceptions=[], **empty)


def _hours(weekly_hours: Iterable[WeeklyHoursPlan]) -> list[Values]:
    """One table for the days that share location, validity and spans."""
    by_day: dict[tuple[Any, ...], list[str]] = {}
    for hours in weekly_hours:
        spans = by_day.setdefault((hours.location, hours.valid_from, hours.valid_to, hours.weekday), [])
        spans.append(written_span(hours.span))
    alike: dict[tuple[Any, ...], list[str]] = {}
    for (location, valid_from, valid_to, weekday), spans in by_day.items():
        alike.setdefault((location, valid_from, valid_to, *spans), []).append(DAY_NAMES[weekday])
    return [_hours_table(*key[:3], days=days, spans=list(key[3:])) for key, days in alike.items()]


def _hours_table(location: str, valid_from: object, valid_to: object, *, days: list[str], spans: list[str]) -> Values:
    values = {"location": location, "days": days, "spans": spans, "valid_from": valid_from, "valid_to": valid_to}
    return _without(values, valid_from=None, valid_to=None)


def _exception(exception: HoursExceptionPlan) -> Values:
    spans = [written_span(span) for span in exception.spans]
    return {"location": exception.location, "on": exception.on, "spans": spans}


def _service(service: ServicePlan) -> Values:
    values = {
        "code": service.code,
        "name": service.name,
        "summary": service.summary,
        "mode": str(service.mode),
        **_policy(service.policy),
        "grid_minutes": service.grid_minutes,
        "buffer_before_minutes": service.buffer_before_minutes,
        "buffer_after_minutes": service.buffer_after_minutes,
        "specialists": None if service.specialists is None else sorted(service.specialists),
        "locations": None if service.locations is None else sorted(service.locations),
        "languages": list(service.languages),
        "questionnaires": written_rules(service.form_rules),
        "preparation": list(service.preparation),
        "active": service.is_active,
        "segments": [_segment(segment) for segment in service.segments],
    }
    defaults: Values = {"grid_minutes": 15, "buffer_before_minutes": 0, "buffer_after_minutes": 0, "active": True}
    empty: Values = {"specialists": None, "locations": None, "languages": [], "questionnaires": [], "preparation": []}
    return _without(values, mode=VisitMode.IN_PERSON, audience=Audience.ANYONE, **defaults, **empty)


def _policy(policy: Policy) -> Values:
    """Notice and horizon even where they are the default: these are the numbers that a clinic argues about."""
    limit = policy.visit_limit
    values = {
        "audience": str(policy.audience),
        "book_notice": written_length(policy.book_notice),
        "horizon_days": policy.horizon_days,
        "change_notice": written_length(policy.change_notice),
        "cancel_notice": written_length(policy.cancel_notice),
        "visit_limit": None if limit is None else {"count": limit.count, "days": limit.days},
        "min_gap_days": policy.min_gap_days,
        "contact_to_book": policy.contact_to_book,
    }
    return _without(values, visit_limit=None, min_gap_days=0, contact_to_book=False)


def _segment(segment: Segment) -> Values:
    values = {
        "name": segment.name,
        "offset_minutes": segment.offset_minutes,
        "minutes": segment.minutes,
        "needs": [written_need(need) for need in segment.needs],
        "with_patient": segment.with_patient,
    }
    return _without(values, offset_minutes=0, needs=[], with_patient=True)


def _block(block: BlockPlan) -> Values:
    values = {"resource": block.resource, "from": block.starts_at, "to": block.ends_at, "kind": str(block.kind)}
    return _without({**values, "note": block.note}, note="", kind=BlockKind.OTHER)


def _without(values: Mapping[str, Any], **defaults: object) -> Values:
    """The values that are not what the reader would assume anyway."""
    return {key: value for key, value in values.items() if key not in defaults or value != defaults[key]}
