"""What the database knows of backups: when the last good one was made, and whether somebody has to look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.tasks import CHECK_BACKUP
from booking.models import Heartbeat, Task, TaskState

LAST_GOOD = "good_backup"
AWAITED = "backup_awaited"
"""When the worker first looked for backups: there may be none yet."""


@dataclass(frozen=True, slots=True)
class BackupState:
    """`made_at`: the last good backup, None when none is known. `is_worrying`: its task is open."""

    made_at: datetime | None
    is_worrying: bool


def backup_state(session: Session) -> BackupState:
    """As it is now, in one statement."""
    made_at = sa.select(Heartbeat.beat_at).where(Heartbeat.name == LAST_GOOD).scalar_subquery()
    is_open = sa.exists().where(Task.kind == CHECK_BACKUP, Task.state == TaskState.OPEN)
    found = session.execute(sa.select(made_at, is_open)).one()
    return BackupState(made_at=found[0], is_worrying=bool(found[1]))
