"""What every job is given: sessions, the mailer, the clock, and the word to stop. Made once per process."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from booking.adapters.database import create_engine
from booking.adapters.letters import LetterWriter
from booking.adapters.mailer import Mailer
from booking.adapters.smtp import mailer_from_url
from booking.config import Settings
from booking.core.audit_chain import ChainKey
from booking.core.clock import utc_now
from booking.core.retention import Retention
from booking.services.audit import CHAIN_KEY
from booking.services.backups import NightlyBackups
from booking.services.claims import MailOffice
from booking.services.sealed import KEYS


@dataclass(frozen=True, slots=True)
class AuditTools:
    """The key of the audit log, and the file outside the database in which its end is noted."""

    key: ChainKey
    anchor_file: Path


@dataclass(frozen=True, slots=True)
class Tools:
    """`stopping` is set when the process was asked to end.

    `clock` gives the instant by which messages are due. It may run ahead in demonstrations, so what is alive or too old
    is never judged by it. Without `audit` its log is left alone, without `backup_overdue` backups are not watched.
    """

    sessions: sessionmaker[Session]
    mailer: Mailer
    writer: LetterWriter
    office: MailOffice
    retention: Retention = field(default_factory=Retention)
    clock: Callable[[], datetime] = utc_now
    stopping: threading.Event = field(default_factory=threading.Event)
    audit: AuditTools | None = None
    backups: NightlyBackups | None = None
    backup_overdue: timedelta | None = None


@contextmanager
def open_tools(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> Iterator[Tools]:
    """Tools of this process for these settings; connects when first used, and to nothing any more at the end."""
    engine = create_engine(settings.database_url)
    try:
        yield _tools(settings, engine, clock)
    finally:
        engine.dispose()


def _tools(settings: Settings, engine: sa.Engine, clock: Callable[[], datetime]) -> Tools:
    host = settings.host.partition(":")[0]
    return Tools(
        sessions=sessionmaker(engine, info={KEYS: settings.field_keys, CHAIN_KEY: settings.audit_key}),
        mailer=mailer_from_url(settings.smtp_url, helo_name=host),
        writer=LetterWriter(),
        office=MailOffice(
            owner=f"{os.uname().nodename[:40]}:{os.getpid()}:{secrets.token_hex(4)}",
            lease=settings.lease,
            resend_wait=settings.resend_wait,
            base_url=settings.base_url,
            host=host,
            sender_address=settings.mail_from,
            reply_to=settings.mail_reply_to,
        ),
        retention=settings.retention,
        clock=clock,
        audit=AuditTools(settings.audit_key, settings.anchor_file),
        backups=_nightly(settings),
        backup_overdue=settings.backup_overdue if settings.backup_public_key else None,
    )


def _nightly(settings: Settings) -> NightlyBackups | None:
    if settings.backup_folder is None or settings.backup_public_key is None:
        return None
    return NightlyBackups(
        folder=settings.backup_folder, reader=settings.backup_public_key, keys=settings.field_keys,
        keep=settings.backup_keep,
    )  # fmt: skip
