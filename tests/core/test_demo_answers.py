"""Invented answers fit the forms they are invented for."""

from __future__ import annotations

from random import Random

import pytest

from booking.core.demo_answers import demo_answers
from booking.core.questionnaires.answers import Chosen, Rows, from_plain, to_plain
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.flow import missing_required, without_hidden
from booking.core.questionnaires.library import SHIPPED


@pytest.mark.parametrize("form", SHIPPED.questionnaires, ids=lambda f: f.code)
@pytest.mark.parametrize("seed", range(12))
def test_invented_answers_could_have_been_given(form: Questionnaire, seed: int) -> None:
    answers = demo_answers(form, Random(seed))
    read = {k: from_plain(form.question_by_link_id[k], to_plain(v)) for k, v in answers.items()}
    assert read == answers == without_hidden(form, answers)
    assert missing_required(form, answers) == ()


def test_it_is_worst_where_it_hurts_and_lists_have_rows() -> None:
    filled = [demo_answers(SHIPPED.latest("intake"), Random(seed)) for seed in range(24)]
    places = [(a["pain-areas"], a["pain-worst"]) for a in filled]
    assert all(isinstance(m, Chosen) and isinstance(w, Chosen) and {*w.codes} <= {*m.codes} for m, w in places)
    assert {type(a["medicines"]) for a in filled if "medicines" in a} == {Rows}


def test_a_form_may_be_left_halfway() -> None:
    assert len(demo_answers(SHIPPED.latest("intake"), Random(1), most=5)) == 5
