"""Invented answers to the intake: what a talkative patient gives, and what opens every branch."""

from __future__ import annotations

from booking.core.questionnaires.answers import Answers, Chosen, Rows
from booking.core.questionnaires.definition import Item
from booking.core.questionnaires.library import SHIPPED

INTAKE = SHIPPED.latest("intake")


def one(code: str) -> Chosen:
    return Chosen((code,))


def _no_or_skipped(item: Item) -> Chosen | None:
    return one("no") if "no" in item.option_by_code else None


CALM: Answers = {item.link_id: answer for item in INTAKE.questions if (answer := _no_or_skipped(item))}
"""No to everything that can be answered so."""

MEDICINES = Rows(
    (
        ("Gabapentin", "300 mg", "3 a day"),
        ("Ramipril", "5 mg", "every morning"),
        ("Ibuprofen", "400 mg", "sometimes"),
    )
)
TALKATIVE: Answers = {
    **CALM,
    "main-concern": one("crps"),
    "also": one("anxiety"),
    "how-long": one("1-5y"),
    "referred": one("yes"),
    "referred-by": "Dr Lee",
    "goal": "Walk to the market with my daughter",
    "tried-medicines": one("not-enough"),
    "tried-physical": one("helped"),
    "tried-words": "Gabapentin made me tired",
    "bp": one("yes"),
    "bp-controlled": one("yes"),
    "bp-reading": "140 over 90",
    "health-words": "Tablets since 2019",
    "takes-medicines": one("yes"),
    "medicines": MEDICINES,
    "has-allergies": one("yes"),
    "allergies": Rows((("Penicillin", "rash"),)),
    "pain-areas": Chosen(("shoulder-r", "forearm-r", "hand-r")),
    "pain-worst": one("hand-r"),
    "72514-3": 6,
    "needs": one("needles"),
    "weight-range": one("under-250"),
    "travel-time": one("30-60"),
    "escort": one("yes"),
    "reach-by": Chosen(("email", "text")),
    "preparation-by-email": True,
    "email-not-private": True,
}
"""Everything answered, with three medicines, an allergy and some words wherever there is room for them."""

MOST_BRANCHES: Answers = {
    **TALKATIVE,
    "main-concern": one("other"),
    "ketamine-before": one("yes"),
    "breathing": one("yes"),
    "needs": Chosen(("interpreter", "senses")),
}

_YES: Answers = {item.link_id: one("yes") for item in INTAKE.questions if "yes" in item.option_by_code}
LONGEST: Answers = {
    **MOST_BRANCHES,
    **_YES,
    "main-concern-words": "Burning feet",
    "tried-talking": one("helped"),
    "ketamine-details": "Spring 2024, infusion, dizzy",
    "pregnancy": one("possible"),
    "interpreter-language": "Vietnamese",
    "senses-words": "Bright light",
}
"""Yes to everything, and every question answered that any answer opens."""
