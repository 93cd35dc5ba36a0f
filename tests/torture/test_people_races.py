"""People race about rights and records: two accept one invitation, two join the same records, one books meanwhile.

Each race has its control: the same with the guard taken away, in which the wrong thing happens. All are short.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.database import create_engine
from booking.core.actor import Actor, Role
from booking.core.waiting import WaitingWish
from booking.models import (
    Account,
    AccountPatient,
    Appointment,
    CarerInvitation,
    InvitationState,
    LinkAction,
    Patient,
    PatientMerge,
    Relation,
    Reservation,
    WaitingEntry,
)
from booking.services import carers, merging, waiting_list
from booking.services.links import mint_link
from booking.services.merging import merge_patients
from booking.services.transaction import transaction
from tests.databases import Database
from tests.factories import MONDAY, NEXT_MONDAY_9, NOW, make_account, make_patient
from tests.torture.racing import Deed, Outcome, Racers, racers
from tests.torture.test_races import booking

pytestmark = pytest.mark.torture

ROUNDS = 4
DAY = timedelta(days=1)


@pytest.fixture
def field(session: Session, database: Database) -> Iterator[Racers]:
    session.rollback()
    with racers(lambda: create_engine(database.url)) as ready:
        yield ready


@pytest.fixture
def desk(session: Session) -> Actor:
    return Actor(make_account(session, Role.SCHEDULER).id, Role.SCHEDULER)


def codes(outcomes: list[Outcome]) -> Counter[str]:
    return Counter(outcome.code for outcome in outcomes)


def count(session: Session, what: sa.Select[int]) -> int:
    session.rollback()
    return session.scalar(what) or 0


# Two accept one invitation.


def invited(session: Session, number: int) -> tuple[int, str]:
    """A patient, and the token of the question to help them."""
    patient, asking = make_patient(session), make_account(session)
    asked = CarerInvitation(
        patient_id=patient.id, invited_by_account_id=asking.id, email="kim@example.org", email_key="kim@example.org",
        state=InvitationState.OPEN, created_at=NOW, expires_at=NOW + 3 * DAY, live_key=f"live {number}",
    )  # fmt: skip
    session.add(asked)
    session.commit()
    patient_id, asked_id = patient.id, asked.id
    with transaction(session):
        token = mint_link(
            session, action=LinkAction.ACCEPT_INVITATION, now=NOW, expires_at=NOW + 3 * DAY, invitation_id=asked_id
        )
    return patient_id, token


def accepting(account: Account, token: str) -> Deed:
    actor = Actor(account.id, Role.PATIENT)
    return lambda session: carers.accept(session, actor=actor, token=token, now=NOW)


def accepted_at_once(session: Session, field: Racers) -> tuple[list[Counter[str]], int]:
    """What each round ended in, and how many help in the end."""
    two = [make_account(session), make_account(session)]
    asked = [invited(session, number) for number in range(ROUNDS)]
    ended = [codes(field.race(*[accepting(account, token) for account in two])) for _, token in asked]
    helping = sa.select(sa.func.count()).where(AccountPatient.relation == Relation.CARER)
    return ended, count(session, helping.select_from(AccountPatient))


def test_one_of_two_who_accept_an_invitation_at_once_helps(session: Session, field: Racers) -> None:
    ended, helping = accepted_at_once(session, field)
    assert ended == [Counter({"ok": 1, "link_dead": 1})] * ROUNDS
    assert helping == ROUNDS


def test_control_an_invitation_that_is_not_used_up_lets_both_help(
    session: Session, field: Racers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carers, "use_link", lambda *_, **__: None)
    monkeypatch.setattr(carers, "_close", lambda *_: True)
    assert accepted_at_once(session, field)[1] == 2 * ROUNDS


# Two join the same records.


def joining(desk: Actor, kept_id: int, merged_id: int) -> Deed:
    return lambda session: merge_patients(
        session, actor=desk, kept_id=kept_id, merged_id=merged_id, reason_code="booked_twice", now=NOW
    )


def pairs(session: Session) -> list[tuple[int, int]]:
    return [(make_patient(session).id, make_patient(session).id) for _ in range(ROUNDS)]


MERGES = sa.select(sa.func.count()).select_from(PatientMerge)
LED = sa.select(sa.func.count()).where(Patient.merged_into_id.is_not(None)).select_from(Patient)
ONE_JOINS = Counter({"ok": 1, "not_found": 1})


def test_two_who_join_the_same_records_join_them_once(session: Session, field: Racers, desk: Actor) -> None:
    ended = [codes(field.race(*[joining(desk, *pair)] * 2)) for pair in pairs(session)]
    assert ended == [ONE_JOINS] * ROUNDS
    assert count(session, MERGES) == ROUNDS


def test_two_who_join_them_the_other_way_round_leave_one_of_the_two(
    session: Session, field: Racers, desk: Actor
) -> None:
    ended = [codes(field.race(joining(desk, a, b), joining(desk, b, a))) for a, b in pairs(session)]
    assert ended == [ONE_JOINS] * ROUNDS
    assert (count(session, MERGES), count(session, LED)) == (ROUNDS, ROUNDS)


def test_control_without_the_locked_look_at_both_neither_record_is_left(
    session: Session, field: Racers, desk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "_take_both", lambda *_: None)
    for a, b in pairs(session):
        field.race(joining(desk, a, b), joining(desk, b, a))
    assert count(session, LED) > ROUNDS


# Somebody books, or waits, for a record that is being joined with another.


def left_behind(session: Session, merged_ids: list[int]) -> int:
    """Visits, their times and waits of records that lead to others: nobody would find them."""
    found = 0
    for table in (Appointment, Reservation, WaitingEntry):
        found += count(
            session, sa.select(sa.func.count()).select_from(table).where(table.patient_id.in_(merged_ids))
        )  # fmt: skip
    return found


def booked_meanwhile(session: Session, field: Racers, desk: Actor) -> tuple[set[str], int]:
    """What those who booked or waited were told, and what was left behind. Each round has a weekday of its own."""
    records, told = pairs(session), set()
    for number, (kept, merged) in enumerate(records):
        deed = waiting(desk, merged) if number % 2 else booking(NEXT_MONDAY_9 + number * DAY, patient=merged)
        told.add(field.race(joining(desk, kept, merged), deed)[1].code)
    return told, left_behind(session, [merged for _, merged in records])


def waiting(desk: Actor, patient_id: int) -> Deed:
    wish = WaitingWish(1, MONDAY, MONDAY + 30 * DAY)
    return lambda session: waiting_list.join(session, actor=desk, patient_id=patient_id, wish=wish, now=NOW)


def test_what_is_booked_while_records_are_joined_is_with_the_one_that_is_kept(
    session: Session, field: Racers, desk: Actor
) -> None:
    told, behind = booked_meanwhile(session, field, desk)
    assert told <= {"ok", "not_found"}
    assert behind == 0


def test_control_where_nobody_looks_whether_the_record_still_stands_it_is_left_behind(
    session: Session, field: Racers, desk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_list, "take_standing", lambda *_: None)
    kept, merged = make_patient(session).id, make_patient(session).id
    field.race(joining(desk, kept, merged))
    field.race(waiting(desk, merged))
    assert left_behind(session, [merged]) == 1


@pytest.mark.parametrize("act", ["book", "wait"])
def test_nothing_is_booked_or_waited_for_a_record_that_was_joined(
    session: Session, field: Racers, desk: Actor, act: str
) -> None:
    """The page was open since before: the end of the race in which joining wins."""
    kept, merged = make_patient(session).id, make_patient(session).id
    field.race(joining(desk, kept, merged))
    deed = booking(NEXT_MONDAY_9, patient=merged) if act == "book" else waiting(desk, merged)
    assert codes(field.race(deed)) == Counter({"not_found": 1})
    assert left_behind(session, [merged]) == 0
