"""What the tests of booking look up and change in the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.models import Account, Appointment, Hold, Reservation

ClientAs = Callable[[Account], FlaskClient]


def appointments(session: Session) -> list[Appointment]:
    session.rollback()
    return list(session.scalars(sa.select(Appointment).order_by(Appointment.id)))


def let_holds_end(session: Session) -> None:
    session.execute(sa.update(Hold).values(expires_at=utc_now() - timedelta(minutes=1)))
    session.commit()


def forget_holds(session: Session) -> None:
    session.execute(sa.delete(Reservation).where(Reservation.hold_id.is_not(None)))
    session.execute(sa.delete(Hold))
    session.commit()
