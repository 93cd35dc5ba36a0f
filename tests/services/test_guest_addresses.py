"""A guest shows that the address of a booking is theirs: reminders go to confirmed addresses only."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from booking.core.actor import Actor
from booking.core.errors import LinkDead
from booking.models import LinkAction, Patient
from booking.services import accounts
from booking.services.links import VERIFY_LIFE, mint_link
from booking.services.transaction import transaction
from tests.factories import NOW, make_patient

VISITOR = Actor(owner="browser")


def guest_link(session: Session, patient: Patient, key: str) -> str:
    with transaction(session):
        return mint_link(
            session,
            action=LinkAction.VERIFY_ADDRESS,
            now=NOW,
            expires_at=NOW + VERIFY_LIFE,
            patient_id=patient.id,
            email_key=key,
        )


def test_a_guest_confirms_the_address_of_the_visit(session: Session) -> None:
    patient = make_patient(session, email="Ana@Example.org", email_verified_at=None)
    token = guest_link(session, patient, "ana@example.org")
    assert accounts.confirm_address(session, actor=VISITOR, token=token, now=NOW) is False
    session.refresh(patient)
    assert patient.email_verified_at == NOW
    with pytest.raises(LinkDead):
        accounts.confirm_address(session, actor=VISITOR, token=token, now=NOW)


@pytest.mark.parametrize("new_address", [None, "new@example.org"])
def test_a_link_to_an_earlier_address_of_a_guest_is_dead(session: Session, new_address: str | None) -> None:
    patient = make_patient(session, email=new_address, email_verified_at=None)
    token = guest_link(session, patient, "ana@example.org")
    with pytest.raises(LinkDead):
        accounts.confirm_address(session, actor=VISITOR, token=token, now=NOW)
    session.refresh(patient)
    assert patient.email_verified_at is None
