"""Mailed links: one action, an end, one use; looking changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import VisitAct
from booking.core.errors import LinkDead
from booking.models import LinkAction, LinkToken
from booking.services.links import (
    RESET_LIFE,
    VERIFY_LIFE,
    Opened,
    link_or_none,
    look_at,
    mint_link,
    opened,
    use_link,
    use_up_links,
)
from booking.services.transaction import transaction
from tests.factories import NOW, make_account, make_appointment, make_offer, make_patient

VERIFY, RESET = LinkAction.VERIFY_ADDRESS, LinkAction.RESET_PASSWORD


def minted(session: Session, action: LinkAction = RESET, **about: Any) -> str:
    with transaction(session):
        return mint_link(session, action=action, now=NOW, expires_at=NOW + RESET_LIFE, **about)


def used(session: Session, token: str, action: LinkAction = RESET) -> LinkToken:
    with transaction(session):
        return use_link(session, token=token, action=action, now=NOW)


def test_only_the_hash_is_kept(session: Session) -> None:
    token = minted(session)
    assert len(token) >= 43
    assert token not in str(session.execute(sa.text("SELECT * FROM link_token")).all())


def test_a_link_is_found_for_its_own_action_until_it_ends(session: Session) -> None:
    token = minted(session)
    assert link_or_none(session, token=token, action=RESET, now=NOW + RESET_LIFE - timedelta(seconds=1))
    assert link_or_none(session, token=token, action=RESET, now=NOW + RESET_LIFE) is None
    assert link_or_none(session, token=token, action=VERIFY, now=NOW) is None
    assert link_or_none(session, token="unknown", action=RESET, now=NOW) is None


def test_looking_changes_nothing(session: Session) -> None:
    token = minted(session)
    for _ in range(3):
        seen = look_at(session, token=token, now=NOW)
        assert seen is not None
        assert (seen.action, seen.is_alive, seen.may_be_sent_again, seen.appointment) == (RESET, True, True, None)
    assert used(session, token).used_at == NOW


def test_looking_tells_which_visit_it_is_about(session: Session) -> None:
    appointment = make_appointment(session)
    seen = look_at(session, token=minted(session, LinkAction.OPEN_VISIT, appointment_id=appointment.id), now=NOW)
    assert seen is not None
    assert seen.appointment == appointment.public_id
    assert not seen.may_be_sent_again
    assert look_at(session, token="unknown", now=NOW) is None


def test_a_link_is_used_once(session: Session) -> None:
    token = minted(session)
    used(session, token)
    with pytest.raises(LinkDead):
        used(session, token)
    seen = look_at(session, token=token, now=NOW)
    assert seen is not None
    assert not seen.is_alive
    assert not seen.may_be_sent_again


def test_of_two_that_race_one_acts(session: Session) -> None:
    token = minted(session)
    with transaction(session):
        link = link_or_none(session, token=token, action=RESET, now=NOW)
        assert link is not None
        session.execute(
            sa.update(LinkToken).where(LinkToken.id == link.id).values(used_at=NOW),
            execution_options={"synchronize_session": False},
        )
        assert link.used_at is None, "the row in memory is as old as the other process's"
        with pytest.raises(LinkDead):
            use_link(session, token=token, action=RESET, now=NOW)


def test_the_other_links_of_the_account_die_with_it(session: Session) -> None:
    account = make_account(session)
    first, second = minted(session, account_id=account.id), minted(session, account_id=account.id)
    verify = minted(session, VERIFY, account_id=account.id)
    with transaction(session):
        use_up_links(session, action=RESET, account_id=account.id, now=NOW)
    assert not link_or_none(session, token=first, action=RESET, now=NOW)
    assert not link_or_none(session, token=second, action=RESET, now=NOW)
    assert link_or_none(session, token=verify, action=VERIFY, now=NOW)


@pytest.mark.parametrize(
    ("changes", "is_confirmed"),
    [
        ({"email_verified_at": NOW}, True),
        ({"email_verified_at": None}, False),
        ({"email_verified_at": NOW, "email_key": "ana@new.example.org"}, False),
        ({"email_verified_at": NOW, "is_active": False}, False),
    ],
)  # fmt: skip
def test_looking_tells_whether_the_address_it_went_to_is_confirmed(
    session: Session, changes: dict[str, Any], is_confirmed: bool
) -> None:
    account = make_account(session)
    with transaction(session):
        token = mint_link(
            session,
            action=VERIFY,
            now=NOW,
            expires_at=NOW + VERIFY_LIFE,
            account_id=account.id,
            email_key=account.email_key,
        )
        for name, value in changes.items():
            setattr(account, name, value)
    unused = look_at(session, token=token, now=NOW)
    assert unused is not None
    assert not unused.is_confirmed
    used(session, token, VERIFY)
    seen = look_at(session, token=token, now=NOW)
    assert seen is not None
    assert seen.is_confirmed is is_confirmed


def test_the_lives_are_those_of_the_design() -> None:
    assert timedelta(hours=24) == VERIFY_LIFE
    assert timedelta(minutes=10) == RESET_LIFE


def test_what_opened_links_let_a_browser_do(session: Session) -> None:
    visit = make_appointment(session)
    about = {"appointment_id": visit.id, "patient_id": visit.patient_id}
    for action in (LinkAction.CONFIRM_VISIT, LinkAction.CANCEL_VISIT):
        minted(session, action, **about)
    minted(session, LinkAction.VERIFY_ADDRESS, patient_id=visit.patient_id)
    ids = session.scalars(sa.select(LinkToken.id)).all()
    found = opened(session, link_ids=ids, now=NOW)
    assert (found.visit_ids, found.offer_ids) == (frozenset({visit.public_id}), frozenset())
    assert found.acts == {(visit.public_id, act) for act in VisitAct}
    assert opened(session, link_ids=ids[:1], now=NOW).acts == {
        (visit.public_id, VisitAct.CONFIRM), (visit.public_id, VisitAct.CHANGE)
    }  # fmt: skip
    assert opened(session, link_ids=(), now=NOW) == opened(session, link_ids=[10**6], now=NOW) == Opened()


def test_a_link_that_ran_out_or_was_used_lets_nobody_in(session: Session) -> None:
    visit = make_appointment(session)
    minted(session, LinkAction.OPEN_VISIT, appointment_id=visit.id)
    link = session.scalars(sa.select(LinkToken)).one()
    assert opened(session, link_ids=[link.id], now=link.expires_at) == Opened()
    link.used_at = NOW
    session.commit()
    assert opened(session, link_ids=[link.id], now=NOW) == Opened()


@pytest.mark.parametrize(("mailed_to", "email", "is_good"), [
    ("ana@example.org", "Ana@Example.org ", True),
    ("ana@example.org", "ana@new.example", False),
    ("ana@example.org", None, False),
    (None, None, True),
])  # fmt: skip
def test_a_link_is_good_while_its_address_is_the_patients(
    session: Session, mailed_to: str | None, email: str | None, *, is_good: bool
) -> None:
    patient = make_patient(session, email=email)
    visit = make_appointment(session, patient)
    offer = make_offer(session, patient)
    tokens = [
        minted(session, LinkAction.OPEN_VISIT, appointment_id=visit.id, patient_id=patient.id, email_key=mailed_to),
        minted(session, LinkAction.ANSWER_OFFER, offer_id=offer.id, patient_id=patient.id, email_key=mailed_to),
    ]
    found = opened(session, link_ids=session.scalars(sa.select(LinkToken.id)).all(), now=NOW)
    assert (bool(found.visit_ids), bool(found.offer_ids)) == (is_good, is_good)
    seen = [look_at(session, token=token, now=NOW) for token in tokens]
    assert [one.is_alive for one in seen if one] == [is_good, is_good]
    assert [(one.appointment, one.offer) for one in seen if one] == [(visit.public_id, None), (None, offer.public_id)]
