"""Carers: a patient, or the desk on a patient's word, asks somebody by mail to help; they accept, either side ends it.

Nobody but the patient's own account and the desk may ask: whoever helps cannot pass that on. What was decided about
answers and ends is in docs/adr/0019-carers.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import CannotHelp, LinkDead, NotFound
from booking.core.people import email_key
from booking.models import Account, AccountPatient, CarerInvitation, InvitationState, LinkAction, Patient, Relation
from booking.queries.carers import OpenInvitation, Right, invitation_of_link, invitation_or_none, own_patient_ids
from booking.queries.carers import right_or_none as held_right_or_none
from booking.services import audit, outbox, tasks
from booking.services.accounts import Door
from booking.services.links import INVITATION_LIFE, use_link
from booking.services.patients import take_standing
from booking.services.rate_limits import Tried, take
from booking.services.sessions import hash_token
from booking.services.transaction import transaction

DESK_ROLES = frozenset({Role.SCHEDULER, Role.ADMINISTRATOR})
CARER_LEFT = "carer_left"


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom to ask, for which patient. `right_ends_at` None: until one of the two ends it."""

    patient_id: int
    email: str
    right_ends_at: datetime | None = None
    sees_answers: bool = False


def may_arrange(session: Session, actor: Actor, patient_id: int, *, now: datetime) -> bool:
    """Whether the actor decides who helps this patient: their own account, or the desk on their word."""
    if actor.is_staff:
        return actor.role in DESK_ROLES
    return patient_id in own_patient_ids(session, account_id=actor.account_id, now=now)


def invite(session: Session, *, actor: Actor, door: Door, invitation: Invitation, now: datetime) -> None:
    """Ask somebody by mail, in place of an earlier question to the same address. Says nothing of whether it is known.

    Raises NotFound (not theirs to ask for), CannotHelp (`own_address`: their own), TooManyTries; ValueError for a right
    that would end before it begins."""
    if actor.account_id is None or not may_arrange(session, actor, invitation.patient_id, now=now):
        raise NotFound
    if invitation.right_ends_at is not None and invitation.right_ends_at <= now:
        raise ValueError("the right would be over before it begins")
    key = email_key(invitation.email)
    for about in (f"account:{actor.account_id}", key):
        take(session, door.limiter, Tried.WRITE, actor=actor, account=about, network=door.network, now=now)
    with transaction(session):
        take_standing(session, invitation.patient_id)
        if not may_arrange(session, actor, invitation.patient_id, now=now):
            raise NotFound
        if _is_own_address(session, invitation.patient_id, key):
            raise CannotHelp(problem="own_address")
        live_key = f"{invitation.patient_id}:{key}"
        _close(session, CarerInvitation.live_key == live_key, InvitationState.WITHDRAWN, now)
        row = CarerInvitation(
            live_key=live_key, patient_id=invitation.patient_id, invited_by_account_id=actor.account_id,
            email=invitation.email.strip(), email_key=key, sees_answers=invitation.sees_answers,
            right_ends_at=invitation.right_ends_at, state=InvitationState.OPEN, created_at=now,
            expires_at=now + INVITATION_LIFE,
        )  # fmt: skip
        session.add(row)
        session.flush()
        outbox.plan_invitation(session, invitation=row, now=now)
        _record(session, actor, "carer_invited", row.patient_id, now)


def _is_own_address(session: Session, patient_id: int, key: str) -> bool:
    """Whether an account of the patient themself has that address."""
    own = sa.select(Account.id).join(AccountPatient, AccountPatient.account_id == Account.id)
    wanted = own.where(
        AccountPatient.patient_id == patient_id, AccountPatient.relation == Relation.SELF, Account.email_key == key
    )
    return session.scalar(wanted.limit(1)) is not None


def _close(session: Session, which: sa.ColumnElement[bool], state: InvitationState, now: datetime) -> bool:
    """Settle open invitations; whether there was one. Of two that race, one finds none."""
    closed = session.execute(
        sa.update(CarerInvitation)
        .where(which, CarerInvitation.state == InvitationState.OPEN)
        .values(state=state, live_key=None, settled_at=now)
        .execution_options(synchronize_session=False)
    )
    return bool(getattr(closed, "rowcount", 0))


def _record(session: Session, actor: Actor, action: str, patient_id: int, now: datetime) -> None:
    audit.record(session, actor, action, "patient", patient_id, now=now, patient_id=patient_id)


def withdraw(session: Session, *, actor: Actor, public_id: str, now: datetime) -> OpenInvitation:
    """Take a question back that was not answered yet, and return it: its link opens nothing any more.

    Raises NotFound."""
    with transaction(session):
        found = invitation_or_none(session, public_id, now=now)
        if found is None or not may_arrange(session, actor, found.patient_id, now=now):
            raise NotFound
        _close(session, CarerInvitation.id == found.id, InvitationState.WITHDRAWN, now)
        _record(session, actor, "carer_invitation_withdrawn", found.patient_id, now)
        return found


def opened_invitation(session: Session, *, token: str, now: datetime) -> OpenInvitation:
    """What the link asks for, as long as it can be answered. Raises LinkDead."""
    found = invitation_of_link(session, hash_token(token), now=now)
    if found is None:
        raise LinkDead
    return found


def accept(session: Session, *, actor: Actor, token: str, now: datetime) -> None:
    """Say yes, as the account that is logged in: it acts for the patient from now on, and the patient is told.

    The link works once. Raises LinkDead; CannotHelp (`own_patient`: the account is the patient's own); NotFound for
    whoever is no patient's account."""
    if actor.role is not Role.PATIENT or actor.account_id is None:
        raise NotFound
    with transaction(session):
        found = opened_invitation(session, token=token, now=now)
        if found.patient_id in own_patient_ids(session, account_id=actor.account_id, now=now):
            raise CannotHelp(problem="own_patient")
        use_link(session, token=token, action=LinkAction.ACCEPT_INVITATION, now=now)
        if not _close(session, CarerInvitation.id == found.id, InvitationState.ACCEPTED, now):
            raise LinkDead
        session.execute(
            sa.update(CarerInvitation)
            .where(CarerInvitation.id == found.id)
            .values(accepted_by_account_id=actor.account_id)
            .execution_options(synchronize_session=False)
        )
        _give_right(session, actor.account_id, found)
        _tell_patient(session, found, now)
        _record(session, actor, "carer_accepted", found.patient_id, now)


def _give_right(session: Session, account_id: int, invitation: OpenInvitation) -> None:
    """The right as it was offered, in place of one that the account has or had for the patient."""
    right = session.scalars(
        sa.select(AccountPatient)
        .where(AccountPatient.account_id == account_id, AccountPatient.patient_id == invitation.patient_id)
        .with_for_update()
    ).one_or_none()
    if right is None:
        right = AccountPatient(account_id=account_id, patient_id=invitation.patient_id)
        session.add(right)
    right.relation, right.sees_answers = Relation.CARER, invitation.sees_answers
    right.ends_at, right.closed_at = invitation.right_ends_at, None
    session.flush()


def _tell_patient(session: Session, invitation: OpenInvitation, now: datetime) -> None:
    """Write to the patient's own accounts: that is how somebody learns of a right that they did not mean to give."""
    own = sa.select(AccountPatient.account_id).where(
        AccountPatient.patient_id == invitation.patient_id,
        AccountPatient.relation == Relation.SELF,
        sa.or_(AccountPatient.ends_at.is_(None), AccountPatient.ends_at > now),
    )
    for account_id in session.scalars(own.order_by(AccountPatient.account_id)).all():
        outbox.plan_carer_added(session, invitation_id=invitation.id, account_id=account_id, now=now)


def decline(session: Session, *, actor: Actor, token: str, now: datetime) -> None:
    """Say no; the link works once. Raises LinkDead."""
    with transaction(session):
        found = opened_invitation(session, token=token, now=now)
        use_link(session, token=token, action=LinkAction.ACCEPT_INVITATION, now=now)
        _close(session, CarerInvitation.id == found.id, InvitationState.DECLINED, now)
        _record(session, actor, "carer_declined", found.patient_id, now)


def right_or_none(session: Session, *, actor: Actor, public_id: str, now: datetime) -> Right | None:
    """A carer's right that holds, for the carer, the patient's own account, or the desk; None for all others."""
    found = held_right_or_none(session, public_id, now=now)
    if found is None or found.is_self:
        return None
    is_theirs = not actor.is_staff and found.account_id == actor.account_id
    return found if is_theirs or may_arrange(session, actor, found.patient_id, now=now) else None


def end_right(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """The carer acts for the patient no more, from this instant, in browsers that are open too. Raises NotFound."""
    with transaction(session):
        found = right_or_none(session, actor=actor, public_id=public_id, now=now)
        if found is None:
            raise NotFound
        right = session.get_one(AccountPatient, found.id)
        right.ends_at = now
        _stop_letters(session, right, now)
        _record(session, actor, "carer_ended", found.patient_id, now)


def close_ended_rights(session: Session, *, now: datetime) -> int:
    """Act on rights whose end has come by itself; returns how many. They have opened nothing since."""
    with transaction(session):
        ended = session.scalars(
            sa.select(AccountPatient)
            .where(AccountPatient.ends_at <= now, AccountPatient.closed_at.is_(None))
            .order_by(AccountPatient.id)
            .with_for_update(skip_locked=True)
        ).all()
        for right in ended:
            _stop_letters(session, right, now)
        return len(ended)


def _stop_letters(session: Session, right: AccountPatient, now: datetime) -> None:
    """Where letters about the patient went to the carer, none go there any more, and links in old ones are dead: the
    desk is asked for another address."""
    right.closed_at = now
    patient = session.get_one(Patient, right.patient_id)
    account = session.get_one(Account, right.account_id)
    if patient.email is None or email_key(patient.email) != account.email_key:
        return
    patient.email = patient.email_verified_at = None
    tasks.ask_to_call(
        session, patient_id=patient.id, appointment_id=None, reason_code=CARER_LEFT,
        cause=f"carer:{right.public_id}:{now.isoformat()}", now=now,
    )  # fmt: skip
