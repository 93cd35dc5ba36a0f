"""Changes of the clinic by an administrator: the clinic as its file would say it, with one thing changed.

The same reading finds the same mistakes as `clinic load`, and the same rows are written. Nobody books meanwhile, and
nobody's change is written over unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.clinic_file.codes import code_from
from booking.core.clinic_file.parts import (
    Changed,
    PlacedMistake,
    Section,
    Values,
    changed,
    codes_in,
    present_mistakes,
    shown_of,
    with_service_moved,
    with_thing,
)
from booking.core.clinic_file.write import clinic_file_values
from booking.core.errors import BookingError, NotFound
from booking.core.scheduling.clinic import Catalogue
from booking.models import Clinic, Location, Resource, Service
from booking.queries.catalogue import catalogue, is_current, read_catalogue
from booking.queries.clinic_plan import stored_plan
from booking.queries.form_library import library, offered
from booking.services import audit, locks
from booking.services.clinic import store_part
from booking.services.hours import note_opened
from booking.services.idempotency import body_hash
from booking.services.reserving import OtherClinic, run_twice_if_busy

CHANGED = {
    Section.CLINIC: "clinic_changed",
    Section.LOCATIONS: "location_changed",
    Section.RESOURCES: "resource_changed",
    Section.SERVICES: "service_changed",
}
"""Actions in the audit log; the reason code says how: added, changed, retired, offered_again, moved."""

_ROWS: Mapping[Section, type[Location | Resource | Service]] = {
    Section.LOCATIONS: Location,
    Section.RESOURCES: Resource,
    Section.SERVICES: Service,
}


@dataclass(frozen=True, slots=True)
class PartChange:
    """A thing of the clinic as a form describes it, by the keys of the clinic file.

    `code` is which one (None: a new one, `values` may name its code). `seen` is what the form has shown of it, as from
    `seen_part`; None where nothing was shown."""

    section: Section
    values: Values
    code: str | None = None
    seen: str | None = None


class ChangeRefused(BookingError):
    """The clinic would have mistakes that it has not now; `mistakes` lists all of them. Nothing was saved."""

    code = "change_refused"

    def __init__(self, mistakes: tuple[PlacedMistake, ...]) -> None:
        super().__init__()
        self.mistakes = mistakes


class PartChanged(BookingError):
    """The thing is not what the form has shown: somebody has changed it meanwhile. Nothing was saved."""

    code = "part_changed"


def present_values(session: Session, clinic: Catalogue, *, now: datetime) -> dict[str, Any]:
    """The stored clinic as the values of a clinic file, without the blocks of resources."""
    return clinic_file_values(replace(stored_plan(session, clinic, blocks_from=now), blocks=()))


def clinic_mistakes(session: Session, *, now: datetime) -> tuple[PlacedMistake, ...]:
    """What `clinic load` would say of the clinic as it is, such as a service that nobody can give any more."""
    return present_mistakes(
        present_values(session, catalogue(session), now=now), questionnaires=offered(library(session))
    )


def seen_part(values: Values, section: Section, code: str | None) -> str:
    """What a form shows of the thing, as a hash; "" for one that is to be added. Raises NotFound."""
    if code is None and section is not Section.CLINIC:
        return ""
    return body_hash({"part": repr(sorted(shown_of(values, section, code).items()))})


def checked(session: Session, change: PartChange, *, now: datetime) -> Changed:
    """What the clinic would be. Raises ChangeRefused, NotFound."""
    return _checked(session, present_values(session, catalogue(session), now=now), change)


def save_part(session: Session, change: PartChange, *, actor: Actor, now: datetime) -> str:
    """Save the thing; returns its code ("" for the clinic itself).

    Raises ChangeRefused, PartChanged, NotFound (no such thing, or no administrator), BusyDatabase."""
    demand_administrator(actor)
    return run_twice_if_busy(session, lambda: _save(session, change, actor, now))


def move_service(session: Session, *, code: str, is_up: bool, actor: Actor, now: datetime) -> None:
    """Let patients see the service one place earlier or later. Raises NotFound, BusyDatabase."""
    demand_administrator(actor)

    def move() -> None:
        clinic, values = lock_clinic(session, now)
        after = with_service_moved(values, code, is_up=is_up)
        outcome = changed(values, after, Section.SERVICES, code, questionnaires=offered(library(session)))
        store_part(session, outcome.plan, Section.SERVICES)
        number = clinic.service_by_code[code].id
        audit.record(session, actor, CHANGED[Section.SERVICES], "service", number, now=now, reason_code="moved")

    run_twice_if_busy(session, move)


def demand_administrator(actor: Actor) -> None:
    """Raise NotFound for anybody else: what they may not do does not exist for them."""
    if not (actor.is_system or actor.role is Role.ADMINISTRATOR):
        raise NotFound


def lock_clinic(session: Session, now: datetime) -> tuple[Catalogue, dict[str, Any]]:
    """The clinic and its values while nobody books and nobody changes a calendar, until the open transaction ends.

    Raises OtherClinic."""
    clinic = catalogue(session)
    locks.take_resources(session, clinic.resources)
    if not is_current(session, clinic):
        raise OtherClinic
    # Two changes of a clinic without resources have no resource to wait for.
    session.execute(sa.select(Clinic.id).with_for_update())
    return clinic, present_values(session, clinic, now=now)


def _save(session: Session, change: PartChange, actor: Actor, now: datetime) -> str:
    clinic, values = lock_clinic(session, now)
    if change.seen is not None and change.seen != seen_part(values, change.section, change.code):
        raise PartChanged
    outcome = _checked(session, values, change)
    if outcome.values == values:
        return change.code or ""
    store_part(session, outcome.plan, change.section)
    code = _code_of(outcome, change)
    _record(session, change, code, shown_of(values, change.section, change.code), actor, now)
    _note_opened(session, clinic, change, code, now)
    return code


def _checked(session: Session, values: Values, change: PartChange) -> Changed:
    """Raises ChangeRefused, NotFound."""
    thing = _coded(values, change)
    after = with_thing(values, change.section, change.code, thing)
    outcome = changed(values, after, change.section, change.code, questionnaires=offered(library(session)))
    if outcome.mistakes:
        raise ChangeRefused(outcome.mistakes)
    return replace(outcome, values=clinic_file_values(outcome.plan))


def _coded(values: Values, change: PartChange) -> dict[str, Any]:
    """The described thing under its code: codes never change, and a new thing that has none gets one of its name."""
    thing = dict(change.values)
    if change.section is Section.CLINIC:
        return thing
    if change.code is not None:
        return {**thing, "code": change.code}
    taken = codes_in(values, change.section)
    return {**thing, "code": thing.get("code") or code_from(str(thing.get("name", "")), taken)}


def _code_of(outcome: Changed, change: PartChange) -> str:
    if change.section is Section.CLINIC:
        return ""
    return change.code or codes_in(outcome.values, change.section)[-1]


def _record(session: Session, change: PartChange, code: str, old: Values, actor: Actor, now: datetime) -> None:
    """The event names the thing by its number, and how it was changed by a word."""
    action = CHANGED[change.section]
    if change.section is Section.CLINIC:
        audit.record(session, actor, action, "clinic", 1, now=now, reason_code="changed")
        return
    row_type = _ROWS[change.section]
    number = session.scalar(sa.select(row_type.id).where(row_type.code == code))
    how = _how(change, old)
    audit.record(session, actor, action, row_type.__tablename__, number, now=now, reason_code=how)


def _how(change: PartChange, old: Values) -> str:
    if change.code is None:
        return "added"
    was, is_now = old.get("active", True), change.values.get("active", True)
    return {(True, False): "retired", (False, True): "offered_again"}.get((was, is_now), "changed")


def _note_opened(session: Session, before: Catalogue, change: PartChange, code: str, now: datetime) -> None:
    """Tell the waiting list of the hours of a resource that takes visits again."""
    old = before.resource_by_code.get(code) if change.section is Section.RESOURCES else None
    if old is None or old.is_active or not change.values.get("active", True):
        return
    away = replace(before, resources={**before.resources, old.id: replace(old, weekly_hours=(), exceptions=())})
    note_opened(session, away, read_catalogue(session), [old.id], now=now)
