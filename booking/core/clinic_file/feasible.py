"""Whether the described clinic can give its services at all: pools with members, specialists at the right places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from booking.core.clinic_file.findings import Findings
from booking.core.clinic_file.mistakes import Path
from booking.core.clinic_file.plan import ResourcePlan, ServicePlan
from booking.core.scheduling.clinic import Need, ResourceKind, is_spoken

Crews = Mapping[str, Sequence[ResourcePlan]]


def crews(resources: Sequence[tuple[Path, ResourcePlan]], locations: Sequence[str], findings: Findings) -> Crews:
    """The active resources by the location that their hours name, also where the hours themselves are mistaken.

    A misspelt span is one mistake; that nobody can then give a service would only be its shadow."""
    named = {path: findings.referred("location", path) for path, _ in resources}
    return {place: [r for path, r in resources if r.is_active and place in named[path]] for place in locations}


def check_services(
    services: Sequence[tuple[Path, ServicePlan]], resources: Sequence[ResourcePlan], at: Crews, findings: Findings
) -> None:
    """Note services that no one can give at the places that they name, or at any place when they name none."""
    for path, service in services:
        if _refers_to_what_exists(service, resources, at):
            for place, need in _lacking_needs(service, at):
                _note(path, place, need, findings)


def check_specialists(
    services: Sequence[tuple[Path, ServicePlan]], resources: Sequence[ResourcePlan], findings: Findings
) -> None:
    """Note services that name a resource of another kind as a specialist."""
    specialists = {r.code for r in resources if r.kind is ResourceKind.SPECIALIST}
    others = {r.code: r.kind for r in resources if r.code not in specialists}
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


def _refers_to_what_exists(service: ServicePlan, resources: Sequence[ResourcePlan], at: Crews) -> bool:
    """False where another mistake has been noted already, of which this one would only be the shadow."""
    specialists = {r.code for r in resources if r.kind is ResourceKind.SPECIALIST}
    manned = {pool for r in resources if r.is_active for pool in r.pools}
    pools = {need.pool for need in _needs(service) if need.pool is not None}
    named = service.specialists or frozenset()
    return named <= specialists and pools <= manned and (service.locations or frozenset()) <= at.keys()


def _lacking_needs(service: ServicePlan, at: Crews) -> list[tuple[str, Need]]:
    """What lacks at each named location; without named ones one good location is enough, and the best one counts."""
    lacking = {place: _lacking(service, crew) for place, crew in at.items()}
    best = sorted(lacking, key=lambda place: len(lacking[place]))[:1]
    places = best if service.locations is None else [place for place in at if place in service.locations]
    return [(place, need) for place in places for need in lacking[place]]


def _note(path: Path, place: str, need: Need, findings: Findings) -> None:
    if need.pool is None:
        findings.add(path, "no_specialist", location=place)
    else:
        findings.add(path, "no_pool_member", location=place, pool=need.pool, lanes=need.lanes)


def _lacking(service: ServicePlan, crew: Sequence[ResourcePlan]) -> list[Need]:
    """The needs of a service that no one of these can ever meet."""
    return [need for need in _needs(service) if not any(_meets(resource, need, service) for resource in crew)]


def _meets(resource: ResourcePlan, need: Need, service: ServicePlan) -> bool:
    if resource.lanes < need.lanes:
        return False
    if need.pool is not None:
        return need.pool in resource.pools
    is_allowed = service.specialists is None or resource.code in service.specialists
    is_understood = not service.languages or any(is_spoken(one, resource.languages) for one in service.languages)
    return resource.kind is ResourceKind.SPECIALIST and is_allowed and is_understood


def _needs(service: ServicePlan) -> list[Need]:
    """The different needs of all segments, in their order."""
    return list(dict.fromkeys(need for segment in service.segments for need in segment.needs))
