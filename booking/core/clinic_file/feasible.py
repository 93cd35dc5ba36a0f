"""Whether the described clinic can give its services at all: pools with members, specialists at the right places."""

from __future__ import annotations

from collections.abc import Sequence

from booking.core.clinic_file.findings import Findings
from booking.core.clinic_file.mistakes import Path
from booking.core.clinic_file.plan import ResourcePlan, ServicePlan
from booking.core.scheduling.clinic import Need, ResourceKind


def check_services(
    services: Sequence[tuple[Path, ServicePlan]],
    resources: Sequence[ResourcePlan],
    locations: Sequence[str],
    findings: Findings,
) -> None:
    """Note services that no one can give. Resources must have been read; `locations` are all codes."""
    for path, service in services:
        if _refers_to_what_exists(service, resources, locations):
            _check_places(path, service, resources, locations, findings)


def check_specialists(
    services: Sequence[tuple[Path, ServicePlan]], resources: Sequence[ResourcePlan], findings: Findings
) -> None:
    """Note services that name a resource of another kind as a specialist."""
    others = {r.code: r.kind for r in resources if r.kind is not ResourceKind.SPECIALIST}
    for path, service in services:
        for code in sorted((service.specialists or frozenset()) & others.keys()):
            findings.add((*path, "specialists"), "not_a_specialist", value=code, kind=others[code])


def check_pools(
    services: Sequence[tuple[Path, ServicePlan]], resources: Sequence[ResourcePlan], findings: Findings
) -> None:
    """Note needs for a pool all of whose members are inactive."""
    manned = {pool for r in resources if r.is_active for pool in r.pools}
    asleep = {pool for r in resources for pool in r.pools} - manned
    for path, service in services:
        for position, segment in enumerate(service.segments):
            for pool in sorted({need.pool for need in segment.needs if need.pool} & asleep):
                findings.add((*path, "segments", position, "needs"), "pool_without_members", value=pool)


def _refers_to_what_exists(service: ServicePlan, resources: Sequence[ResourcePlan], locations: Sequence[str]) -> bool:
    """False where another mistake has been noted already, of which this one would only be the shadow."""
    specialists = {r.code for r in resources if r.kind is ResourceKind.SPECIALIST}
    manned = {pool for r in resources if r.is_active for pool in r.pools}
    pools = {need.pool for need in _needs(service) if need.pool is not None}
    named = service.specialists or frozenset()
    return named <= specialists and pools <= manned and (service.locations or frozenset()) <= set(locations)


def _check_places(
    path: Path,
    service: ServicePlan,
    resources: Sequence[ResourcePlan],
    locations: Sequence[str],
    findings: Findings,
) -> None:
    """Note each named location at which something lacks; without named ones, one good location is enough."""
    lacking = {place: _lacking(service, place, resources) for place in locations}
    if service.locations is None:
        shortest = min(lacking, key=lambda place: len(lacking[place]), default=None)
        failing = [] if shortest is None else [shortest]
    else:
        failing = [place for place in locations if place in service.locations]
    for place in failing:
        for need in lacking[place]:
            _note(path, place, need, findings)


def _note(path: Path, place: str, need: Need, findings: Findings) -> None:
    if need.pool is None:
        findings.add(path, "no_specialist", location=place)
    else:
        findings.add(path, "no_pool_member", location=place, pool=need.pool, lanes=need.lanes)


def _lacking(service: ServicePlan, place: str, resources: Sequence[ResourcePlan]) -> list[Need]:
    """The needs of a service that no active resource at `place` can ever meet."""
    present = [r for r in resources if r.is_active and place in r.locations]
    return [need for need in _needs(service) if not any(_meets(r, need, service) for r in present)]


def _meets(resource: ResourcePlan, need: Need, service: ServicePlan) -> bool:
    if resource.lanes < need.lanes:
        return False
    if need.pool is not None:
        return need.pool in resource.pools
    is_allowed = service.specialists is None or resource.code in service.specialists
    return resource.kind is ResourceKind.SPECIALIST and is_allowed


def _needs(service: ServicePlan) -> list[Need]:
    """The different needs of all segments, in their order."""
    return list(dict.fromkeys(need for segment in service.segments for need in segment.needs))
