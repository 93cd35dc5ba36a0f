"""A visit of Ana's in five days, by the real clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.models import Appointment
from tests.factories import make_appointment

NEW_YORK = ZoneInfo("America/New_York")


def in_days(days: float) -> datetime:
    return utc_now().replace(minute=0, second=0, microsecond=0) + timedelta(days=days)


def a_free_start() -> datetime:
    """Nine in the clinic on a Wednesday, some days from now."""
    on = utc_now().astimezone(NEW_YORK).date() + timedelta(days=3)
    on += timedelta(days=(2 - on.weekday()) % 7)
    return datetime.combine(on, time(9), tzinfo=NEW_YORK)


@pytest.fixture
def visit(session: Session) -> Appointment:
    return make_appointment(session, starts_at=in_days(5))
