"""Backups in tests: keys for them, what restoring needs, and a database with something of everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.backup_files import new_pair
from booking.adapters.sealing import FieldKeys
from booking.cli.schemas import COPY_BEFORE_UPGRADE
from booking.core.actor import SYSTEM
from booking.core.audit_chain import ChainKey
from booking.core.clock import utc_now
from booking.extensions import db
from booking.models import Patient
from booking.services import audit, sessions
from booking.services.audit_seal import seal_new
from booking.services.backups import BackupMade, make_backup
from booking.services.restoring import Workshop
from booking.services.sealed import seal_text
from booking.services.transaction import transaction
from booking.web.application import create_app
from tests.factories import make_account, make_appointment, make_patient
from tests.outbox import plan_booking
from tests.postgres import PostgresServer
from tests.settings import AUDIT_KEY, FIELD_KEYS, settings_for

PRIVATE, PUBLIC = new_pair("b1")
CHAIN = AUDIT_KEY


def migrate_with(folder: Path) -> Callable[[str, str], None]:
    """What brings the database of a URL to a revision."""

    def migrate(url: str, revision: str) -> None:
        app = create_app(settings_for(url, folder))
        app.config[COPY_BEFORE_UPGRADE] = False
        with app.app_context():
            flask_migrate.upgrade(revision=revision)
            db.engine.dispose()

    return migrate


def workshop(folder: Path, *, keys: FieldKeys = FIELD_KEYS, chain_key: ChainKey = CHAIN) -> Workshop:
    return Workshop(readers={"b1": PRIVATE}, keys=keys, chain_key=chain_key, migrate=migrate_with(folder))


def back_up(session: Session, folder: Path) -> BackupMade:
    return make_backup(session.get_bind().engine, folder, reader=PUBLIC, keys=FIELD_KEYS, now=utc_now())


def fill(session: Session) -> None:
    """Patients with sealed notes, a visit with messages that are due, a login, and a sealed audit log."""
    for number in range(3):
        patient = make_patient(session, given_name=f"Ána\t{number} \\N «x»")
        note = seal_text(session, "patient", "contact_note", patient.public_id, f"note {number}")
        session.execute(sa.update(Patient).where(Patient.id == patient.id).values(contact_note_sealed=note))
        session.commit()
    plan_booking(session, make_appointment(session))
    account = make_account(session)
    sessions.begin_session(session, account_id=account.id, data={"typed": "text"}, now=utc_now())
    for number in range(3):
        with transaction(session):
            audit.record(session, SYSTEM, "tried", "clinic", number, now=utc_now())
    seal_new(session, CHAIN)


@contextmanager
def empty_database(name: str, folder: Path, server: Callable[[], PostgresServer]) -> Iterator[str]:
    """The URL of a database without tables, of that kind."""
    if name == "sqlite":
        yield f"sqlite:///{folder / 'empty.db'}"
        return
    with server().temporary_database("empty") as url:
        yield url
