"""Invented texts of the demo clinic: one that Ana has signed, and two that wait for her."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.consents import EMAIL_REMINDERS
from booking.core.demo_logins import PATIENT
from booking.core.people import email_key
from booking.models import Account, Consent, ConsentKind, ConsentText, Patient

PRIVACY = (
    "We keep what you tell us about your health for as long as the law asks for, encrypted, and show it only to the "
    "people who treat you.\n\nYou can see who looked at it, take a copy, and ask us to delete it. You can take this "
    "back at any time; what was done until then stays done."
)
SEDATION = (
    "Some of our treatments make you sleepy. Somebody has to take you home, and you must not drive until the next "
    "morning.\n\nWe talk about the benefits and risks with you before. You can say no at any time, also on the day."
)
REMINDERS = (
    "We remind you of your appointments and of open questions by e-mail. Confirmations and changes are sent in any "
    "case.\n\nIf you do not agree, or take this back, we send no reminders."
)
TEXTS = (
    ("privacy", ConsentKind.PRIVACY, "How we keep what you tell us", PRIVACY),
    ("sedation", ConsentKind.TREATMENT, "Treatment under light sedation", SEDATION),
    (EMAIL_REMINDERS, ConsentKind.CHANNEL, "Reminders by e-mail", REMINDERS),
)
PUBLISHED, SIGNED = timedelta(days=120), timedelta(days=30)


def add_consents(session: Session, patient: Patient, *, now: datetime) -> None:
    """The texts, and the signature of the login's own patient under the first of them."""
    account = session.scalars(sa.select(Account).where(Account.email_key == email_key(PATIENT.email))).one()
    texts = [
        ConsentText(
            code=code, version=1, language="en", kind=kind, title=title, body=body, published_at=now - PUBLISHED
        )
        for code, kind, title, body in TEXTS
    ]  # fmt: skip
    session.add_all(texts)
    session.flush()
    session.add(
        Consent(
            patient_id=patient.id, text_id=texts[0].id, signed_at=now - SIGNED, signed_by=account.name,
            signed_by_account_id=account.id,
        )
    )  # fmt: skip
    session.flush()
