"""The worker's backup of each night, off without `BACKUP_FOLDER`; and its look whether backups are made, by whomever,
off without `BACKUP_PUBLIC_KEY`."""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from booking.adapters.backup_files import BackupRefused
from booking.core.clock import utc_now
from booking.jobs.tools import Tools
from booking.services.backup_watch import look_for_backups
from booking.services.backups import back_up_nightly

log = logging.getLogger(__name__)


def back_up(tools: Tools) -> None:
    """Make the backup of this night if it is due. A failure is logged, and a task for an administrator by then."""
    if tools.backups is None:
        return
    with tools.sessions() as session:
        try:
            made = back_up_nightly(session, tools.backups, now=utc_now())
        except (BackupRefused, SQLAlchemyError) as error:
            log.error("the nightly backup failed (%s)", type(error).__name__)  # noqa: TRY400 - no need of its place.
            return
    if made is not None:
        log.info("the nightly backup has %d rows and %d bytes", made.manifest.rows, made.size)


def watch_backups(tools: Tools) -> None:
    """See that the last good backup is not too old: a timer that does not run tells nobody of itself."""
    if tools.backup_overdue is None:
        return
    with tools.sessions() as session:
        if look_for_backups(session, longest=tools.backup_overdue, now=utc_now()):
            log.error("no good backup for more than %d hours", tools.backup_overdue / timedelta(hours=1))
