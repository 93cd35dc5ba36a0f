"""The clinic as plain values: everything about places, people, hours and services that the engine reads.

A `Catalogue` is one frozen picture of the clinic's structure. It holds no patient, no appointment and no
database row; `booking/queries/catalogue.py` builds it, the clinic file describes it.
Minutes of the day are wall-clock minutes after local midnight (0 to 2880, so a span may end on the next day).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo

from booking.core.form_rules import FormRule

Found = TypeVar("Found")


class ResourceKind(StrEnum):
    SPECIALIST = "specialist"
    NURSE = "nurse"
    ROOM = "room"
    CHAIR = "chair"
    DEVICE = "device"


class BlockKind(StrEnum):
    """Why a resource is closed; what people see is the label."""

    LEAVE = "leave"
    MEETING = "meeting"
    REPAIR = "repair"
    OTHER = "other"


class VisitMode(StrEnum):
    IN_PERSON = "in_person"
    VIDEO = "video"
    PHONE = "phone"


class Audience(StrEnum):
    """Who may book: everyone, patients with a verified account, staff only, or only within an active course."""

    ANYONE = "anyone"
    VERIFIED = "verified"
    STAFF = "staff"
    COURSE = "course"


def is_spoken(language: str, languages: Iterable[str]) -> bool:
    """Whether `languages` have this one or a variety of it (RFC 4647, basic filtering)."""
    return any(f"{spoken}-".lower().startswith(f"{language}-".lower()) for spoken in languages)


@dataclass(frozen=True, slots=True)
class MinuteSpan:
    """Wall-clock minutes `[starts, ends)` of a local date; `ends` may reach into the next day (up to 2880)."""

    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """One weekly span (0 = Monday) of a resource at a location, valid on `[valid_from, valid_to]`, None = open."""

    location_id: int
    weekday: int
    span: MinuteSpan
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class HoursException:
    """One date on which the own spans of a resource at a location are replaced; no spans = away that day."""

    location_id: int
    on: date
    spans: tuple[MinuteSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Closure:
    """Local dates `[starts_on, ends_on]` on which a location (None: the whole clinic) is closed."""

    location_id: int | None
    starts_on: date
    ends_on: date
    name: str


@dataclass(frozen=True)
class Location:
    id: int
    public_id: str
    code: str
    name: str
    street: str
    city: str
    phone: str
    tz_name: str
    directions: str = ""
    is_step_free: bool = True

    @cached_property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.tz_name)


@dataclass(frozen=True)
class Resource:
    """What a visit occupies. `pools` are the codes of the named pools it belongs to; `languages` are BCP 47 codes.

    `video_url` is a specialist's own standing room, "" when there is none.
    """

    id: int
    public_id: str
    code: str
    kind: ResourceKind
    name: str
    lanes: int = 1
    title: str = ""
    about: str = ""
    pools: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ()
    weekly_hours: tuple[WeeklyHours, ...] = ()
    exceptions: tuple[HoursException, ...] = ()
    is_active: bool = True
    video_url: str = ""

    def __hash__(self) -> int:
        # All fields make two of them equal; to find one again its id will do, where hashing all hours takes its time.
        return hash(self.id)

    @cached_property
    def location_ids(self) -> frozenset[int]:
        """Locations at which the resource ever works."""
        return frozenset(h.location_id for h in self.weekly_hours) | frozenset(e.location_id for e in self.exceptions)

    def speaks(self, language: str) -> bool:
        """Whether one of the languages is `language` or a variety of it: "en-GB" speaks "en", not the other way."""
        return is_spoken(language, self.languages)


@dataclass(frozen=True, slots=True)
class Need:
    """What one segment takes: `lanes` lanes of one resource of `pool`; `pool` None means the chosen specialist."""

    pool: str | None = None
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a visit: `offset` minutes after its start, `minutes` long, with what it needs meanwhile.

    `with_patient` is False for work around the patient, such as turnover: it keeps the resources, not the patient.
    """

    name: str
    offset_minutes: int
    minutes: int
    needs: tuple[Need, ...]
    with_patient: bool = True

    @property
    def ends(self) -> int:
        """Minutes from the start of the visit to the end of this part."""
        return self.offset_minutes + self.minutes


@dataclass(frozen=True, slots=True)
class VisitLimit:
    """At most `count` visits of one patient to the service in any `days` consecutive local dates; both 1 or more."""

    count: int
    days: int


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules of a service that bind patients. Lengths are elapsed time; horizon, limit and gap count local dates.

    `min_gap_days`: the dates of two visits of one patient to the service differ by at least that many days.
    `contact_to_book`: the service is shown with "contact us to book" in place of times.
    """

    audience: Audience = Audience.ANYONE
    book_notice: timedelta = timedelta(hours=2)
    horizon_days: int = 60
    change_notice: timedelta = timedelta(0)
    cancel_notice: timedelta = timedelta(0)
    visit_limit: VisitLimit | None = None
    min_gap_days: int = 0
    contact_to_book: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of visit. Buffers are added to every resource it takes, never to the patient's own time.

    `languages`: only specialists who speak one of them give it; () asks for none.
    """

    id: int
    public_id: str
    code: str
    name: str
    summary: str
    segments: tuple[Segment, ...]
    mode: VisitMode = VisitMode.IN_PERSON
    grid_minutes: int = 15
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    policy: Policy = field(default_factory=Policy)
    specialist_ids: frozenset[int] | None = None
    location_ids: frozenset[int] | None = None
    form_rules: tuple[FormRule, ...] = ()
    preparation: tuple[str, ...] = ()
    position: int = 0
    is_active: bool = True
    languages: tuple[str, ...] = ()

    @property
    def questionnaires(self) -> tuple[str, ...]:
        """Codes of the forms that its visits may ask for, whichever visit of the patient it is."""
        return tuple(rule.form for rule in self.form_rules)

    @property
    def minutes(self) -> int:
        """Length of the visit in minutes, from its start to the end of the last segment with the patient."""
        return max(s.ends for s in self.segments if s.with_patient)

    @property
    def occupied_minutes(self) -> int:
        """Minutes from the start of the visit to the end of its last segment, with or without the patient."""
        return max(s.ends for s in self.segments)


@dataclass(frozen=True)
class ClinicProfile:
    """What the installation says of itself. `sender_name` is neutral: in mail, a specialty would reveal a condition."""

    name: str
    sender_name: str
    phone: str
    emergency_number: str
    crisis_line: str
    email: str


@dataclass(frozen=True)
class Catalogue:
    """One frozen picture of the clinic. Keys of the mappings are database ids."""

    revision: int
    clinic: ClinicProfile
    locations: Mapping[int, Location]
    resources: Mapping[int, Resource]
    services: Mapping[int, Service]
    closures: tuple[Closure, ...] = ()

    def __post_init__(self) -> None:
        for name in ("locations", "resources", "services"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @cached_property
    def service_by_code(self) -> Mapping[str, Service]:
        return {s.code: s for s in self.services.values()}

    @cached_property
    def location_by_code(self) -> Mapping[str, Location]:
        return {p.code: p for p in self.locations.values()}

    @cached_property
    def resource_by_code(self) -> Mapping[str, Resource]:
        return {r.code: r for r in self.resources.values()}

    @cached_property
    def pools(self) -> Mapping[str, tuple[Resource, ...]]:
        """Active resources of each pool, by id."""
        found: dict[str, list[Resource]] = {}
        for resource in sorted(self.resources.values(), key=lambda r: r.id):
            for pool in resource.pools if resource.is_active else ():
                found.setdefault(pool, []).append(resource)
        return {code: tuple(members) for code, members in found.items()}

    def specialists_for(self, service: Service) -> tuple[Resource, ...]:
        """Active specialists who may give `service` and speak a language that it asks for, by id."""
        return _kept(self._specialists, self._able, service)

    def locations_for(self, service: Service) -> tuple[Location, ...]:
        """Locations at which `service` is given, by id."""
        return _kept(self._places, self._given_at, service)

    @cached_property
    def _specialists(self) -> dict[int, tuple[Service, tuple[Resource, ...]]]:
        return {}

    @cached_property
    def _places(self) -> dict[int, tuple[Service, tuple[Location, ...]]]:
        return {}

    def _able(self, service: Service) -> tuple[Resource, ...]:
        allowed, languages = service.specialist_ids, service.languages
        return tuple(
            r
            for r in sorted(self.resources.values(), key=lambda r: r.id)
            if r.kind is ResourceKind.SPECIALIST
            and r.is_active
            and (allowed is None or r.id in allowed)
            and (not languages or any(r.speaks(language) for language in languages))
        )

    def _given_at(self, service: Service) -> tuple[Location, ...]:
        allowed = service.location_ids
        return tuple(p for i, p in sorted(self.locations.items()) if allowed is None or i in allowed)


def _kept(
    found: dict[int, tuple[Service, tuple[Found, ...]]], find: Callable[[Service], tuple[Found, ...]], service: Service
) -> tuple[Found, ...]:
    """What was found for that very service before: a search asks the same of each service several times."""
    kept = found.get(service.id)
    if kept is None or kept[0] is not service:
        kept = found[service.id] = (service, find(service))
    return kept[1]
