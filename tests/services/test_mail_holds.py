"""After a restore, what was due before waits for a person; what falls due later goes out."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.messages import MessageState
from booking.models import MailHold, Message, Task
from booking.services.mail_holds import held_count, hold_mail, release_mail
from booking.services.messages import claim_one
from tests.factories import NOW, make_appointment
from tests.outbox import OFFICE, plan_booking

LATER = NOW + timedelta(hours=1)


def due_at(session: Session) -> None:
    """Two messages of a visit: the confirmation due at NOW, the others as planned."""
    plan_booking(session, make_appointment(session))


def states(session: Session) -> list[tuple[str, str | None]]:
    session.rollback()
    return [(row.state, row.last_code) for row in session.scalars(sa.select(Message).order_by(Message.id))]


def test_what_was_due_waits_and_a_person_is_asked(session: Session) -> None:
    due_at(session)
    assert hold_mail(session, now=LATER) == held_count(session) == 1
    assert claim_one(session, office=OFFICE, now=LATER + timedelta(minutes=5)) is None
    [task] = session.scalars(sa.select(Task)).all()
    assert (task.kind, task.role, task.state) == ("decide_about_mail", "administrator", "open")


def test_what_falls_due_later_goes_out(session: Session) -> None:
    due_at(session)
    hold_mail(session, now=LATER)
    claim = claim_one(session, office=OFFICE, now=NOW + timedelta(days=5))
    assert claim is not None
    assert claim.facts.kind.startswith("reminder")


def test_a_claim_that_a_crash_left_waits_too(session: Session) -> None:
    due_at(session)
    assert claim_one(session, office=OFFICE, now=NOW) is not None
    hold_mail(session, now=LATER)
    assert claim_one(session, office=OFFICE, now=LATER + timedelta(hours=1)) is None


def test_released_to_be_sent_it_goes_out(session: Session) -> None:
    due_at(session)
    hold_mail(session, now=LATER)
    assert release_mail(session, is_sending=True, now=LATER) == 1
    assert claim_one(session, office=OFFICE, now=LATER) is not None
    assert session.scalars(sa.select(Task.outcome_code)).all() == ["sent"]


def test_dropped_it_never_goes_out(session: Session) -> None:
    due_at(session)
    hold_mail(session, now=LATER)
    assert release_mail(session, is_sending=False, now=LATER) == 1
    assert claim_one(session, office=OFFICE, now=LATER) is None
    assert states(session)[0] == (MessageState.CANCELLED, "restored")
    assert {state for state, _ in states(session)[1:]} == {MessageState.PENDING}
    assert session.scalars(sa.select(Task.outcome_code)).all() == ["dropped"]


def test_where_nothing_waits_nobody_is_asked(session: Session) -> None:
    assert hold_mail(session, now=LATER) == 0
    assert session.scalars(sa.select(Task)).all() == []
    assert session.scalars(sa.select(MailHold)).all() == []
