"""The cast of the booking tests: who acts, and the visits they ask for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.models import Patient
from booking.services.appointments import BookedVisit, VisitDetails, book_at_desk, book_held
from booking.services.holds import HeldSlot, hold_slot
from booking.services.patients import PatientDetails
from tests.factories import NEXT_MONDAY_9, NOW

FIRST_CONSULTATION, FOLLOW_UP, PHONE_CALL, INFUSION = 1, 2, 3, 4
NORTHSIDE, LAKEVIEW = 1, 2
DR_CRUZ, DR_ADEYEMI, DR_LIND = 1, 2, 3
ROOM_1, ROOM_2, NURSE, CHAIR = 4, 5, 7, 8

VISITOR = Actor(owner="browser-a")
OTHER_VISITOR = Actor(owner="browser-b")
DORA = Actor(account_id=None, role=Role.SCHEDULER, location_ids=frozenset({NORTHSIDE}), owner="desk-dora")
ELI = Actor(account_id=None, role=Role.SCHEDULER, location_ids=frozenset({LAKEVIEW}), owner="desk-eli")
ANA = PatientDetails("Ana", "Álvarez", date(1980, 5, 17), "(555) 010-0142", "ana@example.org")
BEN = PatientDetails("Ben", "Brown", date(1971, 1, 2), None, None)
DETAILS = VisitDetails("pain in the knee", ("step_free",))
_nonces = count(1)


def acting_for(*patients: Patient, account_id: int | None = None, owner: str = "browser-a") -> Actor:
    """A logged-in patient."""
    return Actor(account_id, Role.PATIENT, frozenset(p.id for p in patients), owner=owner)


def new_nonce() -> str:
    return f"nonce-{next(_nonces)}"


def hold(
    session: Session,
    actor: Actor = VISITOR,
    *,
    service_id: int = FIRST_CONSULTATION,
    location_id: int = NORTHSIDE,
    specialist_id: int | None = DR_CRUZ,
    starts_at: datetime = NEXT_MONDAY_9,
    now: datetime = NOW,
) -> HeldSlot:
    """Dr Cruz, next Monday at nine, unless said otherwise."""
    return hold_slot(
        session, actor=actor, service_id=service_id, location_id=location_id, specialist_id=specialist_id,
        starts_at=starts_at, now=now,
    )  # fmt: skip


def book(
    session: Session,
    held: HeldSlot,
    actor: Actor = VISITOR,
    *,
    patient: PatientDetails | int = ANA,
    details: VisitDetails = DETAILS,
    nonce: str | None = None,
    now: datetime = NOW + timedelta(minutes=5),
) -> BookedVisit:
    return book_held(
        session, actor=actor, hold_public_id=held.public_id, patient=patient, details=details,
        nonce=nonce or new_nonce(), now=now,
    )  # fmt: skip


def book_for_caller(session: Session, **changes: Any) -> BookedVisit:
    """Dora books Ana with Dr Cruz on the next Monday at nine, unless said otherwise."""
    values: dict[str, Any] = {
        "actor": DORA, "service_id": FIRST_CONSULTATION, "location_id": NORTHSIDE, "specialist_id": DR_CRUZ,
        "starts_at": NEXT_MONDAY_9, "patient": ANA, "details": DETAILS, "nonce": new_nonce(), "now": NOW,
    }  # fmt: skip
    return book_at_desk(session, **{**values, **changes})
