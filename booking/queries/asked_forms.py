"""What visits ask their patients to fill in: by their services, and by what staff asked for or withdrew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from booking.core.form_rules import FormRule, depend_on_history
from booking.core.questionnaires.assignment import AskedForm, ExtraForm, VisitTimes, asked_of
from booking.core.questionnaires.library import Library
from booking.core.safety import IN_PLACE_OF, without_safety_items
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.lifecycle import TIME_IS_FREE, AppointmentStatus
from booking.models import Appointment
from booking.models import AskedForm as AskedRow
from booking.queries.catalogue import catalogue
from booking.queries.form_library import is_offered, library
from booking.queries.safety import watch


class VisitLike(Protocol):
    """What has to be known of a visit."""

    @property
    def id(self) -> int: ...
    @property
    def service_id(self) -> int: ...
    @property
    def location_id(self) -> int: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def booked_at(self) -> datetime: ...
    @property
    def status(self) -> AppointmentStatus: ...


@dataclass(frozen=True, slots=True)
class AskedOfVisit:
    """The forms of one visit in their order, and the times that they depend on."""

    times: VisitTimes
    forms: tuple[AskedForm, ...]

    def form_or_none(self, code: str) -> AskedForm | None:
        """That form; None when the visit does not ask for it."""
        return next((form for form in self.forms if form.code == code), None)


Extras = Mapping[int, list[ExtraForm]]
"""What staff asked for or withdrew, by appointment id."""


def asked_of_visits(
    session: Session, visits: Collection[VisitLike], clinic: Catalogue | None = None, found: Extras | None = None
) -> dict[int, AskedOfVisit]:
    """What each visit asks for, by appointment id. One statement, unless the extra forms were `found` already, and one
    more where a service asks forms of first or later visits alone."""
    known = clinic or catalogue(session)
    extras = _extras(session, [visit.id for visit in visits]) if found is None else found
    follows = _with_earlier_visits(session, [v.id for v in visits if depend_on_history(_rules(known, v))])
    asked = {
        visit.id: _asked(known, visit, extras.get(visit.id, []), is_first=visit.id not in follows) for visit in visits
    }
    forms = library(session)
    offered = {number: _still_offered(one, forms) for number, one in asked.items()}
    return _as_given(session, visits, offered)


def _still_offered(asked: AskedOfVisit, forms: Library) -> AskedOfVisit:
    """Without those that the clinic has retired meanwhile, or may not use any more: they are given to nobody new."""
    return replace(asked, forms=tuple(form for form in asked.forms if is_offered(forms, form.code)))


def _as_given(
    session: Session, visits: Collection[VisitLike], asked: dict[int, AskedOfVisit]
) -> dict[int, AskedOfVisit]:
    """With another form in place of each that asks about self-harm, where nobody would be told of the answers."""
    if not any(form.code in IN_PLACE_OF for one in asked.values() for form in one.forms):
        return asked
    found = watch(session)
    for visit in visits:
        if not found.may_give(visit.status):
            asked[visit.id] = replace(asked[visit.id], forms=without_safety_items(asked[visit.id].forms))
    return asked


def asked_of_visit(session: Session, visit: VisitLike, clinic: Catalogue | None = None) -> AskedOfVisit:
    """What one visit asks for."""
    return asked_of_visits(session, [visit], clinic)[visit.id]


def _rules(clinic: Catalogue, visit: VisitLike) -> tuple[FormRule, ...]:
    return clinic.services[visit.service_id].form_rules


def _asked(clinic: Catalogue, visit: VisitLike, extras: list[ExtraForm], *, is_first: bool) -> AskedOfVisit:
    times = VisitTimes(
        visit.starts_at,
        visit.ends_at,
        visit.booked_at,
        clinic.locations[visit.location_id].tz,
        is_first=is_first,
        takes_place=visit.status.occupies_time,
        is_done=visit.status is AppointmentStatus.DONE,
    )
    return AskedOfVisit(times, asked_of(clinic.services[visit.service_id].form_rules, extras, times))


def _extras(session: Session, appointment_ids: Collection[int]) -> Extras:
    return extras_in(session.execute(asked_rows(appointment_ids)))


def asked_rows(appointment_ids: Collection[int]) -> sa.Select[*tuple[Any, ...]]:
    """The statement whose rows `extras_in` reads."""
    return sa.select(
        AskedRow.appointment_id, AskedRow.questionnaire, AskedRow.asked_at, AskedRow.due_at, AskedRow.withdrawn_at
    ).where(AskedRow.appointment_id.in_(appointment_ids))


def extras_in(rows: Iterable[Any]) -> Extras:
    """The extra forms by appointment id."""
    found: dict[int, list[ExtraForm]] = defaultdict(list)
    for row in rows:
        extra = ExtraForm(row.questionnaire, row.asked_at, row.due_at, is_withdrawn=row.withdrawn_at is not None)
        found[row.appointment_id].append(extra)
    return found


def _with_earlier_visits(session: Session, appointment_ids: Collection[int]) -> set[int]:
    """Those whose patient had a visit before, that took or takes place."""
    if not appointment_ids:
        return set()
    earlier = aliased(Appointment)
    before = sa.select(earlier.id).where(
        earlier.patient_id == Appointment.patient_id,
        earlier.starts_at < Appointment.starts_at,
        earlier.status.not_in(TIME_IS_FREE),
    )
    return set(
        session.scalars(sa.select(Appointment.id).where(Appointment.id.in_(appointment_ids), before.exists()))
    )  # fmt: skip
