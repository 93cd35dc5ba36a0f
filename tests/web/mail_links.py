"""Browsers that have opened a mailed link, as tests of several pages need them."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import utc_now
from booking.models import Appointment, LinkAction, Patient, WaitingEntry, WaitingOffer
from booking.queries.appointments import Visit
from booking.services.links import mint_link
from booking.services.transaction import transaction

BORN = {"born_on-day": "17", "born_on-month": "5", "born_on-year": "1980"}
"""The date of birth of every patient of the factories."""

NEW_YORK = ZoneInfo("America/New_York")


def a_free_start() -> datetime:
    """Nine in the clinic on a Wednesday, some days from now."""
    on = utc_now().astimezone(NEW_YORK).date() + timedelta(days=3)
    on += timedelta(days=(2 - on.weekday()) % 7)
    return datetime.combine(on, time(9), tzinfo=NEW_YORK)


def mailed_link(session: Session, visit: Appointment | Visit, action: LinkAction = LinkAction.OPEN_VISIT) -> str:
    """The address of a link to the visit, as its letter carries it; it lives for an hour."""
    about = {"appointment_id": visit.id, "patient_id": visit.patient_id}
    return _minted(session, action, session.get_one(Patient, visit.patient_id).email, about)


def offer_link(session: Session, offer: WaitingOffer, patient: Patient) -> str:
    """The address of the link to an offer."""
    return _minted(session, LinkAction.ANSWER_OFFER, patient.email, {"offer_id": offer.id, "patient_id": patient.id})


def wait_link(session: Session, entry: WaitingEntry, patient: Patient) -> str:
    """The address of the link to what somebody waits for."""
    about = {"waiting_entry_id": entry.id, "patient_id": patient.id}
    return _minted(session, LinkAction.OPEN_WAIT, patient.email, about)


def _minted(session: Session, action: LinkAction, email: str | None, about: dict[str, int]) -> str:
    now, key = utc_now(), (email or "").casefold() or None
    with transaction(session):
        token = mint_link(session, action=action, now=now, expires_at=now + timedelta(hours=1), email_key=key, **about)
    return f"/l/{token}"


def opened_by_mail(
    client: FlaskClient,
    session: Session,
    visit: Appointment | Visit,
    action: LinkAction = LinkAction.OPEN_VISIT,
    *,
    is_proven: bool = False,
) -> FlaskClient:
    """The browser after the link was opened, and with `is_proven` after the date of birth was given."""
    assert client.get(mailed_link(session, visit, action)).status_code == 303
    if is_proven:
        assert client.post(f"/visits/{visit.public_id}/birth-date", data=BORN).status_code == 303
    session.rollback()
    return client
