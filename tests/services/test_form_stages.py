"""Forms that stand by themselves, and forms that are not given away from the house."""

from __future__ import annotations

import json

import pytest
from sqlalchemy.orm import Session

from booking.core.errors import NotFound
from booking.core.questionnaires.assignment import Stage
from booking.core.questionnaires.library import SHIPPED, shipped_texts
from booking.services.filled_forms import FilledForm, form_of_visit
from tests.factories import NOW, make_appointment
from tests.services.forms_cast import ask_for, visit_of


def test_a_form_of_no_visit_is_closed() -> None:
    assert FilledForm(SHIPPED.latest("peg")).stage(NOW) is Stage.CLOSED


def test_a_clinics_own_form_that_asks_about_harm_is_not_given_where_nobody_watches(session: Session) -> None:
    text = next(text for text in shipped_texts().values() if json.loads(text)["id"] == "phq-9")
    own = json.loads(text.replace("Questionnaire/phq-9", "Questionnaire/own-mood")) | {"id": "own-mood"}
    visit = visit_of(session, make_appointment(session).id)
    ask_for(session, "own-mood", forms=[own])
    with pytest.raises(NotFound):
        form_of_visit(session, visit=visit, code="own-mood")
