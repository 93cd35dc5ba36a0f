"""Rows for tests: valid by default, unique by counter, committed.

The test clinic: Northside (New York) and Lakeview (Chicago); Dr Cruz and Dr Adeyemi at Northside, Dr Lind at
Lakeview; rooms, chairs and a nurse with two lanes; hours Monday to Friday 9-12 and 13-17 everywhere.
"""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.core.actor import Role
from booking.core.scheduling.clinic import Audience, ResourceKind, VisitMode
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import (
    Account,
    AccountLocation,
    AccountPatient,
    Appointment,
    Clinic,
    Location,
    OfferState,
    Passkey,
    Patient,
    Reservation,
    Resource,
    SegmentNeed,
    Service,
    ServiceSegment,
    WaitingEntry,
    WaitingOffer,
    WaitingState,
    WeeklyHours,
)
from booking.models.base import new_public_id

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)  # Monday 8:00 in New York.
MONDAY = date(2026, 11, 23)
NEXT_MONDAY_9 = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)  # 9:00 in New York.
_counter = itertools.count(1)


def make_clinic(session: Session) -> None:
    """The test clinic, with fixed ids so that tests can name them."""
    session.add(
        Clinic(
            id=1, revision=1, name="Test Pain Clinic", sender_name="Northside Appointments", phone="555-0100",
            email="desk@clinic.example", emergency_number="911", crisis_line="988",
        )
    )  # fmt: skip
    session.add_all(
        [
            _location(1, "northside", "Northside", "12 Main Street", "Springfield", "America/New_York"),
            _location(2, "lakeview", "Lakeview", "3 Lake Road", "Chicago", "America/Chicago"),
        ]
    )
    session.flush()
    for number, (code, kind, name, location_id, pools, lanes) in enumerate(_RESOURCES, start=1):
        session.add(Resource(id=number, code=code, kind=kind, name=name, lanes=lanes, pools=pools, languages=["en"]))
        session.flush()
        _weekdays(session, number, location_id)
    _services(session)
    session.commit()
    reset_sequences(session)


_RESOURCES: tuple[tuple[str, ResourceKind, str, int, list[str], int], ...] = (
    ("dr-cruz", ResourceKind.SPECIALIST, "Dr Maria Cruz", 1, ["supervisor"], 1),
    ("dr-adeyemi", ResourceKind.SPECIALIST, "Dr Ola Adeyemi", 1, ["supervisor"], 1),
    ("dr-lind", ResourceKind.SPECIALIST, "Dr Eva Lind", 2, [], 1),
    ("room-1", ResourceKind.ROOM, "Room 1", 1, ["consulting"], 1),
    ("room-2", ResourceKind.ROOM, "Room 2", 1, ["consulting"], 1),
    ("lake-room", ResourceKind.ROOM, "Lake room", 2, ["consulting"], 1),
    ("nurse-kim", ResourceKind.NURSE, "Kim Ray", 1, ["infusion-nurse"], 2),
    ("chair-1", ResourceKind.CHAIR, "Chair 1", 1, ["chair"], 1),
)


def _location(number: int, code: str, name: str, street: str, city: str, tz_name: str) -> Location:
    return Location(
        id=number, code=code, name=name, street=street, city=city, phone=f"555-010{number}", tz_name=tz_name
    )


def _weekdays(session: Session, resource_id: int, location_id: int) -> None:
    for weekday in range(5):
        for starts, ends in ((540, 720), (780, 1020)):
            session.add(
                WeeklyHours(
                    resource_id=resource_id, location_id=location_id, weekday=weekday,
                    starts_minute=starts, ends_minute=ends,
                )
            )  # fmt: skip


def _services(session: Session) -> None:
    consultation = [("Consultation", 0, 45, [(None, 1), ("consulting", 1)])]
    follow_up = [("Follow-up", 0, 30, [(None, 1), ("consulting", 1)])]
    infusion = [
        ("Arrival check", 0, 30, [("chair", 1), ("infusion-nurse", 1)]),
        ("Treatment", 30, 60, [("chair", 1), ("infusion-nurse", 1), ("supervisor", 1)]),
    ]
    session.add_all(
        [
            _service(
                1, "first-consultation", "First consultation", Audience.ANYONE, consultation, ["intake-short", "peg"]
            ),
            _service(2, "follow-up", "Follow-up consultation", Audience.ANYONE, follow_up, ["peg"]),
            _service(3, "phone-call", "Phone call", Audience.STAFF, [("Call", 0, 15, [(None, 1)])], []),
            _service(4, "infusion", "Treatment session", Audience.COURSE, infusion, []),
        ]
    )


def _service(
    number: int,
    code: str,
    name: str,
    audience: Audience,
    segments: list[tuple[str, int, int, list[tuple[str | None, int]]]],
    questionnaires: list[str],
) -> Service:
    return Service(
        id=number, code=code, name=name, summary=f"{name} in plain words.", mode=VisitMode.IN_PERSON, audience=audience,
        grid_minutes=15, book_notice_minutes=120, cancel_notice_minutes=1440, horizon_days=60,
        questionnaires=questionnaires, preparation=["Bring a list of your medicines."], position=number,
        segments=[
            ServiceSegment(
                position=place, name=label, offset_minutes=offset, minutes=minutes,
                needs=[SegmentNeed(pool=pool, lanes=lanes) for pool, lanes in needs],
            )
            for place, (label, offset, minutes, needs) in enumerate(segments)
        ],
    )  # fmt: skip


def reset_sequences(session: Session) -> None:
    """PostgreSQL's counters do not notice ids that were given; set them past the highest."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        for table in ("location", "resource", "service"):
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )
        session.commit()


def make_patient(session: Session, **overrides: Any) -> Patient:
    """Ana by default; every patient has a number in the address."""
    number = next(_counter)
    values: dict[str, Any] = {
        "given_name": "Ana", "family_name": f"Alvarez{number}", "name_key": f"ana alvarez{number}",
        "born_on": date(1980, 5, 17), "phone": "555-0142", "phone_key": "5550142",
        "email": f"ana{number}@example.org", "email_verified_at": NOW, "language": "en", "created_at": NOW,
    }  # fmt: skip
    return _committed(session, Patient(**{**values, **overrides}))


def make_account(
    session: Session,
    role: Role = Role.PATIENT,
    *,
    patients: tuple[Patient, ...] = (),
    location_ids: tuple[int, ...] = (),
    **overrides: Any,
) -> Account:
    """A verified account; its password cannot be used unless `password_hash` is given."""
    number = next(_counter)
    email = f"{role.value}{number}@example.org"
    values: dict[str, Any] = {
        "email": email, "email_key": email, "email_verified_at": NOW, "password_hash": "!", "role": role,
        "name": f"{role.value} {number}", "created_at": NOW,
    }  # fmt: skip
    account = _committed(session, Account(**{**values, **overrides}))
    session.add_all(AccountPatient(account_id=account.id, patient_id=p.id) for p in patients)
    session.add_all(AccountLocation(account_id=account.id, location_id=i) for i in location_ids)
    session.commit()
    return account


def make_appointment(session: Session, patient: Patient | None = None, **overrides: Any) -> Appointment:
    """A consultation with Dr Cruz in room 1 on the next Monday at 9:00, with its reservations."""
    patient = patient or make_patient(session)
    starts_at = overrides.get("starts_at", NEXT_MONDAY_9)
    values: dict[str, Any] = {
        "reference": f"T{next(_counter):07d}", "patient_id": patient.id, "service_id": 1, "location_id": 1,
        "specialist_id": 1, "starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=45),
        "status": AppointmentStatus.BOOKED, "booked_at": NOW,
    }  # fmt: skip
    appointment = _committed(session, Appointment(**{**values, **overrides}))
    if appointment.status is AppointmentStatus.BOOKED:
        times = {"starts_at": appointment.starts_at, "ends_at": appointment.ends_at, "appointment_id": appointment.id}
        session.add(Reservation(resource_id=appointment.specialist_id, lane=0, **times))
        session.add(Reservation(resource_id=4, lane=0, **times))
        session.add(Reservation(patient_id=patient.id, **times))
        session.commit()
    return appointment


def make_passkey(session: Session, account: Account, **overrides: Any) -> Passkey:
    """A passkey on a phone that answers nobody: its key is none."""
    values: dict[str, Any] = {
        "public_id": new_public_id(), "account_id": account.id, "credential_id": f"Y3JlZGVudGlhbA{next(_counter):06d}",
        "public_key": "AAAA", "sign_count": 0, "name": "My phone", "created_at": NOW,
    }  # fmt: skip
    return _committed(session, Passkey(**{**values, **overrides}))  # type: ignore[no-any-return]


def make_offer(
    session: Session, patient: Patient, *, visit: Appointment | None = None, **overrides: Any
) -> WaitingOffer:
    """Dr Cruz's next Wednesday at 9:00, offered for two hours to a patient who waits, in place of `visit` if given."""
    entry = WaitingEntry(
        patient_id=patient.id, service_id=1, appointment_id=visit.id if visit else None, first_on=MONDAY,
        last_on=MONDAY + timedelta(days=60), notice_minutes=120, state=WaitingState.WAITING, created_at=NOW,
        live_key=f"waits-{next(_counter)}", location_ids=None, specialist_ids=None,
    )  # fmt: skip
    starts_at = overrides.get("starts_at", NEXT_MONDAY_9 - timedelta(days=5))
    values: dict[str, Any] = {
        "entry_id": _committed(session, entry).id, "service_id": 1, "location_id": 1, "specialist_id": 1,
        "starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=45), "state": OfferState.OPEN, "made_at": NOW,
        "expires_at": NOW + timedelta(hours=2),
    }  # fmt: skip
    return _committed(session, WaitingOffer(**{**values, **overrides}))  # type: ignore[no-any-return]


def _committed(session: Session, row: Any) -> Any:
    session.add(row)
    session.commit()
    return row
