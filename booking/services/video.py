"""The link of a video visit: who may see it and when, and giving a visit a link of its own. It is kept sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.actor import Actor
from booking.core.errors import MoveNotAllowed, NotFound
from booking.core.scheduling.clinic import Catalogue, VisitMode
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.core.video import is_open, is_video_url, opens_at
from booking.models import Appointment
from booking.queries.appointments import Visit, visit_for
from booking.queries.catalogue import catalogue
from booking.services import audit
from booking.services.sealed import open_text, seal_text
from booking.services.transaction import transaction


@dataclass(frozen=True, slots=True)
class VideoRoom:
    """Where a visit takes place. `url` None: there is none, or it is not open to this person (`is_open`) yet.

    `is_of_visit`: the link was given to this visit alone; else it is the specialist's own room. `is_readable` is False
    when a sealed link does not open: people must know, and no other room may take its place.
    """

    url: str | None
    opens_at: datetime
    is_open: bool
    is_of_visit: bool
    is_readable: bool = True


def video_room(session: Session, *, actor: Actor, visit: Visit, now: datetime) -> VideoRoom | None:
    """What the actor may know of it; the caller has authorised the visit. None: no video visit, not to come any more,
    or nothing for somebody who came by a mailed link alone.

    Staff see the link at any time; patients from half an hour before the visit until its end.
    """
    clinic = catalogue(session)
    if clinic.services[visit.service_id].mode is not VisitMode.VIDEO or not _takes_place(visit):
        return None
    if not actor.knows(public_id=visit.public_id, patient_id=visit.patient_id):
        return None
    shown = actor.is_staff or is_open(visit.starts_at, visit.ends_at, now)
    if not shown and now >= visit.ends_at:
        return None
    own, is_readable = _own_url(session, visit)
    url = own or (_standing_url(clinic, visit) if is_readable else None)
    return VideoRoom(url if shown else None, opens_at(visit.starts_at), shown, own is not None, is_readable)


def _takes_place(visit: Visit) -> bool:
    return visit.status.occupies_time and visit.status is not AppointmentStatus.DONE


def _own_url(session: Session, visit: Visit) -> tuple[str | None, bool]:
    sealed = session.scalar(sa.select(Appointment.video_url_sealed).where(Appointment.id == visit.id))
    try:
        return open_text(session, "appointment", "video_url", visit.public_id, sealed), True
    except CannotOpen:
        return None, False


def _standing_url(clinic: Catalogue, visit: Visit) -> str | None:
    return clinic.resources[visit.specialist_id].video_url or None if visit.specialist_id else None


def set_video_url(session: Session, *, actor: Actor, public_id: str, url: str, now: datetime) -> None:
    """Give the visit a link of its own in place of its specialist's room; "" takes it away.

    Raises NotFound (also for patients), MoveNotAllowed (no video visit, or over), ValueError for what is no such link.
    """
    if url and not is_video_url(url):
        raise ValueError("not an address of a video room")
    with transaction(session):
        visit = visit_for(session, actor, public_id, lock=True)
        if visit is None or not actor.is_staff:
            raise NotFound
        if catalogue(session).services[visit.service_id].mode is not VisitMode.VIDEO or not _takes_place(visit):
            raise MoveNotAllowed
        session.execute(
            sa.update(Appointment)
            .where(Appointment.id == visit.id)
            .values(video_url_sealed=seal_text(session, "appointment", "video_url", visit.public_id, url))
            .execution_options(synchronize_session=False)
        )
        action = "video_link_set" if url else "video_link_removed"
        audit.record(session, actor, action, "appointment", visit.id, now=now, patient_id=visit.patient_id)
