"""Ana, who may ask for help; Cora, who is asked; the link as it was mailed; and the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.models import Account, CarerInvitation, LinkAction, Patient
from booking.queries.accounts import acts_for
from booking.services import carers
from booking.services.accounts import Door
from booking.services.carers import Invitation
from booking.services.links import mint_link
from booking.services.rate_limits import Limiter
from booking.services.transaction import transaction
from tests.factories import NOW, make_account, make_patient

DOOR = Door("192.0.2.0", Limiter("secret"))
CORA = "cora@example.org"


def actor_of(session: Session, account: Account, now: datetime = NOW) -> Actor:
    """The account with the rights that it has now, as a request finds them."""
    rights = acts_for(session, account_id=account.id, now=now)
    return Actor(account.id, account.role, rights.patient_ids, closed_ids=rights.closed_ids, owner="browser")


@dataclass
class Carers:
    """The cast on the test clinic."""

    session: Session
    patient: Patient
    ana: Account
    cora: Account
    dora: Account

    def invite(self, account: Account | None = None, **more: object) -> str:
        """Ask Cora; the token that her letter would carry."""
        actor = actor_of(self.session, account or self.ana)
        invitation = Invitation(self.patient.id, CORA, **more)  # type: ignore[arg-type]
        carers.invite(self.session, actor=actor, door=DOOR, invitation=invitation, now=NOW)
        return self.token(self.last())

    def last(self) -> CarerInvitation:
        self.session.rollback()
        return self.session.scalars(sa.select(CarerInvitation).order_by(CarerInvitation.id.desc()).limit(1)).one()

    def token(self, invitation: CarerInvitation) -> str:
        invitation_id, expires_at = invitation.id, invitation.expires_at
        with transaction(self.session):
            return mint_link(
                self.session, action=LinkAction.ACCEPT_INVITATION, now=NOW, expires_at=expires_at,
                invitation_id=invitation_id, email_key=CORA,
            )  # fmt: skip

    def accept(self, token: str, account: Account | None = None, now: datetime = NOW) -> None:
        carers.accept(self.session, actor=actor_of(self.session, account or self.cora), token=token, now=now)

    def helped_by_cora(self, now: datetime = NOW) -> bool:
        self.session.rollback()
        return self.patient.id in acts_for(self.session, account_id=self.cora.id, now=now).patient_ids


def carers_cast(session: Session) -> Carers:
    patient = make_patient(session)
    return Carers(
        session,
        patient,
        make_account(session, patients=(patient,)),
        make_account(session, email=CORA, email_key=CORA, name="Cora Quist"),
        make_account(session, Role.SCHEDULER, location_ids=(1,)),
    )
