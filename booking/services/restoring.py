"""Using a backup: trying it in a scratch database, and putting it in place of a database that is lost.

After a restore nobody is logged in, no mailed link opens anything, and mail that was due before waits for a person: all
three may have been ended or sent between the backup and the loss. See docs/operation.md.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.archives import ArchiveReader, Manifest
from booking.adapters.backup_files import BackupKey, BackupRefused, read_sealed
from booking.adapters.database import create_engine, database_file
from booking.adapters.sealing import CannotOpen, FieldKeys, open_
from booking.core.actor import SYSTEM
from booking.core.audit_chain import ChainKey, Head
from booking.models import LinkToken, LoginSession
from booking.queries.audit import head as chain_head
from booking.queries.guards import HEAD_REVISION
from booking.services import audit, audit_verify
from booking.services.audit import CHAIN_KEY
from booking.services.audit_seal import seal_new
from booking.services.copying import differences, is_empty, load, tallies
from booking.services.keys import values_by_key
from booking.services.mail_holds import hold_mail
from booking.services.readiness import NotReady, check_start
from booking.services.sealed import KEYS, SEALED_COLUMNS
from booking.services.transaction import end_read, transaction

SAMPLE = 50
"""So many values of each column and key are opened when a backup is tried."""

SIDE_FILES = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What restoring needs. `readers`: private keys by id; `migrate` brings the database of a URL to a revision."""

    readers: Mapping[str, BackupKey]
    keys: FieldKeys
    chain_key: ChainKey
    migrate: Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying a backup; it is good when there are no problems."""

    manifest: Manifest
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and how many messages wait for a decision. `head` is the end of the audit log, in which the
    event of the restore is; `set_aside` is the file that was there before."""

    manifest: Manifest
    held_messages: int
    head: Head
    set_aside: Path | None = None

    @property
    def kept(self) -> Head:
        """The end of the audit log in the backup."""
        return Head(**self.manifest.audit_head)


@contextmanager
def opened(file: Path, workshop: Workshop) -> Iterator[ArchiveReader]:
    """The backup, unsealed. Raises BackupRefused when it cannot be read or is of a newer release."""
    try:
        with file.open("rb") as sealed:
            reader = ArchiveReader(read_sealed(sealed, workshop.readers), workshop.keys)
            if reader.head.revision > HEAD_REVISION:
                raise BackupRefused(f"the backup is of a newer release (migration {reader.head.revision})")
            yield reader
    except OSError as error:
        raise BackupRefused(f"{file} cannot be read: {error.strerror}") from error


def read_through(file: Path, workshop: Workshop) -> Manifest:
    """Read the whole backup and its signature without using it. Raises BackupRefused."""
    with opened(file, workshop) as reader:
        for _ in reader.batches():
            pass
        return _manifest(reader)


def _manifest(reader: ArchiveReader) -> Manifest:
    if reader.manifest is None:
        raise BackupRefused("the backup is not complete")
    return reader.manifest


def verify(file: Path, workshop: Workshop) -> Tried:
    """Restore the backup into a scratch database and look at everything there. Raises BackupRefused for what is no
    readable backup at all."""
    with tempfile.TemporaryDirectory(prefix="respite-verify-") as folder:
        url = f"sqlite:///{Path(folder) / 'scratch.db'}"
        manifest, problems = _build(file, url, workshop)
        with _session_on(url, workshop) as session:
            problems += _problems(session, manifest, workshop)
        return Tried(manifest, tuple(problems))


def _build(file: Path, url: str, workshop: Workshop) -> tuple[Manifest, list[str]]:
    """Make the database of the backup's revision, fill it, compare, and bring it to the newest revision."""
    with opened(file, workshop) as reader:
        workshop.migrate(url, reader.head.revision)
        engine = create_engine(url)
        try:
            load(engine, reader.batches())
            manifest = _manifest(reader)
            with engine.connect() as connection:
                problems = differences(manifest.tables, tallies(connection))
        finally:
            engine.dispose()
    workshop.migrate(url, "head")
    return manifest, problems


@contextmanager
def _session_on(url: str, workshop: Workshop) -> Iterator[Session]:
    engine = create_engine(url)
    try:
        with Session(engine, info={KEYS: workshop.keys, CHAIN_KEY: workshop.chain_key}) as session:
            yield session
    finally:
        engine.dispose()


def _problems(session: Session, manifest: Manifest, workshop: Workshop) -> list[str]:
    """What is wrong with a restored database: its file, guards, keys, audit log, and values that do not open."""
    problems = _damage(session)
    used = dict(values_by_key(session))
    if manifest.revision == HEAD_REVISION and used != manifest.field_keys:
        problems.append("the values are sealed with other keys than the manifest says")
    problems += _unreadable(session, used)
    anchor = Head(**manifest.audit_head)
    verdict = audit_verify.verify(session, workshop.chain_key, [anchor] if anchor.number else [])
    if verdict.broken is not None:
        problems.append(f"the audit log does not fit at link {verdict.broken.number} ({verdict.broken.kind})")
    try:
        check_start(session)
    except NotReady as refused:
        problems += refused.problems
    return problems


def _damage(session: Session) -> list[str]:
    """What SQLite says of its file; PostgreSQL has looked at everything while it was loaded."""
    if session.get_bind().dialect.name != "sqlite":
        return []
    said = [row[0] for row in session.execute(sa.text("PRAGMA integrity_check"))]
    orphans = session.execute(sa.text("PRAGMA foreign_key_check")).all()
    end_read(session)
    problems = [f"integrity check: {line}" for line in said if line != "ok"]
    return problems + ([f"{len(orphans)} rows are without their parent"] if orphans else [])


def _unreadable(session: Session, key_ids: Iterable[str]) -> list[str]:
    """A line for each column in whose sample something does not open, with the id of the key."""
    keys: FieldKeys = session.info[KEYS]
    found = set()
    for column in SEALED_COLUMNS:
        for key_id in key_ids:
            beginning = f"v1.{key_id}."
            sample = session.execute(
                sa.select(column.row_key, column.sealed)
                .where(sa.func.substr(column.sealed, 1, len(beginning)) == beginning)
                .limit(SAMPLE)
            )
            for row_key, sealed in sample:
                try:
                    open_(keys, column.table, column.column, row_key, sealed)
                except CannotOpen:
                    found.add(f"values of {column.place} do not open, key {key_id}")
    end_read(session)
    return sorted(found)


def restore(file: Path, url: str, workshop: Workshop, *, now: datetime, is_replacing: bool) -> Restored:
    """Put the backup into the database of `url`. Raises BackupRefused, and leaves what was there as it was.

    An SQLite file is built beside its place and moved there when everything is checked; what was there is set aside.
    A PostgreSQL database must be a new one.
    """
    read_through(file, workshop)
    place = database_file(url)
    if place is None:
        return _restore_into(file, url, workshop, now)
    if place.exists() and place.stat().st_size and not is_replacing:
        raise BackupRefused(f"{place} holds a database already; to set it aside, say --replace")
    scratch = place.with_name(f"{place.name}.restoring")
    _remove(scratch)
    try:
        restored = _restore_into(file, f"sqlite:///{scratch}", workshop, now)
        set_aside = _set_aside(place, now)
        scratch.rename(place)
    finally:
        _remove(scratch)
    return replace(restored, set_aside=set_aside)


def _restore_into(file: Path, url: str, workshop: Workshop, now: datetime) -> Restored:
    engine = create_engine(url)
    try:
        if not is_empty(engine):
            raise BackupRefused("the database is not empty; make a new one and restore into that")
    finally:
        engine.dispose()
    manifest, problems = _build(file, url, workshop)
    with _session_on(url, workshop) as session:
        problems += _problems(session, manifest, workshop)
        if problems:
            raise BackupRefused("; ".join(problems))
        held = settle(session, now=now)
        seal_new(session, workshop.chain_key)
        end = chain_head(session)
        end_read(session)
        return Restored(manifest, held, end)


def settle(session: Session, *, now: datetime) -> int:
    """After a restore: end all sessions and mailed links, hold back mail. Returns how many messages wait."""
    with transaction(session):
        session.execute(sa.update(LoginSession).where(LoginSession.revoked_at.is_(None)).values(revoked_at=now))
        session.execute(sa.update(LinkToken).where(LinkToken.expires_at > now).values(expires_at=now))
        audit.record(session, SYSTEM, "database_restored", "clinic", None, now=now)
    return hold_mail(session, now=now)


def _set_aside(place: Path, now: datetime) -> Path | None:
    """Move the old file with its side files away; they would be taken for the new one's. None when there is none."""
    aside = place.with_name(f"{place.name}.replaced-{now:%Y%m%dT%H%M%SZ}")
    had_file = place.exists()
    for suffix in SIDE_FILES:
        old = Path(f"{place}{suffix}")
        if old.exists():
            old.rename(f"{aside}{suffix}")
    return aside if had_file else None


def _remove(file: Path) -> None:
    for suffix in SIDE_FILES:
        Path(f"{file}{suffix}").unlink(missing_ok=True)
