"""The score of a response: the table of exactly that version of the form, over the answers that are shown."""

from __future__ import annotations

from booking.core.questionnaires.answers import Answers
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.flow import without_hidden
from booking.core.questionnaires.score_tables import SHIPPED_TABLES, ScoreTables
from booking.core.questionnaires.scoring import Score


def score_of(questionnaire: Questionnaire, answers: Answers, tables: ScoreTables = SHIPPED_TABLES) -> Score | None:
    """The score of a response, from the answers that are shown; None for a form that is not scored."""
    table = tables.for_form(questionnaire)
    return table.score(without_hidden(questionnaire, answers)) if table else None
