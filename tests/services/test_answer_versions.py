"""Answers have versions, one each: an older save never takes a newer one away, on one device or on two."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.models import QuestionnaireResponse
from booking.queries.appointments import Visit
from booking.services import questionnaires
from booking.services.questionnaires import SavedPage
from tests.databases import Database, session_on
from tests.factories import make_appointment, make_patient
from tests.services.forms_cast import ENJOYMENT, PAIN, filled, page, save, visit_of


@pytest.fixture
def visit(session: Session) -> Visit:
    """Ana's first consultation, which asks for the intake and the PEG."""
    appointment = make_appointment(session, make_patient(session))
    return visit_of(session, appointment.id)


@pytest.fixture
def ana(visit: Visit) -> Actor:
    return Actor(None, Role.PATIENT, frozenset({visit.patient_id}), owner="ana")


@pytest.fixture
def guest(visit: Visit) -> Actor:
    """Somebody with a mailed link to the visit, who knew the date of birth."""
    seen = frozenset({visit.public_id})
    return Actor(owner="guest", visit_ids=seen, proven_ids=seen)


def test_an_older_save_never_overwrites_a_newer_answer(session: Session, ana: Actor, visit: Visit) -> None:
    save(session, ana, visit, page(PAIN, "7"))
    late = save(session, ana, visit, page(PAIN, "3"))
    assert late.conflicts == {PAIN}
    assert late.form.answers == {PAIN: 7}
    assert late.form.version_of(PAIN) == 1


def test_control_without_versions_an_older_save_takes_the_newer_answer_away(
    session: Session, ana: Actor, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questionnaires, "_is_stale", lambda *_, **__: False)
    save(session, ana, visit, page(PAIN, "7"))
    save(session, ana, visit, page(PAIN, "3"))
    assert filled(session, visit).answers == {PAIN: 3}


def test_the_same_answer_twice_is_saved_once(session: Session, ana: Actor, visit: Visit) -> None:
    save(session, ana, visit, page(PAIN, "7"))
    again = save(session, ana, visit, page(PAIN, "7"))
    assert again.is_clean
    assert again.form.version_of(PAIN) == 1


def test_a_page_that_showed_the_newest_answer_replaces_it(session: Session, ana: Actor, visit: Visit) -> None:
    save(session, ana, visit, page(PAIN, "7"))
    saved = save(session, ana, visit, page(PAIN, "3", version=1))
    assert saved.written == {PAIN: 2}
    assert saved.form.answers == {PAIN: 3}


def test_without_a_login_only_answers_of_this_session_are_replaced(
    session: Session, ana: Actor, guest: Actor, visit: Visit
) -> None:
    save(session, ana, visit, page(PAIN, "7"))
    assert save(session, guest, visit, page(PAIN, "3", version=1)).conflicts == {PAIN}
    assert save(session, guest, visit, page(ENJOYMENT, "4")).is_clean
    own = page(ENJOYMENT, "5", version=1, written_here={ENJOYMENT: 1})
    assert save(session, guest, visit, own).form.answers == {PAIN: 7, ENJOYMENT: 5}


def test_two_devices_at_once_lose_no_acknowledged_answer(
    session: Session, database: Database, ana: Actor, visit: Visit
) -> None:
    barrier = threading.Barrier(2)
    results: dict[str, SavedPage] = {}

    def device(number: str) -> None:
        with session_on(database.url) as own:
            barrier.wait()
            results[number] = save(own, ana, visit, page(PAIN, number))

    devices = [threading.Thread(target=device, args=(number,)) for number in ("3", "7")]
    [one.start() for one in devices]
    [one.join() for one in devices]
    won = [int(number) for number, saved in results.items() if saved.is_clean]
    session.rollback()
    assert len(won) == 1
    assert filled(session, visit).answers == {PAIN: won[0]}
    assert session.scalar(sa.select(sa.func.count(QuestionnaireResponse.id))) == 1
