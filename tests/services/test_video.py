"""The link of a video visit: sealed, audited, and shown to those concerned when it is of use."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role, VisitAct
from booking.core.errors import MoveNotAllowed, NotFound
from booking.core.scheduling.clinic import VisitMode
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import Appointment, AuditEvent, Resource, Service
from booking.queries.appointments import Visit, visit_for
from booking.services.changing import change_visit
from booking.services.video import VideoRoom, set_video_url, video_room
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment
from tests.web.clinic_change import clinic_changed

OWN, STANDING = "https://video.example.org/this-visit", "https://video.example.org/dr-cruz"
DESK = Actor(role=Role.SCHEDULER, location_ids=frozenset({1}))
CRUZ = Actor(role=Role.SPECIALIST, resource_id=1)
OTHERS = (Actor(role=Role.SCHEDULER, location_ids=frozenset({2})), Actor(role=Role.SPECIALIST, resource_id=2), Actor())


@pytest.fixture
def visit(session: Session) -> Visit:
    """Of Dr Cruz, who has a room of her own, on Monday at nine."""
    session.get_one(Service, 1).mode = VisitMode.VIDEO
    session.get_one(Resource, 1).video_url = STANDING
    clinic_changed(session)
    return again(session, make_appointment(session))


def again(session: Session, visit: Visit | Appointment) -> Visit:
    found = visit_for(session, Actor(role=Role.ADMINISTRATOR), visit.public_id)
    session.rollback()
    assert found is not None
    return found


def patient_of(visit: Visit) -> Actor:
    return Actor(role=Role.PATIENT, patient_ids=frozenset({visit.patient_id}))


def seen(session: Session, actor: Actor, visit: Visit, now: datetime = NOW) -> VideoRoom | None:
    found = video_room(session, actor=actor, visit=visit, now=now)
    session.rollback()
    return found


@pytest.mark.parametrize(("minutes", "is_open"), [(-31, False), (-30, True), (44, True)])
def test_patients_see_it_when_it_is_of_use(session: Session, visit: Visit, minutes: int, is_open: bool) -> None:
    room = seen(session, patient_of(visit), visit, NEXT_MONDAY_9 + timedelta(minutes=minutes))
    assert room is not None
    assert (room.is_open, room.url) == (is_open, STANDING if is_open else None)
    assert room.opens_at == NEXT_MONDAY_9 - timedelta(minutes=30)


def test_afterwards_patients_see_nothing_and_staff_still_do(session: Session, visit: Visit) -> None:
    later = NEXT_MONDAY_9 + timedelta(minutes=45)
    assert seen(session, patient_of(visit), visit, later) is None
    assert seen(session, DESK, visit, later) == VideoRoom(STANDING, NEXT_MONDAY_9 - timedelta(minutes=30), True, False)


def test_a_mailed_link_alone_shows_nothing(session: Session, visit: Visit) -> None:
    opened = {"visit_ids": frozenset({visit.public_id}), "link_acts": frozenset({(visit.public_id, VisitAct.CHANGE)})}
    assert seen(session, Actor(**opened), visit, NEXT_MONDAY_9) is None
    proven = Actor(**opened, proven_ids=frozenset({visit.public_id}))
    assert seen(session, proven, visit, NEXT_MONDAY_9) is not None


def test_a_link_of_the_visit_takes_the_place_of_the_room_and_back(session: Session, visit: Visit) -> None:
    set_video_url(session, actor=DESK, public_id=visit.public_id, url=OWN, now=NOW)
    room = seen(session, CRUZ, visit)
    assert room is not None
    assert (room.url, room.is_of_visit) == (OWN, True)
    set_video_url(session, actor=CRUZ, public_id=visit.public_id, url="", now=NOW)
    room = seen(session, DESK, visit)
    assert room is not None
    assert (room.url, room.is_of_visit) == (STANDING, False)
    actions = session.scalars(sa.select(AuditEvent.action).where(AuditEvent.object_id == visit.id)).all()
    assert list(actions) == ["video_link_set", "video_link_removed"]


@pytest.mark.parametrize(("specialist_id", "kept"), [(1, True), (2, False)])
def test_the_link_of_the_visit_stays_behind_with_the_specialist(
    session: Session, visit: Visit, specialist_id: int, kept: bool
) -> None:
    set_video_url(session, actor=DESK, public_id=visit.public_id, url=OWN, now=NOW)
    change_visit(
        session,
        actor=DESK,
        public_id=visit.public_id,
        location_id=visit.location_id,
        specialist_id=specialist_id,
        starts_at=NEXT_MONDAY_9 + timedelta(hours=1),
        nonce="a-nonce",
        now=NOW,
    )
    room = seen(session, DESK, again(session, visit))
    assert room is not None
    assert room.is_of_visit is kept


def test_it_is_kept_sealed_and_one_that_does_not_open_is_said(session: Session, visit: Visit) -> None:
    set_video_url(session, actor=DESK, public_id=visit.public_id, url=OWN, now=NOW)
    sealed = session.scalar(sa.select(Appointment.video_url_sealed))
    assert sealed is not None
    assert "example" not in sealed
    session.execute(sa.update(Appointment).values(video_url_sealed=sealed[:-4] + "AAAA"))
    session.commit()
    room = seen(session, DESK, visit)
    assert room is not None
    assert (room.url, room.is_readable) == (None, False)


def test_without_any_room_there_is_none(session: Session, visit: Visit) -> None:
    session.get_one(Resource, 1).video_url = ""
    clinic_changed(session)
    room = seen(session, DESK, visit)
    assert room is not None
    assert room.url is None


@pytest.mark.parametrize("status", [AppointmentStatus.CANCELLED, AppointmentStatus.DONE, AppointmentStatus.NO_SHOW])
def test_a_visit_that_does_not_take_place_has_none(session: Session, visit: Visit, status: AppointmentStatus) -> None:
    session.execute(sa.update(Appointment).values(status=status))
    session.commit()
    assert seen(session, DESK, again(session, visit), NEXT_MONDAY_9) is None
    with pytest.raises(MoveNotAllowed):
        set_video_url(session, actor=DESK, public_id=visit.public_id, url=OWN, now=NOW)


def test_other_visits_have_none(session: Session, visit: Visit) -> None:
    session.get_one(Service, 1).mode = VisitMode.PHONE
    clinic_changed(session)
    assert seen(session, DESK, visit) is None
    with pytest.raises(MoveNotAllowed):
        set_video_url(session, actor=DESK, public_id=visit.public_id, url=OWN, now=NOW)


@pytest.mark.parametrize("number", range(4))
def test_only_staff_of_the_visit_set_it(session: Session, visit: Visit, number: int) -> None:
    actor = [*OTHERS, patient_of(visit)][number]
    with pytest.raises(NotFound):
        set_video_url(session, actor=actor, public_id=visit.public_id, url=OWN, now=NOW)


def test_what_is_no_address_is_refused(session: Session, visit: Visit) -> None:
    with pytest.raises(ValueError, match="not an address"):
        set_video_url(session, actor=DESK, public_id=visit.public_id, url="http://example.org", now=NOW)
