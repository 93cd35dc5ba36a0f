"""People who are new join the waiting list once; leaving is taken back for some minutes; wishes change in place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import NonceReused, NotFound, RulesRefuse, TooManyTries
from booking.core.waiting import WaitingWish
from booking.models import AccountPatient, AuditEvent, Patient, WaitingEntry, WaitingState
from booking.queries.waiting import everyone_waiting, wish_of
from booking.services.accounts import Door
from booking.services.rate_limits import LIMITS, Limiter, Tried
from booking.services.undo import UNDO_LENGTH
from booking.services.waiting_guests import join_again, join_as_new
from booking.services.waiting_list import WaitingPlace, change_wish, leave
from tests.factories import NOW, make_account, make_appointment, make_patient
from tests.services.cast import ANA, BEN, DR_CRUZ, FOLLOW_UP, OTHER_VISITOR, PHONE_CALL, VISITOR, acting_for
from tests.services.waiting_cast import WISH, entry, waits

DOOR = Door("198.51.100.0/24", Limiter("a secret of the tests"))
SOON = NOW + timedelta(minutes=3)


def joins(session: Session, actor: Actor = VISITOR, *, nonce: str = "n1", wish: WaitingWish = WISH) -> WaitingPlace:
    return join_as_new(session, actor=actor, door=DOOR, person=ANA, wish=wish, nonce=nonce, now=NOW)


def patients(session: Session) -> list[Patient]:
    session.rollback()
    return list(session.scalars(sa.select(Patient)))


def seen(place: WaitingPlace) -> Actor:
    """The browser session that joined."""
    return replace(VISITOR, waiting_ids=frozenset({place.public_id}))


def test_somebody_new_is_a_patient_who_waits(session: Session) -> None:
    place = joins(session)

    kept = entry(session, place)
    [patient] = patients(session)
    assert (kept.patient_id, kept.state, wish_of(kept)) == (patient.id, WaitingState.WAITING, WISH)
    assert (patient.given_name, patient.email) == (ANA.given_name, ANA.email)
    assert place.is_new
    actions = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.seq)).all()
    assert actions == ["patient_created", "waiting_joined"]


def test_the_same_form_again_gives_the_same_answer(session: Session) -> None:
    first, again = joins(session), joins(session)

    assert (again.public_id, again.is_new, again.since) == (first.public_id, False, first.since)
    assert len(patients(session)) == 1


def test_another_form_under_the_same_name_is_refused(session: Session) -> None:
    joins(session)

    with pytest.raises(NonceReused):
        joins(session, wish=replace(WISH, weekdays=frozenset({1, 2})))


def test_an_account_acts_for_the_new_patient(session: Session) -> None:
    account = make_account(session)

    joins(session, Actor(account.id, Role.PATIENT, owner="browser-a"))

    [patient] = patients(session)
    session.rollback()
    linked = session.execute(sa.select(AccountPatient.account_id, AccountPatient.patient_id)).all()
    assert linked == [(account.id, patient.id)]


@pytest.mark.parametrize("wish", [replace(WISH, service_id=PHONE_CALL), replace(WISH, last_on=date(2026, 11, 1))])
def test_what_nobody_can_wait_for_makes_no_patient(session: Session, wish: WaitingWish) -> None:
    with pytest.raises(RulesRefuse):
        joins(session, wish=wish)

    assert patients(session) == []
    assert joins(session).is_new, "the name of the form is free again"


def test_one_browser_makes_a_few_patients_and_then_has_to_wait(session: Session) -> None:
    most = LIMITS[Tried.JOIN].account.capacity
    for number in range(most):
        joins(session, nonce=f"n{number}")

    with pytest.raises(TooManyTries):
        joins(session, nonce="one more")

    assert len(patients(session)) == most


def test_whoever_joined_here_changes_the_wishes_and_keeps_the_place(session: Session) -> None:
    place = joins(session)
    wish = replace(WISH, specialist_ids=frozenset({DR_CRUZ}), notice=timedelta(days=3))

    changed = change_wish(session, actor=seen(place), public_id=place.public_id, wish=wish, now=SOON)

    assert (changed.public_id, changed.is_new, changed.since) == (place.public_id, False, NOW)
    assert wish_of(entry(session, place)) == wish


def test_the_visit_that_would_be_replaced_stays_in_the_entry(session: Session) -> None:
    ana = make_patient(session)
    visit = make_appointment(session, ana)
    waiting = waits(session, ana, visit=visit)

    change_wish(session, actor=acting_for(ana), public_id=waiting.public_id, wish=WISH, now=NOW)

    assert [one.appointment_id for one in everyone_waiting(session, now=NOW)] == [visit.id]


def test_entries_of_others_and_other_services_are_not_changed(session: Session) -> None:
    place = joins(session)

    for actor, wish in ((OTHER_VISITOR, WISH), (seen(place), replace(WISH, service_id=FOLLOW_UP))):
        with pytest.raises(NotFound):
            change_wish(session, actor=actor, public_id=place.public_id, wish=wish, now=SOON)


def test_every_reason_against_a_change_is_given(session: Session) -> None:
    place = joins(session)
    leave(session, actor=seen(place), public_id=place.public_id, now=NOW)

    with pytest.raises(RulesRefuse) as refused:
        change_wish(
            session,
            actor=seen(place),
            public_id=place.public_id,
            wish=replace(WISH, last_on=date(2026, 11, 1)),
            now=SOON,
        )

    assert [refusal.code for refusal in refused.value.refusals] == ["dates_reversed", "wait_over"]


def test_leaving_is_taken_back_with_place_and_wishes(session: Session) -> None:
    place = joins(session)
    leave(session, actor=seen(place), public_id=place.public_id, now=NOW)

    back = join_again(session, actor=seen(place), public_id=place.public_id, now=SOON)

    assert (back.public_id, back.since) == (place.public_id, NOW)
    [waiting] = everyone_waiting(session, now=SOON)
    assert (waiting.public_id, waiting.ended_at, waiting.wish) == (place.public_id, None, WISH)


def test_that_ends_after_some_minutes(session: Session) -> None:
    place = joins(session)
    leave(session, actor=seen(place), public_id=place.public_id, now=NOW)

    with pytest.raises(RulesRefuse) as refused:
        join_again(session, actor=seen(place), public_id=place.public_id, now=NOW + UNDO_LENGTH)

    assert [refusal.code for refusal in refused.value.refusals] == ["undo_over"]
    assert everyone_waiting(session, now=NOW) == []


def test_whoever_still_waits_or_waits_anew_keeps_that(session: Session) -> None:
    ana = make_patient(session)
    old = waits(session, ana)
    assert join_again(session, actor=acting_for(ana), public_id=old.public_id, now=NOW).public_id == old.public_id
    leave(session, actor=acting_for(ana), public_id=old.public_id, now=NOW)
    new = waits(session, ana, since=NOW)

    place = join_again(session, actor=acting_for(ana), public_id=old.public_id, now=SOON)

    assert place.public_id == new.public_id
    assert [one.public_id for one in everyone_waiting(session, now=SOON)] == [new.public_id]


def test_nobody_brings_others_back(session: Session) -> None:
    place = joins(session)
    leave(session, actor=seen(place), public_id=place.public_id, now=NOW)

    with pytest.raises(NotFound):
        join_again(session, actor=OTHER_VISITOR, public_id=place.public_id, now=SOON)


def test_two_new_people_of_one_browser_are_two(session: Session) -> None:
    joins(session)
    join_as_new(session, actor=VISITOR, door=DOOR, person=BEN, wish=WISH, nonce="n2", now=NOW)

    session.rollback()
    assert session.scalar(sa.select(sa.func.count(WaitingEntry.id))) == 2
