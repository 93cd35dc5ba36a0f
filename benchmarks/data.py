"""The clinics that are measured: hours Monday to Friday 9-12 and 13-17, about 70 % booked, always the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import flask_migrate
import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.history import LENGTH, add_past
from booking.adapters.database import create_engine
from booking.adapters.sealing import new_key_entry
from booking.config import Settings
from booking.core.actor import SYSTEM
from booking.core.clinic_file.plan import ClinicPlan, LocationPlan, ResourcePlan, ServicePlan, WeeklyHoursPlan
from booking.core.scheduling.clinic import ClinicProfile, MinuteSpan, Need, Policy, ResourceKind, Segment
from booking.core.scheduling.intervals import from_minutes
from booking.core.scheduling.local_time import instant_of
from booking.core.scheduling.slots import SlotQuery
from booking.models import Appointment, Patient, Reservation
from booking.queries.catalogue import catalogue
from booking.services.audit import CHAIN_KEY
from booking.services.clinic_loading import load_clinic
from booking.services.sealed import KEYS
from booking.web.application import create_app

SEED = 20261122
NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)
"""A Monday, 8:00 at the measured location: before the doors open."""
TODAY = NOW.date()
ZONE = ZoneInfo("America/New_York")
SPANS = (MinuteSpan(540, 720), MinuteSpan(780, 1020))
GRID = 15
CHANCE = 0.62
"""That a visit starts where the one before has ended: gives about 5,750 free slots for 50 specialists in 60 days."""
HORIZON = 20_000
"""Days: whoever books one visit after the other gets far into the future."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a clinic is. A group has two specialists, two rooms and two nurses and a service of its own."""

    specialists: int
    rooms: int = 0
    nurses: int = 0
    groups: int = 0


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


def clinic_plan(size: Size) -> ClinicPlan:
    """One location; "visit" (30 minutes, one specialist) always, "session" (three segments) where there are pools."""
    resources = [
        *_resources("dr", ResourceKind.SPECIALIST, size.specialists, ""),
        *_resources("room", ResourceKind.ROOM, size.rooms, "room"),
        *_resources("nurse", ResourceKind.NURSE, size.nurses, "nurse"),
    ]
    doctors = frozenset(resource.code for resource in resources if resource.kind is ResourceKind.SPECIALIST)
    services = [_service("visit", (Segment("Visit", 0, LENGTH, (Need(),)),), doctors)]
    if size.rooms and size.nurses:
        services.append(_service("session", _three_segments(), doctors))
    for number in range(size.groups):
        resources += _group(number)
        services.append(_group_service(number))
    return ClinicPlan(
        profile=ClinicProfile("Measured clinic", "Measured", "555-0100", "911", "988", "desk@clinic.example"),
        locations=(LocationPlan("site", "Site", "1 Main Street", "Springfield", "555-0100", ZONE.key),),
        resources=tuple(resources),
        services=tuple(services),
    )


def _resources(code: str, kind: ResourceKind, count: int, pool: str) -> list[ResourcePlan]:
    hours = tuple(WeeklyHoursPlan("site", weekday, span) for weekday in range(5) for span in SPANS)
    pools = frozenset({pool}) if pool else frozenset()
    return [
        ResourcePlan(f"{code}-{n}", kind, f"{code} number {n}", pools=pools, weekly_hours=hours) for n in range(count)
    ]


def _service(code: str, segments: tuple[Segment, ...], specialists: frozenset[str], horizon: int = 60) -> ServicePlan:
    policy = Policy(horizon_days=horizon)
    return ServicePlan(
        code, code.title(), "Measured.", segments, grid_minutes=GRID, policy=policy, specialists=specialists
    )


def _three_segments() -> tuple[Segment, ...]:
    """Prepared by a nurse, seen by the specialist, watched by the nurse; in one room throughout."""
    return (
        Segment("Preparation", 0, 15, (Need("room"), Need("nurse"))),
        Segment("Treatment", 15, LENGTH, (Need(), Need("room"))),
        Segment("Recovery", 45, 15, (Need("room"), Need("nurse"))),
    )


def _group(number: int) -> list[ResourcePlan]:
    return [
        *_resources(f"group-{number}-dr", ResourceKind.SPECIALIST, 2, ""),
        *_resources(f"group-{number}-room", ResourceKind.ROOM, 2, f"room-{number}"),
        *_resources(f"group-{number}-nurse", ResourceKind.NURSE, 2, f"nurse-{number}"),
    ]


def _group_service(number: int) -> ServicePlan:
    """Three resources and the patient: four reservations for a visit."""
    needs = (Need(), Need(f"room-{number}"), Need(f"nurse-{number}"))
    specialists = frozenset({f"group-{number}-dr-0", f"group-{number}-dr-1"})
    return _service(f"group-{number}", (Segment("Visit", 0, LENGTH, needs),), specialists, HORIZON)


def fill(session: Session, *, first_on: date, days: int, past: int = 0) -> None:
    """Book the resources that belong to no group, with an appointment behind each reservation.

    `past` are visits before today; they come first, since the guard of SQLite reads what lies after a new row.
    """
    chance = random.Random(SEED)
    patient = add_patient(session, "Ana")
    session.flush()
    clinic = catalogue(session)
    resources = [r for r in clinic.resources.values() if not r.code.startswith("group")]
    if past:
        session.execute(sa.insert(Appointment), [_appointment(0, patient.id, resources[0].id, NOW - timedelta(days=1))])
        add_past(session, past, clinic.resources)
    appointments: list[dict[str, Any]] = []
    for resource in resources:
        for minute in _booked_minutes(chance, first_on, days):
            appointments.append(_appointment(len(appointments) + 1, patient.id, resource.id, from_minutes(minute)))
    session.execute(sa.insert(Appointment), appointments)
    made = sa.select(Appointment.id, Appointment.specialist_id, Appointment.starts_at)
    ids = session.execute(made.where(Appointment.reference.startswith("B")))
    reservations = [
        {"resource_id": r.specialist_id, "lane": 0, "appointment_id": r.id, **_times(r.starts_at)} for r in ids
    ]
    session.execute(sa.insert(Reservation), reservations)
    session.commit()


def _booked_minutes(chance: random.Random, first_on: date, days: int) -> Iterator[int]:
    """UTC minutes at which the visits of one resource start: on the grid, with gaps of quarters of an hour."""
    for on in (first_on + timedelta(days=n) for n in range(days)):
        for span in SPANS if on.weekday() < 5 else ():
            minute = span.starts
            while minute + LENGTH <= span.ends:
                if chance.random() < CHANCE:
                    yield instant_of(on, minute, ZONE)
                    minute += LENGTH
                else:
                    minute += GRID


def add_patient(session: Session, given_name: str) -> Patient:
    """A patient with an address, so that a booking plans its three messages."""
    patient = Patient(
        given_name=given_name, family_name="Alvarez", name_key=f"{given_name} alvarez".lower(),
        born_on=date(1980, 5, 17), email=f"{given_name}@example.org".lower(), email_verified_at=NOW, created_at=NOW,
    )  # fmt: skip
    session.add(patient)
    return patient


def _times(starts_at: datetime) -> dict[str, datetime]:
    return {"starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=LENGTH)}


def _appointment(number: int, patient_id: int, resource_id: int, starts_at: datetime) -> dict[str, Any]:
    return {
        "public_id": f"bench{number:017d}",
        "reference": f"B{number:08d}",
        "patient_id": patient_id,
        "service_id": 1,
        "location_id": 1,
        "specialist_id": resource_id,
        "status": "booked",
        "booked_at": NOW,
        "version": 1,
        "sequence": 0,
        "booked_for_other": False,
        **_times(starts_at),
    }


@contextmanager
def measured_clinic(
    environ: Mapping[str, str], size: Size, *, days: int = 60, first_on: date = TODAY, past: int = 0
) -> Iterator[Session]:
    """A migrated database, filled for `days` days from `first_on` and with `past` visits, and a session on it."""
    settings = Settings.from_env(environ)
    app = create_app(settings)
    with app.app_context():
        flask_migrate.upgrade()
    engine = create_engine(settings.database_url)
    with Session(engine, info={KEYS: settings.field_keys, CHAIN_KEY: settings.audit_key}) as session:
        load_clinic(session, clinic_plan(size), actor=SYSTEM, now=NOW)
        fill(session, first_on=first_on, days=days, past=past)
        tidy(session)
        yield session
    engine.dispose()


def tidy(session: Session) -> None:
    """What a database does by itself after a while: take statistics, and on PostgreSQL clear up."""
    engine = session.get_bind().engine
    with engine.connect() as connection:
        statement = "ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE"
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(statement)


def ids_of_doctors(session: Session) -> frozenset[int]:
    """Who gives the service "visit"."""
    able = catalogue(session).service_by_code["visit"].specialist_ids
    session.rollback()
    return able or frozenset()


def query(session: Session, service: str, days: int, *, specialist_ids: frozenset[int] | None) -> SlotQuery:
    """A search of that service by its code, from today on."""
    service_id = catalogue(session).service_by_code[service].id
    session.rollback()
    return SlotQuery(
        service_id=service_id,
        location_ids=None,
        specialist_ids=specialist_ids,
        first_on=TODAY,
        last_on=TODAY + timedelta(days=days - 1),
        now=NOW,
    )
