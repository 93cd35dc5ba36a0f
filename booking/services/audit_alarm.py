"""What happens when the audit log does not fit: a task for the administrators."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.services.tasks import ask_to_check_audit
from booking.services.transaction import transaction


def raise_alarm(session: Session, *, reason_code: str, now: datetime) -> None:
    """Ask the administrators to look; once a day for as long as it does not fit."""
    with transaction(session):
        ask_to_check_audit(session, reason_code=reason_code, now=now)
