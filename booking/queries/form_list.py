"""Which forms of visits are not here yet, for people who see states and never answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.core.questionnaires.progress import FormLine, VisitForms
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.lifecycle import TIME_IS_FREE
from booking.models import Appointment
from booking.queries.appointments import Visit, select_visits
from booking.queries.questionnaires import forms_of_visits

LOOKED_BACK = timedelta(days=7)
MOST_VISITS = 1000
"""The next so many visits are looked at; a clinic of ten providers has fewer in two weeks."""


@dataclass(frozen=True, slots=True)
class MissingForms:
    """A visit with the forms that somebody still has to fill in, and can."""

    visit: Visit
    forms: VisitForms
    missing: tuple[FormLine, ...]

    @property
    def due_at(self) -> datetime:
        """When the first of them is due."""
        return min(line.asked.due_at for line in self.missing)


def missing_forms(
    session: Session,
    clinic: Catalogue,
    *,
    location_ids: Collection[int],
    specialist_id: int | None,
    now: datetime,
    until: datetime,
) -> list[MissingForms]:
    """Visits at these locations from a week ago `until` then, whose forms are open and not here; what is due first
    comes first. `specialist_id`: only visits that they give. Five statements at most, however many visits there are."""
    wanted = select_visits().where(
        Appointment.location_id.in_(location_ids),
        Appointment.starts_at >= now - LOOKED_BACK,
        Appointment.starts_at < until,
        Appointment.status.not_in(TIME_IS_FREE),
    )
    if specialist_id is not None:
        wanted = wanted.where(Appointment.specialist_id == specialist_id)
    rows = session.execute(wanted.order_by(Appointment.starts_at, Appointment.id).limit(MOST_VISITS))
    visits = [Visit(*row) for row in rows]
    forms = forms_of_visits(session, visits, clinic)
    listed = [MissingForms(visit, forms[visit.id], forms[visit.id].open_lines(now)) for visit in visits]
    return sorted((one for one in listed if one.missing), key=lambda one: (one.due_at, one.visit.id))
