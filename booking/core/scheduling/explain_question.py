"""What is to be explained, and the steps that an explanation is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from booking.core.scheduling.clinic import Catalogue, Location, Resource, Service
from booking.core.scheduling.intervals import Span
from booking.core.scheduling.resources import BusyByLane
from booking.core.scheduling.slots import SlotQuery


class TakenBy(StrEnum):
    """What a reservation is for; UNKNOWN when only the time is known."""

    VISIT = "visit"
    HOLD = "hold"
    BLOCK = "block"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Taken:
    """One reservation of a resource, in UTC minutes, with what it is for."""

    resource_id: int
    kind: TakenBy
    span: Span


@dataclass(frozen=True, slots=True)
class Question:
    """A search that somebody wants explained. `busy` and `taken` are the same reservations; `taken` may be empty."""

    catalogue: Catalogue
    query: SlotQuery
    service: Service
    busy: BusyByLane
    taken: Sequence[Taken] = ()

    def narrowed(self, location: Location, specialist: Resource | None) -> Question:
        """The same question about one location and specialist (None: a service that needs none)."""
        who = None if specialist is None else frozenset({specialist.id})
        return replace(self, query=replace(self.query, location_ids=frozenset({location.id}), specialist_ids=who))


@dataclass(frozen=True, slots=True)
class Step:
    """One rule over all dates of the query: `removed` are the minutes that it took, `left` those it left over.

    `details` are spans that explain it: the visits that stand in the way, when a pool is full. `is_last_straw`:
    without details worth a word only where nothing is left afterwards; every room has its last start of the day.
    """

    code: str
    removed: list[Span]
    left: list[Span]
    params: Mapping[str, object] = field(default_factory=dict)
    details: Mapping[str, list[Span]] = field(default_factory=dict)
    is_last_straw: bool = False
