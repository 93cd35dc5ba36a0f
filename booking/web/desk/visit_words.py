"""Words for one visit of the day, shared by the board and the lists."""

from __future__ import annotations

from flask import url_for

from booking.queries.appointments import may_see
from booking.queries.desk import DayVisit
from booking.web import access
from booking.web.desk.words import STATUS


def name_of(visit: DayVisit) -> str:
    """Family name first: lists are read by it."""
    return f"{visit.family_name}, {visit.given_name}"


def status_of(visit: DayVisit) -> str:
    """The status in a word."""
    return str(STATUS[visit.visit.status])


def link_of(visit: DayVisit) -> str:
    """The page of the visit; "" for those who may see the day but not that visit."""
    if not may_see(access.actor(), visit.visit):
        return ""
    return url_for("desk.visit", public_id=visit.visit.public_id)
