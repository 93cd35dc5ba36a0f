"""A visit of Ana's in five days, by the real clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.models import Appointment
from tests.factories import make_appointment


def in_days(days: float) -> datetime:
    return utc_now().replace(minute=0, second=0, microsecond=0) + timedelta(days=days)


@pytest.fixture
def visit(session: Session) -> Appointment:
    return make_appointment(session, starts_at=in_days(5))
