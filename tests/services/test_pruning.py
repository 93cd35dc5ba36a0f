"""What is deleted when it is of no use any more, and what is kept until then; and the worker's sign of life."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import (
    AddressChange,
    CarerInvitation,
    Heartbeat,
    Idempotency,
    LinkAction,
    LinkToken,
)
from booking.models.people import ChangeState, InvitationState
from booking.services.heartbeat import beat
from booking.services.links import mint_link
from booking.services.pruning import (
    ADDRESSES_KEPT,
    ANSWERS_KEPT,
    LINKS_KEPT,
    forget_addresses,
    prune_answers,
    prune_links,
)
from booking.services.transaction import transaction
from tests.factories import NOW, make_account, make_patient

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("at", "gone"), [(LINKS_KEPT - SECOND, 0), (LINKS_KEPT, 1)])
def test_links_are_kept_a_while_after_their_end(session: Session, at: timedelta, gone: int) -> None:
    account = make_account(session)
    with transaction(session):
        mint_link(session, action=LinkAction.RESET_PASSWORD, now=NOW, expires_at=NOW, account_id=account.id)
    assert prune_links(session, now=NOW + at) == gone
    assert session.scalar(sa.select(sa.func.count()).select_from(LinkToken)) == 1 - gone


@pytest.mark.parametrize(("at", "gone"), [(ANSWERS_KEPT - SECOND, 0), (ANSWERS_KEPT, 1)])
def test_answers_to_forms_are_kept_a_while(session: Session, at: timedelta, gone: int) -> None:
    session.add(Idempotency(owner="a", nonce="b", body_hash="c", subject="d", created_at=NOW))
    session.commit()
    assert prune_answers(session, now=NOW + at) == gone


@pytest.mark.parametrize(("at", "gone"), [(ADDRESSES_KEPT - SECOND, 0), (ADDRESSES_KEPT, 2)])
def test_addresses_of_what_ended_long_ago_are_forgotten(session: Session, at: timedelta, gone: int) -> None:
    account = make_account(session)
    invitation = CarerInvitation(
        patient_id=make_patient(session).id, invited_by_account_id=account.id, email="mia@example.org",
        email_key="mia@example.org", state=InvitationState.OPEN, created_at=NOW, expires_at=NOW,
    )  # fmt: skip
    changed = AddressChange(
        account_id=account.id, old_email="old@example.org", new_email="new@example.org", new_key="new@example.org",
        state=ChangeState.CONFIRMED, asked_at=NOW, expires_at=NOW, undo_until=NOW,
    )  # fmt: skip
    session.add_all([invitation, changed])
    session.commit()
    ids = invitation.id, changed.id

    assert forget_addresses(session, now=NOW + at) == gone
    assert forget_addresses(session, now=NOW + at) == 0

    kept = session.get_one(CarerInvitation, ids[0]).email, session.get_one(AddressChange, ids[1]).old_email
    assert kept == (("", "") if gone else ("mia@example.org", "old@example.org"))


def test_the_last_sign_of_life_is_kept(session: Session) -> None:
    beat(session, name="worker", now=NOW)
    beat(session, name="worker", now=NOW + SECOND)
    assert session.scalars(sa.select(Heartbeat.beat_at)).all() == [NOW + SECOND]
