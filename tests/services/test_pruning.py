"""What is deleted when it is of no use any more, and what is kept until then; and the worker's sign of life."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Heartbeat, Idempotency, LinkAction, LinkToken
from booking.services.heartbeat import beat
from booking.services.links import mint_link
from booking.services.pruning import ANSWERS_KEPT, LINKS_KEPT, prune_answers, prune_links
from booking.services.transaction import transaction
from tests.factories import NOW, make_account

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


def test_the_last_sign_of_life_is_kept(session: Session) -> None:
    beat(session, name="worker", now=NOW)
    beat(session, name="worker", now=NOW + SECOND)
    assert session.scalars(sa.select(Heartbeat.beat_at)).all() == [NOW + SECOND]
