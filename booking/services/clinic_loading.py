"""Loading a whole clinic file: by whoever runs the program, and by an administrator, who is shown before what it would
change.

What it would do to visits is found by trying it: the clinic is loaded in a transaction that is not kept, so that the
hours before and after come from the same tables as always.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.clinic_file.differences import Difference, differences
from booking.core.clinic_file.parts import Section
from booking.core.clinic_file.plan import ClinicPlan
from booking.core.clinic_file.write import clinic_file_values
from booking.core.errors import BookingError
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.hits import FOREVER, HitCause, cause_between
from booking.core.scheduling.intervals import to_minutes
from booking.queries.appointments import Visit
from booking.queries.catalogue import catalogue, read_catalogue
from booking.queries.clinic_plan import stored_plan
from booking.queries.hours import visits_taking
from booking.services import locks
from booking.services.administration import demand_administrator, lock_clinic
from booking.services.clinic import store_clinic
from booking.services.desk_changes import DeskChanged, refuse_undoing
from booking.services.hours import note_opened
from booking.services.reserving import run_twice_if_busy
from booking.services.transaction import trial


@dataclass(frozen=True, slots=True)
class LoadPreview:
    """What loading would do. `revision` is that of the clinic that was looked at.

    `undone`: what the desk or an administrator has changed since the last loading and the file says otherwise, None for
    nothing. `hits`: visits to come that would be outside the hours. `coming`: how many visits to come each thing has,
    by section and code."""

    revision: int
    differences: tuple[Difference, ...]
    undone: DeskChanged | None = None
    hits: tuple[tuple[Visit, HitCause], ...] = ()
    coming: Mapping[tuple[str, str], int] = field(default_factory=dict)


class ClinicChanged(BookingError):
    """The clinic is not the one that was looked at. Nothing was loaded."""

    code = "clinic_changed"


def load_clinic(
    session: Session, plan: ClinicPlan, *, actor: Actor, now: datetime, undo_desk_changes: bool = False
) -> None:
    """Make the stored clinic what the plan says, while nobody books: a visit is booked by the hours that stand then.

    Raises SlotTaken(resource=code, starts_at=...) when a block meets a visit, DeskChanged when the plan would undo
    what was changed in the browser, unless that is wanted, and BusyDatabase: nothing is changed then."""

    def load() -> None:
        locks.take_clinic(session)
        if not undo_desk_changes:
            refuse_undoing(session, plan, now=now)
        store_clinic(session, plan, actor=actor, now=now)

    run_twice_if_busy(session, load)


def preview_load(session: Session, plan: ClinicPlan, *, actor: Actor, now: datetime) -> LoadPreview:
    """What loading the plan would change; nothing is kept. The number of statements does not depend on the visits.

    Raises SlotTaken when a block of the plan meets a visit, NotFound for who is no administrator, BusyDatabase."""
    demand_administrator(actor)
    before = catalogue(session)
    stored = stored_plan(session, before, blocks_from=now)
    # Blocks that are over are in the file for good reason and change nothing.
    coming = replace(plan, blocks=tuple(one for one in plan.blocks if one.ends_at > now))
    found = differences(clinic_file_values(stored), clinic_file_values(coming))
    if not found:
        return LoadPreview(before.revision, found)
    undone = _undone(session, plan, now)
    after = _tried(session, plan, actor, now)
    window = (to_minutes(now), FOREVER)
    taking = visits_taking(session, before, list(before.resources), window, now=now)
    causes = ((visit, cause_between(before, after, taken)) for visit, taken in taking)
    hits = tuple((visit, cause) for visit, cause in causes if cause is not None)
    counts = Counter(
        name for visit, taken in taking for name in _things_of(before, visit, {t.resource_id for t in taken})
    )
    return LoadPreview(before.revision, found, undone, hits, counts)


def _things_of(clinic: Catalogue, visit: Visit, resource_ids: set[int]) -> list[tuple[str, str]]:
    """What a visit needs, by section and code."""
    return [
        (Section.LOCATIONS, clinic.locations[visit.location_id].code),
        (Section.SERVICES, clinic.services[visit.service_id].code),
        *((Section.RESOURCES, clinic.resources[number].code) for number in resource_ids),
    ]


def _undone(session: Session, plan: ClinicPlan, now: datetime) -> DeskChanged | None:
    try:
        refuse_undoing(session, plan, now=now)
    except DeskChanged as changed:
        return changed
    return None


def _tried(session: Session, plan: ClinicPlan, actor: Actor, now: datetime) -> Catalogue:
    """The clinic after loading, which is taken back."""
    with trial(session):
        store_clinic(session, plan, actor=actor, now=now)
        session.flush()
        return read_catalogue(session)


def load_seen_clinic(
    session: Session, plan: ClinicPlan, *, actor: Actor, revision: int, undo_changes: bool, now: datetime
) -> None:
    """Load the plan into the clinic of that revision, while nobody books. The waiting list hears of hours that are open
    now.

    Raises ClinicChanged, DeskChanged (unless `undo_changes`), SlotTaken, NotFound for who is no administrator,
    BusyDatabase; nothing is loaded then."""
    demand_administrator(actor)

    def load() -> None:
        before, _ = lock_clinic(session, now)
        if before.revision != revision:
            raise ClinicChanged
        if not undo_changes:
            refuse_undoing(session, plan, now=now)
        store_clinic(session, plan, actor=actor, now=now)
        session.flush()
        note_opened(session, before, read_catalogue(session), list(before.resources), now=now)

    run_twice_if_busy(session, load)
