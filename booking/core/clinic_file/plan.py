"""What a clinic file says, as frozen values that refer to each other by code instead of by database id.

Field for field this is `booking.core.scheduling.clinic` before the clinic is stored; value types are shared with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from booking.core.form_rules import FormRule
from booking.core.scheduling.clinic import (
    BlockKind,
    ClinicProfile,
    MinuteSpan,
    Policy,
    ResourceKind,
    Segment,
    VisitMode,
)


@dataclass(frozen=True, slots=True)
class LocationPlan:
    code: str
    name: str
    street: str
    city: str
    phone: str
    tz_name: str
    directions: str = ""
    is_step_free: bool = True


@dataclass(frozen=True, slots=True)
class WeeklyHoursPlan:
    """One weekly span (0 = Monday) at a location, valid on dates `[valid_from, valid_to]`, None = open."""

    location: str
    weekday: int
    span: MinuteSpan
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class HoursExceptionPlan:
    """One date on which a resource's own spans at a location are replaced; no spans = away that day."""

    location: str
    on: date
    spans: tuple[MinuteSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class ResourcePlan:
    """A resource with its hours. Weekly hours are kept sorted, so that the grouping of a file never matters."""

    code: str
    kind: ResourceKind
    name: str
    lanes: int = 1
    title: str = ""
    about: str = ""
    pools: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ()
    weekly_hours: tuple[WeeklyHoursPlan, ...] = ()
    exceptions: tuple[HoursExceptionPlan, ...] = ()
    is_active: bool = True
    video_url: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "weekly_hours", tuple(sorted(self.weekly_hours, key=_hours_order)))


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """A kind of visit. `specialists` or `locations` of None mean all of them. Their order is the file's."""

    code: str
    name: str
    summary: str
    segments: tuple[Segment, ...]
    mode: VisitMode = VisitMode.IN_PERSON
    grid_minutes: int = 15
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    policy: Policy = field(default_factory=Policy)
    specialists: frozenset[str] | None = None
    locations: frozenset[str] | None = None
    form_rules: tuple[FormRule, ...] = ()
    preparation: tuple[str, ...] = ()
    is_active: bool = True
    languages: tuple[str, ...] = ()

    @property
    def questionnaires(self) -> tuple[str, ...]:
        """Codes of the forms that it asks for, in their order."""
        return tuple(rule.form for rule in self.form_rules)

    @property
    def occupied_minutes(self) -> int:
        """Minutes from the start of the visit to the end of its last segment, with or without the patient.

        0 without segments, as a file with mistakes may describe it.
        """
        return max((s.ends for s in self.segments), default=0)


@dataclass(frozen=True, slots=True)
class ClosurePlan:
    """Local dates `[starts_on, ends_on]` on which a location (None: the whole clinic) is closed."""

    location: str | None
    starts_on: date
    ends_on: date
    name: str


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """Closed time `[starts_at, ends_at)` of all lanes of a resource; aware instants in UTC."""

    resource: str
    starts_at: datetime
    ends_at: datetime
    note: str = ""
    kind: BlockKind = BlockKind.OTHER


@dataclass(frozen=True, slots=True)
class ClinicPlan:
    """A whole clinic file. Codes are unique among locations, among resources and among services."""

    profile: ClinicProfile
    locations: tuple[LocationPlan, ...]
    resources: tuple[ResourcePlan, ...]
    services: tuple[ServicePlan, ...]
    closures: tuple[ClosurePlan, ...] = ()
    blocks: tuple[BlockPlan, ...] = ()

    @property
    def pools(self) -> frozenset[str]:
        """Codes of all pools: a pool exists because some resource says that it belongs to it."""
        return frozenset(pool for resource in self.resources for pool in resource.pools)


def _hours_order(hours: WeeklyHoursPlan) -> tuple[str, date, date, int, int, int]:
    return (
        hours.location,
        hours.valid_from or date.min,
        hours.valid_to or date.max,
        hours.weekday,
        hours.span.starts,
        hours.span.ends,
    )
