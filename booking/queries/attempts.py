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
    """What was tried from then on. Five statements, whatever was tried.

    They read no event but those of their actions in the span, by the index of actions and instants: a busy day of the
    clinic costs nothing here."""
    return Attempts(
        totals=_totals(session, since),
        accounts=_accounts(session, since),
        networks=_networks(session, since),
        refused=_refused(session, since),
        links=_links(session, since),
    )


def _of(since: datetime, *actions: str) -> sa.ColumnElement[bool]:
    return sa.and_(AuditEvent.at >= since, _ACTION.in_(actions))


def _number_of(kind: str) -> sa.ColumnElement[Any]:
    """The number of the object, of that kind alone. No condition on the kind: SQLite would take its index instead, and
    read all events of that kind that there ever were."""
    return sa.case((AuditEvent.object_kind == kind, AuditEvent.object_id))


def _sum(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*conditions), 1), else_=0)), 0)


def _latest(*actions: str) -> sa.ColumnElement[Any]:
    return sa.func.max(sa.case((_ACTION.in_(actions), AuditEvent.at)))


def _distinct(column: sa.ColumnElement[Any], condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.distinct(sa.case((condition, column))))


def _totals(session: Session, since: datetime) -> tuple[Total, ...]:
    count = sa.func.count()
    reason = sa.case((_ACTION == PAGE, ""), else_=sa.func.coalesce(_REASON, ""))
    found = (
        sa.select(_ACTION, reason, count)
        .where(_of(since, LOG_IN, PROOF, BIRTH_DATE, PAGE, SLOWED))
        .group_by(_ACTION, reason)
        .order_by(_ACTION, reason)
    )
    return tuple(Total(*row) for row in session.execute(found))


def _accounts(session: Session, since: datetime) -> tuple[TriedAccount, ...]:
    second = sa.and_(_ACTION.in_((LOG_IN, PROOF)), _REASON.in_(SECOND_STEPS))
    first_step = sa.and_(_ACTION.in_((LOG_IN, PROOF)), _REASON.not_in(SECOND_STEPS))
    was_refused = _ACTION.in_((LOG_IN, PROOF, SLOWED))
    tries, seconds, slowed = _sum(first_step), _sum(second), _sum(_ACTION == SLOWED)
    number = _number_of("account")
    grouped = (
        sa.select(
            number.label("number"), tries.label("tries"), seconds.label("seconds"),
            _distinct(AuditEvent.network.expression, was_refused).label("networks"), slowed.label("slowed"),
            _latest(LOG_IN, PROOF, SLOWED).label("last_at"), _latest(ENTERED).label("entered_at"),
        )
        .where(_of(since, LOG_IN, PROOF, SLOWED, ENTERED))
        .group_by(number)
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


def _networks(session: Session, since: datetime) -> tuple[TryingNetwork, ...]:
    tries = _sum(_ACTION.in_((LOG_IN, PROOF, BIRTH_DATE)))
    accounts = _distinct(AuditEvent.object_id.expression, sa.and_(_ACTION == LOG_IN, AuditEvent.object_id.is_not(None)))
    unknown = _sum(_ACTION == LOG_IN, AuditEvent.object_id.is_(None))
    slowed = _sum(_ACTION == SLOWED, _REASON.like("%_network"))
    found = (
        sa.select(
            AuditEvent.network, tries, accounts, unknown, _sum(_ACTION == BIRTH_DATE), slowed > 0,
            _latest(LOG_IN, PROOF, BIRTH_DATE, SLOWED), _sum(_ACTION == ENTERED),
        )
        .where(_of(since, LOG_IN, PROOF, BIRTH_DATE, SLOWED, ENTERED), AuditEvent.network.is_not(None))
        .group_by(AuditEvent.network)
        .having(tries + slowed > 0)
        .order_by((accounts + unknown).desc(), tries.desc(), AuditEvent.network)
        .limit(SHOWN)
    )  # fmt: skip
    return tuple(TryingNetwork(*row) for row in session.execute(found))


def _refused(session: Session, since: datetime) -> tuple[RefusedAccount, ...]:
    count, latest = sa.func.count(), sa.func.max(AuditEvent.at)
    real = _sum(AuditEvent.object_kind != NOWHERE)
    found = (
        sa.select(Account.public_id, Account.name, Account.role, count, real, latest, _own_patient())
        .join(AuditEvent, AuditEvent.actor_account_id == Account.id)
        .where(_of(since, PAGE))
        .group_by(Account.id)
        .order_by(count.desc(), Account.id)
        .limit(SHOWN)
    )
    return tuple(RefusedAccount(*row) for row in session.execute(found))


def _links(session: Session, since: datetime) -> tuple[GuessedLink, ...]:
    count = sa.func.count()
    networks = sa.func.count(sa.distinct(AuditEvent.network))
    found = (
        sa.select(Appointment.public_id, count, networks, sa.func.max(AuditEvent.at))
        .join(AuditEvent, _number_of("appointment") == Appointment.id)
        .where(_of(since, BIRTH_DATE))
        .group_by(Appointment.id)
        .order_by(count.desc(), Appointment.id)
        .limit(SHOWN)
    )
    return tuple(GuessedLink(*row) for row in session.execute(found))
