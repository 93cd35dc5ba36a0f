"""Whether backups are made: the last good one is noted in the database, and administrators get a task when one fails or
none was made for too long. Making them: backups.py.

The note is in the database, since whoever looks may not see the folder: on a hardened machine it is hidden from web and
worker (docs/deploy.md)."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.tasks import CHECK_BACKUP
from booking.models import Heartbeat, Task
from booking.queries.backups import AWAITED, LAST_GOOD
from booking.services.heartbeat import claim, write_beat
from booking.services.tasks import ask_to_check_backup, close_backup_check
from booking.services.transaction import end_read, transaction

OVERDUE = "overdue"


def note_good(session: Session, *, now: datetime) -> None:
    """A backup is on the disk: nobody has to look any more."""
    with transaction(session):
        write_beat(session, name=LAST_GOOD, now=now)
        close_backup_check(session, now=now)


def note_failed(session: Session, error: Exception, *, now: datetime) -> None:
    """A backup could not be made: a task for administrators, unless one is open."""
    with transaction(session):
        ask_to_check_backup(session, reason_code=type(error).__name__, now=now)


def look_for_backups(session: Session, *, longest: timedelta, now: datetime) -> bool:
    """Ask administrators to look when there was no good backup for longer than that; True when so.

    It counts from the first look where there was none yet, and anew when somebody has closed such a task."""
    if (since := _quiet_since(session)) is None:
        claim(session, name=AWAITED, before=now, now=now)
        return False
    if now - since <= longest:
        return False
    with transaction(session):
        ask_to_check_backup(session, reason_code=OVERDUE, now=now)
    return True


def _quiet_since(session: Session) -> datetime | None:
    """The last good backup, the first look or the end of the last task, whichever was last; None before any."""
    beats = sa.select(sa.func.max(Heartbeat.beat_at)).where(Heartbeat.name.in_((LAST_GOOD, AWAITED)))
    closed = sa.select(sa.func.max(Task.closed_at)).where(Task.kind == CHECK_BACKUP)
    found = [session.scalar(beats), session.scalar(closed)]
    end_read(session)
    return max((instant for instant in found if instant is not None), default=None)
