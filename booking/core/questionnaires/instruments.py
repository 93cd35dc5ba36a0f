"""Which questionnaires are scored, and how: one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from booking.core.questionnaires.answers import Answers
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.flow import without_hidden
from booking.core.questionnaires.peg import CODE as PEG
from booking.core.questionnaires.peg import peg_score
from booking.core.questionnaires.scoring import Score

SCORERS: Mapping[str, Callable[[Answers], Score]] = {PEG: peg_score}


def score_of(questionnaire: Questionnaire, answers: Answers) -> Score | None:
    """The score of a response, from the answers that are shown; None for a form that is not scored."""
    scorer = SCORERS.get(questionnaire.code)
    return scorer(without_hidden(questionnaire, answers)) if scorer else None
