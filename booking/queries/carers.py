"""Who helps whom: rights of carers, and invitations that wait for an answer. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Account, AccountPatient, CarerInvitation, InvitationState, LinkToken, Patient, Relation


@dataclass(frozen=True, slots=True)
class Right:
    """One account acts for one patient. `ends_at` None has no end."""

    id: int
    public_id: str
    account_id: int
    account_name: str
    account_email: str
    patient_id: int
    patient_public_id: str
    patient_name: str
    is_self: bool
    sees_answers: bool
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """Somebody was asked and has not answered. `patient_name` is shown to nobody without a login."""

    id: int
    public_id: str
    patient_id: int
    patient_public_id: str
    patient_name: str
    email: str
    sees_answers: bool
    right_ends_at: datetime | None
    expires_at: datetime


_NAME = Patient.given_name + " " + Patient.family_name


def _rights(now: datetime) -> sa.Select[*tuple[Any, ...]]:
    """Rights that hold now, each row the arguments of a Right."""
    return (
        sa.select(
            AccountPatient.id,
            AccountPatient.public_id,
            AccountPatient.account_id,
            Account.name,
            Account.email,
            AccountPatient.patient_id,
            Patient.public_id,
            _NAME,
            AccountPatient.relation == Relation.SELF,
            AccountPatient.sees_answers,
            AccountPatient.ends_at,
        )
        .join(Account, Account.id == AccountPatient.account_id)
        .join(Patient, Patient.id == AccountPatient.patient_id)
        .where(sa.or_(AccountPatient.ends_at.is_(None), AccountPatient.ends_at > now))
        .order_by(Patient.name_key, Account.name, AccountPatient.id)
    )


def rights_of_account(session: Session, *, account_id: int, now: datetime) -> list[Right]:
    """For whom the account acts now, itself included."""
    return [Right(*row) for row in session.execute(_rights(now).where(AccountPatient.account_id == account_id))]


def rights_about(session: Session, patient_ids: Collection[int], *, now: datetime) -> list[Right]:
    """Who acts for these patients now, themselves included."""
    return [Right(*row) for row in session.execute(_rights(now).where(AccountPatient.patient_id.in_(patient_ids)))]


def right_or_none(session: Session, public_id: str, *, now: datetime) -> Right | None:
    """The right of that id while it holds; asks for no permission."""
    row = session.execute(_rights(now).where(AccountPatient.public_id == public_id)).one_or_none()
    return None if row is None else Right(*row)


def own_patient_ids(session: Session, *, account_id: int | None, now: datetime) -> frozenset[int]:
    """The patients who are the account's owner, not those they help."""
    if account_id is None:
        return frozenset()
    return frozenset(
        one.patient_id for one in rights_of_account(session, account_id=account_id, now=now) if one.is_self
    )


def _open(now: datetime) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            CarerInvitation.id,
            CarerInvitation.public_id,
            CarerInvitation.patient_id,
            Patient.public_id,
            _NAME,
            CarerInvitation.email,
            CarerInvitation.sees_answers,
            CarerInvitation.right_ends_at,
            CarerInvitation.expires_at,
        )
        .join(Patient, Patient.id == CarerInvitation.patient_id)
        .where(CarerInvitation.state == InvitationState.OPEN, CarerInvitation.expires_at > now)
        .order_by(CarerInvitation.created_at, CarerInvitation.id)
    )


def open_invitations(session: Session, patient_ids: Collection[int], *, now: datetime) -> list[OpenInvitation]:
    """Who was asked to help these patients and has not answered."""
    return [OpenInvitation(*row) for row in session.execute(_open(now).where(_for(patient_ids)))]


def _for(patient_ids: Collection[int]) -> sa.ColumnElement[bool]:
    return CarerInvitation.patient_id.in_(patient_ids)


def invitation_or_none(session: Session, public_id: str, *, now: datetime) -> OpenInvitation | None:
    """The open invitation of that id; asks for no permission."""
    row = session.execute(_open(now).where(CarerInvitation.public_id == public_id)).one_or_none()
    return None if row is None else OpenInvitation(*row)


def invitation_of_link(session: Session, token_hash: str, *, now: datetime) -> OpenInvitation | None:
    """What the link of that token asks for; None when it is unknown, or the invitation has been answered or is over."""
    linked = sa.select(LinkToken.invitation_id).where(LinkToken.token_hash == token_hash, LinkToken.expires_at > now)
    row = session.execute(_open(now).where(CarerInvitation.id.in_(linked))).one_or_none()
    return None if row is None else OpenInvitation(*row)
