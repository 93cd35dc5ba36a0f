"""Clients race for one thing, round after round: exactly one gets it, and no overlap is ever in the database.

This is the short form, and it is never skipped. Each round has a time of its own, so that nothing is left over from
the one before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.database import create_engine
from booking.core.scheduling.slots import SlotQuery
from booking.models import Appointment, Hold, Patient
from booking.services.appointments import BookedVisit, VisitDetails, book_at_desk, book_held, cancel
from booking.services.availability import offered_slots
from booking.services.holds import hold_slot
from booking.services.patients import PatientDetails
from tests.databases import Database
from tests.factories import MONDAY, NOW, make_patient
from tests.services.cast import (
    ANA,
    DORA,
    DR_ADEYEMI,
    DR_CRUZ,
    FIRST_CONSULTATION,
    NORTHSIDE,
    PHONE_CALL,
    Actor,
    acting_for,
    new_nonce,
)
from tests.torture import unguarded
from tests.torture.racing import CLIENTS, Deed, Outcome, Racers, overlaps, racers
from tests.web.clinic_change import clinic_changed

pytestmark = [pytest.mark.torture, pytest.mark.on_demand]

ROUNDS = 25
FEWER = 14
CONTROL_ROUNDS = 10
BROWSERS = [Actor(owner=f"browser-{number}") for number in range(CLIENTS)]
SOON = timedelta(minutes=1)


@pytest.fixture
def field(session: Session, database: Database) -> Iterator[Racers]:
    session.rollback()
    with racers(lambda: create_engine(database.url)) as ready:
        yield ready


@pytest.fixture
def times(session: Session) -> list[datetime]:
    """Starts far enough apart that rounds do not meet: one for each round, in the weeks to come."""
    days = [MONDAY + timedelta(days=n) for n in range(1, 58)]
    query = SlotQuery(FIRST_CONSULTATION, frozenset({NORTHSIDE}), frozenset({DR_CRUZ}), days[0], days[-1], NOW)
    found = [slot.starts_at for slot in offered_slots(session, query)]
    apart = [found[0]]
    for starts_at in found:
        if starts_at - apart[-1] >= timedelta(hours=1):
            apart.append(starts_at)
    session.rollback()
    return apart[:ROUNDS]


@pytest.fixture
def fewer_times(times: list[datetime]) -> list[datetime]:
    return times[:FEWER]


def booking(
    starts_at: datetime,
    *,
    actor: Actor = DORA,
    specialist_id: int | None = DR_CRUZ,
    patient: PatientDetails | int = ANA,
    service_id: int = FIRST_CONSULTATION,
) -> Deed:
    """The desk books."""
    return lambda session: book_at_desk(
        session, actor=actor, service_id=service_id, location_id=NORTHSIDE, specialist_id=specialist_id,
        starts_at=starts_at, patient=patient, details=VisitDetails(None), nonce=new_nonce(), now=NOW,
    )  # fmt: skip


def holding(starts_at: datetime, actor: Actor, *, specialist_id: int | None = DR_CRUZ) -> Deed:
    return lambda session: hold_slot(
        session, actor=actor, service_id=FIRST_CONSULTATION, location_id=NORTHSIDE, specialist_id=specialist_id,
        starts_at=starts_at, now=NOW,
    )  # fmt: skip


def cancelling(booked: BookedVisit) -> Deed:
    return lambda session: cancel(
        session, actor=DORA, public_id=booked.public_id, reason_code="patient_rang", note=None, now=NOW
    )


def codes(outcomes: list[Outcome]) -> Counter[str]:
    return Counter(outcome.code for outcome in outcomes)


def count(session: Session, model: type) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


ONE_WINS = Counter({"ok": 1, "slot_taken": CLIENTS - 1})


def test_one_of_eight_books_one_specialist(session: Session, field: Racers, times: list[datetime]) -> None:
    rounds = [field.race(*[booking(at)] * CLIENTS) for at in times]

    assert [codes(outcomes) for outcomes in rounds] == [ONE_WINS] * ROUNDS
    losers = [outcome.error for outcomes in rounds for outcome in outcomes if outcome.error]
    assert {len(error.alternatives) for error in losers} == {3}
    assert (count(session, Appointment), count(session, Patient), overlaps(session)) == (ROUNDS, ROUNDS, 0)


def test_the_second_room_goes_to_the_second_specialist(
    session: Session, field: Racers, fewer_times: list[datetime]
) -> None:
    """Two specialists and two rooms: any specialist gives two winners, each with a room."""
    rounds = [field.race(*[booking(at, specialist_id=None)] * CLIENTS) for at in fewer_times]

    assert [codes(outcomes) for outcomes in rounds] == [Counter({"ok": 2, "slot_taken": CLIENTS - 2})] * FEWER
    assert overlaps(session) == 0


def test_one_shared_room_goes_to_one_of_two_specialists(
    session: Session, field: Racers, fewer_times: list[datetime]
) -> None:
    session.execute(sa.text("UPDATE resource SET is_active = false WHERE code = 'room-2'"))
    clinic_changed(session)
    deeds = [DR_CRUZ, DR_ADEYEMI] * (CLIENTS // 2)
    rounds = [field.race(*[booking(at, specialist_id=specialist) for specialist in deeds]) for at in fewer_times]

    assert [codes(outcomes) for outcomes in rounds] == [ONE_WINS] * FEWER
    assert overlaps(session) == 0


def test_one_patient_is_never_in_two_places(session: Session, field: Racers, times: list[datetime]) -> None:
    """Calls need no room: nothing but the patient's own calendar stands between the two bookings."""
    ana = make_patient(session)
    deeds = [DR_CRUZ, DR_ADEYEMI]
    rounds = [
        field.race(*[booking(at, specialist_id=s, patient=ana.id, service_id=PHONE_CALL) for s in deeds])
        for at in times
    ]

    assert [codes(outcomes) for outcomes in rounds] == [Counter({"ok": 1, "patient_busy": 1})] * ROUNDS
    assert overlaps(session) == 0


def test_holds_and_bookings_do_not_share_a_time(session: Session, field: Racers, fewer_times: list[datetime]) -> None:
    rounds = [
        field.race(*[booking(at), holding(at, browser)] * (CLIENTS // 2)) for at, browser in _with_browsers(fewer_times)
    ]

    assert {codes(outcomes)["ok"] for outcomes in rounds} <= {1, 2, 3, 4}
    assert {frozenset(codes(outcomes)) for outcomes in rounds} == {frozenset({"ok", "slot_taken"})}
    assert overlaps(session) == 0


def _with_browsers(times: list[datetime]) -> list[tuple[datetime, Actor]]:
    return [(at, Actor(owner=f"browser-{number}")) for number, at in enumerate(times)]


def test_one_of_eight_browsers_holds_a_time(session: Session, field: Racers, fewer_times: list[datetime]) -> None:
    rounds = [field.race(*[holding(at, browser) for browser in BROWSERS]) for at in fewer_times]

    assert [codes(outcomes) for outcomes in rounds] == [ONE_WINS] * FEWER
    assert overlaps(session) == 0


def test_one_browser_never_holds_two_times(session: Session, field: Racers, fewer_times: list[datetime]) -> None:
    browser = BROWSERS[0]
    for first, second in zip(fewer_times[::2], fewer_times[1::2], strict=True):
        field.race(holding(first, browser), holding(second, browser, specialist_id=DR_ADEYEMI))
        assert count(session, Hold) == 1
    assert overlaps(session) == 0


def test_one_form_sent_eight_times_books_once(session: Session, field: Racers, fewer_times: list[datetime]) -> None:
    browser = BROWSERS[0]
    answers = [
        field.race(*[_confirming(field.race(holding(at, browser))[0], browser, f"form-{at}")] * CLIENTS)
        for at in fewer_times
    ]

    assert [len({outcome.answer for outcome in outcomes}) for outcomes in answers] == [1] * FEWER
    assert {code for outcomes in answers for code in codes(outcomes)} == {"ok"}
    assert (count(session, Appointment), overlaps(session)) == (FEWER, 0)


def _confirming(held: Outcome, actor: Actor, nonce: str) -> Deed:
    return lambda session: book_held(
        session, actor=actor, hold_public_id=held.answer.public_id, patient=ANA, details=VisitDetails(None),
        nonce=nonce, now=NOW + SOON,
    )  # fmt: skip


def test_a_time_that_is_cancelled_goes_to_one_at_most(
    session: Session, field: Racers, fewer_times: list[datetime]
) -> None:
    rounds = []
    for at in fewer_times:
        [first] = field.race(booking(at))
        rounds.append(field.race(cancelling(first.answer), *[booking(at)] * (CLIENTS - 1)))

    assert {outcomes[0].code for outcomes in rounds} == {"ok"}
    assert {codes(outcomes[1:])["ok"] for outcomes in rounds} <= {0, 1}
    assert {code for outcomes in rounds for code in codes(outcomes)} <= {"ok", "slot_taken"}
    assert overlaps(session) == 0


def test_opposite_orders_of_resources_never_deadlock(
    session: Session, field: Racers, fewer_times: list[datetime]
) -> None:
    """Each browser gives back what the other wants: their holds cross over, again and again."""
    ana, ben = make_patient(session), make_patient(session)
    one, two = acting_for(ana, owner="one"), acting_for(ben, owner="two")
    field.race(holding(fewer_times[0], one), holding(fewer_times[0], two, specialist_id=DR_ADEYEMI))
    rounds = [
        field.race(
            holding(at, one, specialist_id=specialists[0]),
            holding(at, two, specialist_id=specialists[1]),
            booking(at + timedelta(minutes=45), specialist_id=specialists[1], service_id=PHONE_CALL, patient=ana.id),
            booking(at + timedelta(minutes=45), specialist_id=specialists[0], service_id=PHONE_CALL, patient=ben.id),
        )
        for at, specialists in zip(
            fewer_times, [(DR_CRUZ, DR_ADEYEMI), (DR_ADEYEMI, DR_CRUZ)] * (FEWER // 2), strict=True
        )
    ]

    assert {code for outcomes in rounds for code in codes(outcomes)} <= {"ok", "slot_taken", "rules_refuse"}
    assert overlaps(session) == 0


def test_without_guards_the_same_race_finds_overlaps(
    session: Session, database: Database, times: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded.drop_guards(session)
    unguarded.take_locks_away(monkeypatch)
    with racers(unguarded.engine_without_locks(database.url)) as field:
        rounds = [field.race(*[booking(at)] * CLIENTS) for at in times[:CONTROL_ROUNDS]]

    assert max(codes(outcomes)["ok"] for outcomes in rounds) > 1
    assert overlaps(session) > 0
