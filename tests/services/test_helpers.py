"""Who helps to fill in a form: named beside it, the desk with a caller, and nothing of before is shown to them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.models import Account, QuestionnaireResponse
from booking.queries.appointments import Visit
from booking.services.filled_forms import is_own_answer, may_read
from booking.services.helpers import MOST_NAMES, helpers_of
from tests.factories import make_account, make_appointment, make_patient
from tests.services.forms_cast import ENJOYMENT, PAIN, events, filled, page, save, visit_of


@pytest.fixture
def visit(session: Session) -> Visit:
    return visit_of(session, make_appointment(session, make_patient(session)).id)


@pytest.fixture
def ana(visit: Visit) -> Actor:
    return Actor(None, Role.PATIENT, frozenset({visit.patient_id}))


@pytest.fixture
def dora(session: Session) -> Actor:
    account: Account = make_account(session, Role.SCHEDULER, name="Dora Ashby")
    return Actor(account.id, Role.SCHEDULER)


def helpers(session: Session, visit: Visit) -> tuple[str, ...]:
    return helpers_of(session, response_id=filled(session, visit).response_id or 0)


def test_who_helps_is_named_once_in_order(session: Session, visit: Visit, ana: Actor) -> None:
    save(session, ana, visit, page(PAIN, "7"))
    assert helpers(session, visit) == ()
    for number, name in enumerate(("Ben; Alvarez", "Cleo", "Cleo", "Ben; Alvarez"), 1):
        save(session, ana, visit, page(PAIN, str(number), version=number, helper=name))
    assert helpers(session, visit) == ("Ben, Alvarez", "Cleo")
    assert [action for action, _ in events(session)] == ["response_opened", "response_helped", "response_helped"]


def test_names_are_sealed_and_few(session: Session, visit: Visit, ana: Actor) -> None:
    for number in range(MOST_NAMES + 2):
        save(session, ana, visit, page(PAIN, str(number), version=number, helper=f"Name {number}"))
    assert len(helpers(session, visit)) == MOST_NAMES
    assert "Name" not in (session.scalar(sa.select(QuestionnaireResponse.helper_name_sealed)) or "")
    session.execute(sa.update(QuestionnaireResponse).values(helper_name_sealed="v1.lost.AAAA"))
    assert helpers(session, visit) == ()


def test_the_desk_writes_for_a_caller_and_replaces_only_what_it_wrote_in_this_call(
    session: Session, visit: Visit, ana: Actor, dora: Actor
) -> None:
    save(session, ana, visit, page(PAIN, "7"))
    assert save(session, dora, visit, page(PAIN, "1", version=1)).conflicts == {PAIN}
    saved = save(session, dora, visit, page(ENJOYMENT, "4", helper="Dora Ashby, at the clinic"))
    assert save(session, dora, visit, page(ENJOYMENT, "5", version=1)).conflicts == {ENJOYMENT}
    again = page(ENJOYMENT, "5", version=1, written_here=saved.written)
    assert save(session, dora, visit, again).is_clean
    assert filled(session, visit).answers == {PAIN: 7, ENJOYMENT: 5}
    assert helpers(session, visit) == ("Dora Ashby, at the clinic",)


def test_the_desk_reads_nothing(session: Session, visit: Visit, dora: Actor) -> None:
    save(session, dora, visit, page(PAIN, "7"))
    form = filled(session, visit)
    assert not is_own_answer(dora, form.stored[PAIN])
    assert not may_read(dora, visit, form)
