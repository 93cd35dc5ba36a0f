"""Words for one visit of the day, shared by the board and the lists."""

from __future__ import annotations

from flask import url_for

from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.queries.appointments import Visit, may_see
from booking.queries.desk import DayVisit
from booking.web import access
from booking.web.desk.words import CONFIRMED, STATUS


def name_of(visit: DayVisit) -> str:
    """Family name first: lists are read by it."""
    return f"{visit.family_name}, {visit.given_name}"


def status_of(visit: DayVisit) -> str:
    """The status in a word: who is expected and has said that they come is confirmed."""
    return str(CONFIRMED if is_confirmed(visit.visit) else STATUS[visit.visit.status])


def mark_of(visit: DayVisit) -> str:
    """The code of the status as the lists and the board mark it."""
    return "confirmed" if is_confirmed(visit.visit) else visit.visit.status.value


def is_confirmed(visit: Visit) -> bool:
    """Whether the patient is expected and has said that they come."""
    return visit.status is AppointmentStatus.BOOKED and visit.confirmed_at is not None


def link_of(visit: DayVisit) -> str:
    """The page of the visit; "" for those who may see the day but not that visit."""
    if not may_see(access.actor(), visit.visit):
        return ""
    return url_for("desk.visit", public_id=visit.visit.public_id)
