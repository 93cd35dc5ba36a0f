"""Facts of last time are proposed again; how somebody feels is asked anew, and nobody else is shown them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.questionnaires.answers import Chosen
from booking.models import QuestionnaireResponse
from booking.queries.appointments import Visit
from booking.services.carrying import LastTime, last_time
from tests.factories import NEXT_MONDAY_9, make_appointment, make_patient
from tests.services.forms_cast import LATER, ask_for, filled, page, save, send, visit_of

INTAKE = "intake"


@pytest.fixture
def visits(session: Session) -> tuple[Visit, Visit]:
    """Two visits of one patient, which ask for the long form."""
    ask_for(session, INTAKE)
    patient = make_patient(session)
    starts = (NEXT_MONDAY_9, NEXT_MONDAY_9 + timedelta(days=7))
    first, second = (visit_of(session, make_appointment(session, patient, starts_at=at).id) for at in starts)
    return first, second


PAGES = {"goal": "goal-part"}
"""The page of a question that stands with others."""


@pytest.fixture
def ana(visits: tuple[Visit, Visit]) -> Actor:
    return Actor(None, Role.PATIENT, frozenset({visits[0].patient_id}))


def asked(session: Session, actor: Actor, visit: Visit) -> LastTime:
    form = filled(session, visit, INTAKE)
    return last_time(session, actor=actor, visit=visit, form=form, questions=form.questionnaire.questions)


@pytest.fixture
def sent(session: Session, ana: Actor, visits: tuple[Visit, Visit]) -> None:
    """The first visit's form is sent: two facts, and something that is asked anew."""
    for key, raw in (("main-concern", "crps"), ("goal", "Walk again"), ("pregnancy", "no")):
        save(session, ana, visits[0], replace(page(key, raw), key=PAGES.get(key, key)), INTAKE)
    send(session, ana, visits[0], INTAKE)


@pytest.mark.usefixtures("sent")
def test_facts_are_proposed_until_they_are_answered(session: Session, ana: Actor, visits: tuple[Visit, Visit]) -> None:
    proposed = asked(session, ana, visits[1])
    assert proposed == LastTime({"main-concern": Chosen(("crps",)), "goal": "Walk again"}, LATER)
    save(session, ana, visits[1], replace(page("goal", "Sleep"), key=PAGES["goal"]), INTAKE)
    assert asked(session, ana, visits[1]).answers.keys() == {"main-concern"}


@pytest.mark.usefixtures("sent")
def test_nobody_else_is_shown_them(session: Session, visits: tuple[Visit, Visit]) -> None:
    visitor = Actor(proven_ids=frozenset({visits[1].public_id}))
    dora = Actor(1, Role.SCHEDULER)
    assert [asked(session, actor, visits[1]) for actor in (visitor, dora)] == [LastTime(), LastTime()]


@pytest.mark.usefixtures("sent")
def test_a_version_that_is_gone_is_not_proposed(session: Session, ana: Actor, visits: tuple[Visit, Visit]) -> None:
    session.execute(sa.update(QuestionnaireResponse).values(form_version="0.1.0"))
    assert asked(session, ana, visits[1]) == LastTime()


def test_the_first_time_nothing_is_proposed(session: Session, ana: Actor, visits: tuple[Visit, Visit]) -> None:
    assert asked(session, ana, visits[1]) == LastTime()
