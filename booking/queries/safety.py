"""How the clinic watches safety answers: its settings, and who is named to be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import STAFF_ROLES, Role
from booking.core.safety import CrisisDetails, Watch
from booking.core.tasks import Escalation
from booking.models import Account, AlertRecipient, Clinic, SafetyAnswer, SafetyMode


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody who works here, and whether they are named to be told (`rank` is an `Escalation`, None: not named)."""

    id: int
    public_id: str
    name: str
    role: Role
    rank: int | None


def watch(session: Session) -> Watch:
    """The settings with those who can be told: named, and able to log in. Two statements."""
    row = session.execute(
        sa.select(
            Clinic.safety_mode,
            Clinic.safety_hours,
            Clinic.safety_response_minutes,
            Clinic.crisis_name,
            Clinic.crisis_line,
            Clinic.crisis_text_line,
            Clinic.emergency_number,
        ).where(Clinic.id == 1)
    ).one()
    named = session.execute(
        sa.select(AlertRecipient.rank, AlertRecipient.account_id)
        .join(Account, Account.id == AlertRecipient.account_id)
        .where(*_can_log_in())
        .order_by(AlertRecipient.account_id)
    ).all()
    return Watch(
        row.safety_mode is SafetyMode.MONITORED,
        tuple(account_id for rank, account_id in named if rank == Escalation.FIRST),
        tuple(account_id for rank, account_id in named if rank == Escalation.BACK_UP),
        row.safety_hours,
        row.safety_response_minutes,
        CrisisDetails(row.crisis_name, row.crisis_line, row.crisis_text_line, row.emergency_number),
    )


def who_may_be_told(session: Session) -> list[Named]:
    """Everybody who works here and can log in, by name, with those who are named."""
    wanted = (
        sa.select(Account.id, Account.public_id, Account.name, Account.role, AlertRecipient.rank)
        .outerjoin(AlertRecipient, AlertRecipient.account_id == Account.id)
        .where(*_can_log_in())
        .order_by(Account.name, Account.id)
    )
    return [Named(*row) for row in session.execute(wanted)]


def _can_log_in() -> tuple[sa.ColumnElement[bool], ...]:
    return Account.role.in_(STAFF_ROLES), Account.is_active.is_(True), Account.email_verified_at.is_not(None)


@dataclass(frozen=True, slots=True)
class NotedAnswer:
    """One save of a safety answer. `saved_by` is the name of the account, "" without a login."""

    row_key: str
    link_id: str
    value_sealed: str
    is_in_clinic: bool
    saved_at: datetime
    saved_by: str


def noted_answers(session: Session, *, response_id: int) -> list[NotedAnswer]:
    """Every save of a safety answer of that form, the first one first."""
    wanted = (
        sa.select(
            SafetyAnswer.row_key,
            SafetyAnswer.link_id,
            SafetyAnswer.value_sealed,
            SafetyAnswer.is_in_clinic,
            SafetyAnswer.saved_at,
            sa.func.coalesce(Account.name, ""),
        )
        .outerjoin(Account, Account.id == SafetyAnswer.saved_by_account_id)
        .where(SafetyAnswer.response_id == response_id)
        .order_by(SafetyAnswer.id)
    )
    return [NotedAnswer(*row) for row in session.execute(wanted)]
