"""Where an account has logged in from before, so that its owner hears of a log-in from elsewhere.

A place is a kind of browser and system in the neighbourhood of a network. Only a keyed hash of these
with the account is kept: it shows that a place is the same again, and neither what it is nor that two accounts share
it. Nothing is put into the browser. The first log-in of an account makes its place known and is told to nobody.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.addresses import region_of
from booking.core.messages import MessageKind
from booking.models import KnownPlace
from booking.services import outbox
from booking.services.accounts import Door

MOST = 30
"""Places kept for an account; of more, those seen longest ago are forgotten."""


def note_place(session: Session, *, account_id: int, door: Door, now: datetime) -> None:
    """Remember where the account logs in from, in the open transaction; mail its owner when that is new."""
    place = _place_key(account_id, door)
    row = session.get(KnownPlace, (account_id, place))
    if row is not None:
        row.seen_at = now
        return
    known = session.scalars(sa.select(KnownPlace).where(KnownPlace.account_id == account_id)).all()
    if known:
        outbox.plan_account_message(session, kind=MessageKind.NEW_LOG_IN, account_id=account_id, now=now)
    for old in sorted(known, key=lambda one: one.seen_at, reverse=True)[MOST - 1 :]:
        session.delete(old)
    session.add(KnownPlace(account_id=account_id, place_key=place, seen_at=now))


def _place_key(account_id: int, door: Door) -> str:
    device = door.device
    return door.limiter.key("place", str(account_id), device.browser, device.system, region_of(door.network))
