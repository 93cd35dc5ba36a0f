"""Tries to get in that were refused, from the audit log: by kind, account, network, page and mailed link."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.attempts import Attempts, GuessedLink, RefusedAccount, Total, TriedAccount, TryingNetwork
from booking.models import Account, AccountPatient, Appointment, AuditEvent, Patient, Relation

SHOWN = 20
"""Rows of each list: the worst are what somebody acts on."""

LOG_IN, PROOF, BIRTH_DATE = "log_in_refused", "proof_refused", "birth_date_refused"
PAGE, SLOWED, ENTERED = "access_refused", "tries_slowed", "logged_in"
SECOND_STEPS = ("second_step", "second_factor", "passkey")
"""Reasons of a refusal that are no wrong password."""

NOWHERE = "nowhere"

_ACTION, _REASON = AuditEvent.action, AuditEvent.reason_code


def attempts(session: Session, *, since: datetime) -> Attempts:
    """What was tried from then on. Six statements, whatever was tried."""
    first = _first_event(session, since)
    return Attempts(
        totals=_totals(session, first),
        accounts=_accounts(session, first),
        networks=_networks(session, first),
        refused=_refused(session, first),
        links=_links(session, first),
    )


def _first_event(session: Session, since: datetime) -> int:
    """The number after which events are of the span. Found from the end of the log, which has no index of instants: it
    costs what the span holds and not what the log holds."""
    before = sa.select(AuditEvent.seq).where(AuditEvent.at < since).order_by(AuditEvent.seq.desc()).limit(1)
    return session.scalar(before) or 0


def _of(first: int, *actions: str) -> sa.ColumnElement[bool]:
    return sa.and_(AuditEvent.seq > first, _ACTION.in_(actions))


def _sum(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*conditions), 1), else_=0)), 0)


def _latest(*actions: str) -> sa.ColumnElement[Any]:
    return sa.func.max(sa.case((_ACTION.in_(actions), AuditEvent.at)))


def _distinct(column: sa.ColumnElement[Any], condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.distinct(sa.case((condition, column))))


def _totals(session: Session, first: int) -> tuple[Total, ...]:
    count = sa.func.count()
    reason = sa.case((_ACTION == PAGE, ""), else_=sa.func.coalesce(_REASON, ""))
    found = (
        sa.select(_ACTION, reason, count)
        .where(_of(first, LOG_IN, PROOF, BIRTH_DATE, PAGE, SLOWED))
        .group_by(_ACTION, reason)
        .order_by(_ACTION, reason)
    )
    return tuple(Total(*row) for row in session.execute(found))


def _accounts(session: Session, first: int) -> tuple[TriedAccount, ...]:
    second = sa.and_(_ACTION.in_((LOG_IN, PROOF)), _REASON.in_(SECOND_STEPS))
    first_step = sa.and_(_ACTION.in_((LOG_IN, PROOF)), _REASON.not_in(SECOND_STEPS))
    was_refused = _ACTION.in_((LOG_IN, PROOF, SLOWED))
    tries, seconds, slowed = _sum(first_step), _sum(second), _sum(_ACTION == SLOWED)
    grouped = (
        sa.select(
            AuditEvent.object_id.label("number"), tries.label("tries"), seconds.label("seconds"),
            _distinct(AuditEvent.network.expression, was_refused).label("networks"), slowed.label("slowed"),
            _latest(LOG_IN, PROOF, SLOWED).label("last_at"), _latest(ENTERED).label("entered_at"),
        )
        .where(_of(first, LOG_IN, PROOF, SLOWED, ENTERED), AuditEvent.object_kind == "account")
        .group_by(AuditEvent.object_id)
        .having(tries + seconds + slowed > 0)
        .subquery()
    )  # fmt: skip
    found = (
        sa.select(
            Account.id, Account.public_id, Account.name, Account.email_key, Account.role, grouped.c.tries,
            grouped.c.seconds, grouped.c.networks, grouped.c.slowed > 0, grouped.c.last_at, grouped.c.entered_at,
            _own_patient(),
        )
        .join(grouped, grouped.c.number == Account.id)
        .order_by(grouped.c.seconds.desc(), grouped.c.slowed.desc(), grouped.c.tries.desc(), Account.id)
        .limit(SHOWN)
    )  # fmt: skip
    return tuple(TriedAccount(*row) for row in session.execute(found))


def _own_patient() -> sa.ScalarSelect[str]:
    """The patient whose own account it is: shown as a way to their page, and not by name."""
    is_own = sa.and_(AccountPatient.account_id == Account.id, AccountPatient.relation == Relation.SELF)
    return (
        sa.select(sa.func.min(Patient.public_id))
        .join(AccountPatient, AccountPatient.patient_id == Patient.id)
        .where(is_own)
        .correlate(Account)
        .scalar_subquery()
    )


def _networks(session: Session, first: int) -> tuple[TryingNetwork, ...]:
    tries = _sum(_ACTION.in_((LOG_IN, PROOF, BIRTH_DATE)))
    accounts = _distinct(AuditEvent.object_id.expression, sa.and_(_ACTION == LOG_IN, AuditEvent.object_id.is_not(None)))
    unknown = _sum(_ACTION == LOG_IN, AuditEvent.object_id.is_(None))
    slowed = _sum(_ACTION == SLOWED, _REASON.like("%_network"))
    found = (
        sa.select(
            AuditEvent.network, tries, accounts, unknown, _sum(_ACTION == BIRTH_DATE), slowed > 0,
            _latest(LOG_IN, PROOF, BIRTH_DATE, SLOWED), _sum(_ACTION == ENTERED),
        )
        .where(_of(first, LOG_IN, PROOF, BIRTH_DATE, SLOWED, ENTERED), AuditEvent.network.is_not(None))
        .group_by(AuditEvent.network)
        .having(tries + slowed > 0)
        .order_by((accounts + unknown).desc(), tries.desc(), AuditEvent.network)
        .limit(SHOWN)
    )  # fmt: skip
    return tuple(TryingNetwork(*row) for row in session.execute(found))


def _refused(session: Session, first: int) -> tuple[RefusedAccount, ...]:
    count, latest = sa.func.count(), sa.func.max(AuditEvent.at)
    real = _sum(AuditEvent.object_kind != NOWHERE)
    found = (
        sa.select(Account.public_id, Account.name, Account.role, count, real, latest, _own_patient())
        .join(AuditEvent, AuditEvent.actor_account_id == Account.id)
        .where(_of(first, PAGE))
        .group_by(Account.id)
        .order_by(count.desc(), Account.id)
        .limit(SHOWN)
    )
    return tuple(RefusedAccount(*row) for row in session.execute(found))


def _links(session: Session, first: int) -> tuple[GuessedLink, ...]:
    count = sa.func.count()
    networks = sa.func.count(sa.distinct(AuditEvent.network))
    found = (
        sa.select(Appointment.public_id, count, networks, sa.func.max(AuditEvent.at))
        .join(AuditEvent, AuditEvent.object_id == Appointment.id)
        .where(_of(first, BIRTH_DATE), AuditEvent.object_kind == "appointment")
        .group_by(Appointment.id)
        .order_by(count.desc(), Appointment.id)
        .limit(SHOWN)
    )
    return tuple(GuessedLink(*row) for row in session.execute(found))
