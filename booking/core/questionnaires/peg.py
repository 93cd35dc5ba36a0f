"""PEG: pain on average, interference with enjoyment of life and with general activity; the mean of three 0–10 items.

Source: Krebs EE et al., J Gen Intern Med 2009;24(6):733–738, doi:10.1007/s11606-009-0981-1.
"""

from __future__ import annotations

from decimal import Decimal

from booking.core.questionnaires.answers import Answers
from booking.core.questionnaires.definition import Coding
from booking.core.questionnaires.scoring import Score, mean_to_tenth, number_answers

CODE = "peg"
RULE = "peg-mean-1"
ITEMS = ("75893-8", "91145-3", "91146-1")
TOTAL = Coding("http://loinc.org", "91147-9", "PEG total score")


def peg_score(answers: Answers) -> Score:
    """The PEG score, 0.0 to 10.0, higher is worse; no value unless all three are answered.

    Raises ValueError for an answer outside 0–10."""
    given = number_answers(ITEMS, answers, lowest=0, highest=10)
    value = None if given.missing else mean_to_tenth(given.numbers)
    return Score(CODE, RULE, TOTAL, Decimal(0), Decimal(10), value, given.missing)
