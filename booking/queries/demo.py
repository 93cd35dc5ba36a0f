"""What the demo asks of a database before it adds anything."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import AuditEvent, Patient

FILLED = "demo_filled"
"""The action of the audit event that stands beside all invented people and visits."""


def demo_filled_at(session: Session) -> datetime | None:
    """When the invented people and visits were added last; None when they never were."""
    filled_at: datetime | None = session.scalar(
        sa.select(AuditEvent.at).where(AuditEvent.action == FILLED).order_by(AuditEvent.seq.desc()).limit(1)
    )
    return filled_at


def has_patients(session: Session) -> bool:
    """Whether anybody is known here."""
    return session.scalar(sa.select(Patient.id).limit(1)) is not None
