"""Making backups: everything that is committed at one moment, while people work, sealed for a key that is elsewhere.

What is in them and how they are kept safe: docs/adr/0014-backups.md. Using them again: restoring.py.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from booking.adapters.archives import ArchiveWriter, Manifest
from booking.adapters.backup_files import BackupKey, BackupRefused, write_sealed
from booking.adapters.sealing import FieldKeys
from booking.adapters.table_copy import begin_snapshot
from booking.core.errors import BusyDatabase
from booking.models import Location
from booking.queries import audit as chain
from booking.queries.guards import schema_revision
from booking.services.backup_watch import note_failed, note_good
from booking.services.heartbeat import claim
from booking.services.keys import values_by_key
from booking.services.transaction import end_read

ENDING = ".backup"
MANIFEST_ENDING = ".json"
_NAME = "respite-%Y%m%dT%H%M%SZ"
NIGHT_HOUR = 2
TRY_AGAIN = timedelta(hours=1)
CLAIM = "nightly_backup"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class BackupMade:
    """A backup that is on the disk, and what is in it."""

    file: Path
    manifest: Manifest
    size: int


def make_backup(engine: sa.Engine, folder: Path, *, reader: BackupKey, keys: FieldKeys, now: datetime) -> BackupMade:
    """Write a backup into the folder, with its manifest beside it. Raises BackupRefused when it cannot be written.

    All rows are of one moment; nobody is held up. A file without its last name is never complete.
    """
    file = folder / f"{now.astimezone(UTC).strftime(_NAME)}-{secrets.token_hex(3)}{ENDING}"
    part = file.with_suffix(".part")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        manifest = _write(engine, part, reader, keys, now)
        size = part.stat().st_size
        described = manifest.as_values() | {"file": file.name, "size": size, "sha256": _hash(part), "key": reader.id}
        _write_private(file.with_suffix(MANIFEST_ENDING), json.dumps(described, indent=1).encode())
        part.rename(file)
        _sync_folder(folder)
    except OSError as error:
        raise BackupRefused(f"the backup cannot be written to {folder}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return BackupMade(file, manifest, size)


def _write(engine: sa.Engine, part: Path, reader: BackupKey, keys: FieldKeys, now: datetime) -> Manifest:
    with engine.connect() as connection, connection.begin():
        begin_snapshot(connection)
        with Session(connection) as session:
            revision = schema_revision(session) or ""
            used, head = dict(values_by_key(session)), chain.head(session)
            writer = ArchiveWriter(connection, revision=revision, made_at=now.astimezone(UTC).isoformat())
            with os.fdopen(_create_private(part), "wb") as file:
                write_sealed(file, reader, writer.blocks(keys, field_keys=used, audit_head=head._asdict()))
                file.flush()
                os.fsync(file.fileno())
    if writer.manifest is None:
        raise BackupRefused("the copy ended before its manifest")
    return writer.manifest


def _create_private(file: Path) -> int:
    return os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)


def _write_private(file: Path, content: bytes) -> None:
    with os.fdopen(_create_private(file), "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _hash(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def backups_in(folder: Path) -> list[Path]:
    """The backups in a folder, the newest first; [] when there is no such folder."""
    return sorted(folder.glob(f"respite-*{ENDING}"), reverse=True)


def made_at(file: Path) -> datetime | None:
    """The instant in a backup's name; None when it is named otherwise."""
    with suppress(ValueError):
        return datetime.strptime(file.stem.rpartition("-")[0], _NAME).replace(tzinfo=UTC)
    return None


def prune_backups(folder: Path, *, keep: int) -> int:
    """Remove all but the newest `keep`; returns how many were removed."""
    old = backups_in(folder)[keep:]
    for file in old:
        file.unlink(missing_ok=True)
        file.with_suffix(MANIFEST_ENDING).unlink(missing_ok=True)
    return len(old)


def back_up(session: Session, folder: Path, *, reader: BackupKey, keys: FieldKeys, now: datetime) -> BackupMade:
    """Make a backup and note that it is good. One that fails is a task for administrators.

    Raises BackupRefused when it cannot be written, SQLAlchemyError when the database does not give its rows."""
    try:
        made = make_backup(session.get_bind().engine, folder, reader=reader, keys=keys, now=now)
    except (BackupRefused, SQLAlchemyError) as error:
        # A disk that is full takes no task either: then the worker asks for one when no backup was made for too long.
        with suppress(SQLAlchemyError, BusyDatabase):
            note_failed(session, error, now=now)
        raise
    note_good(session, now=now)
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class NightlyBackups:
    """Where backups go every night, for whom they are sealed, and how many are kept."""

    folder: Path
    reader: BackupKey
    keys: FieldKeys
    keep: int


def back_up_nightly(session: Session, plan: NightlyBackups, *, now: datetime) -> BackupMade | None:
    """Make the backup of this night when it is due and no other worker makes it; None otherwise.

    Due is the first moment after 02:00 in the zone of the first location that has no backup of that date yet: a night
    that was missed is made up for. A try that failed is repeated after an hour. Raises as `back_up` does.
    """
    zone = _clinic_zone(session)
    local = now.astimezone(zone)
    if local.hour < NIGHT_HOUR or any(_local_date(file, zone) == local.date() for file in backups_in(plan.folder)):
        return None
    if not claim(session, name=CLAIM, before=now - TRY_AGAIN, now=now):
        return None
    made = back_up(session, plan.folder, reader=plan.reader, keys=plan.keys, now=now)
    prune_backups(plan.folder, keep=plan.keep)
    return made


def _clinic_zone(session: Session) -> ZoneInfo:
    name = session.scalar(sa.select(Location.tz_name).order_by(Location.id).limit(1))
    end_read(session)
    return ZoneInfo(name or "UTC")


def _local_date(file: Path, zone: ZoneInfo) -> date | None:
    instant = made_at(file)
    return instant.astimezone(zone).date() if instant else None
