"""The clinic that is measured: hours Monday to Friday 9-12 and 13-17, about 70 % booked from today, fixed seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.database import create_engine
from booking.adapters.sealing import new_key_entry
from booking.config import Settings
from booking.core.actor import SYSTEM
from booking.core.clinic_file.plan import ClinicPlan, LocationPlan, ResourcePlan, ServicePlan, WeeklyHoursPlan
from booking.core.clock import utc_now
from booking.core.scheduling.clinic import ClinicProfile, MinuteSpan, Need, ResourceKind, Segment
from booking.core.scheduling.intervals import from_minutes
from booking.core.scheduling.local_time import instant_of
from booking.core.scheduling.slots import SlotQuery
from booking.models import Appointment, Patient, Reservation
from booking.queries.catalogue import catalogue
from booking.services.clinic import load_clinic
from booking.services.sealed import KEYS
from booking.web.application import create_app

SEED = 20261122
NOW = utc_now().replace(second=0, microsecond=0)
TODAY = NOW.date()
BOOKED_SHARE = 0.7
SPANS = (MinuteSpan(540, 720), MinuteSpan(780, 1020))


def environment_for(url: str, folder: Path) -> dict[str, str]:
    """The environment of the measured program."""
    return {
        "STAGE": "test",
        "DATABASE_URL": url,
        "SECRET_KEY": "measured only, never served to anyone",
        "FIELD_KEYS": new_key_entry("bench"),
        "BASE_URL": "http://localhost:8000",
        "SMTP_URL": "console:",
        "MAIL_FROM": "appointments@clinic.example",
        "DATA_FOLDER": str(folder),
        "LOG_LEVEL": "WARNING",
    }


def clinic_plan(specialist_count: int) -> ClinicPlan:
    """One location, `specialist_count` specialists, one service of 30 minutes on a grid of 15."""
    hours = tuple(WeeklyHoursPlan("site", weekday, span) for weekday in range(5) for span in SPANS)
    return ClinicPlan(
        profile=ClinicProfile("Measured clinic", "Measured", "555-0100", "911", "988", "desk@clinic.example"),
        locations=(LocationPlan("site", "Site", "1 Main Street", "Springfield", "555-0100", "America/New_York"),),
        resources=tuple(
            ResourcePlan(f"dr-{n}", ResourceKind.SPECIALIST, f"Dr Number {n}", weekly_hours=hours)
            for n in range(specialist_count)
        ),
        services=(
            ServicePlan(
                "visit", "Consultation", "A consultation.", (Segment("Visit", 0, 30, (Need(),)),), grid_minutes=15
            ),
        ),
    )


def fill(session: Session, *, first_on: date, days: int) -> None:
    """Book about 70 % of the half hours of each specialist, with an appointment behind each reservation."""
    chance = random.Random(SEED)
    patient = Patient(
        given_name="Ana", family_name="Alvarez", name_key="ana alvarez", born_on=date(1980, 5, 17), created_at=NOW
    )
    session.add(patient)
    session.flush()
    clinic = catalogue(session)
    tz = clinic.location_by_code["site"].tz
    appointments: list[dict[str, Any]] = []
    for specialist in clinic.resources.values():
        for on in (first_on + timedelta(days=n) for n in range(days)):
            if on.weekday() > 4:
                continue
            for span in SPANS:
                for minute in range(span.starts, span.ends, 30):
                    if chance.random() < BOOKED_SHARE:
                        starts_at = from_minutes(instant_of(on, minute, tz))
                        appointments.append(_appointment(len(appointments), patient.id, specialist.id, starts_at))
    session.execute(sa.insert(Appointment), appointments)
    ids = session.execute(sa.select(Appointment.id, Appointment.specialist_id, Appointment.starts_at))
    reservations = [
        {"resource_id": r.specialist_id, "lane": 0, "appointment_id": r.id, **_times(r.starts_at)} for r in ids
    ]
    session.execute(sa.insert(Reservation), reservations)
    session.commit()


def _times(starts_at: datetime) -> dict[str, datetime]:
    return {"starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=30)}


def _appointment(number: int, patient_id: int, specialist_id: int, starts_at: datetime) -> dict[str, Any]:
    return {
        "public_id": f"bench{number:017d}",
        "reference": f"B{number:08d}",
        "patient_id": patient_id,
        "service_id": 1,
        "location_id": 1,
        "specialist_id": specialist_id,
        "status": "booked",
        "booked_at": NOW,
        "version": 1,
        "sequence": 0,
        "booked_for_other": False,
        **_times(starts_at),
    }


@contextmanager
def measured_clinic(environ: Mapping[str, str], *, specialist_count: int, days: int) -> Iterator[Session]:
    """A migrated, filled database and a session on it."""
    settings = Settings.from_env(environ)
    app = create_app(settings)
    with app.app_context():
        flask_migrate.upgrade()
    engine = create_engine(settings.database_url)
    with Session(engine, info={KEYS: settings.field_keys}) as session:
        load_clinic(session, clinic_plan(specialist_count), actor=SYSTEM, now=NOW)
        fill(session, first_on=TODAY, days=days)
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
        yield session
    engine.dispose()


def query(days: int, *, specialist_ids: frozenset[int] | None) -> SlotQuery:
    """The search that is measured, from today on."""
    return SlotQuery(
        service_id=1,
        location_ids=None,
        specialist_ids=specialist_ids,
        first_on=TODAY,
        last_on=TODAY + timedelta(days=days - 1),
        now=NOW,
    )
