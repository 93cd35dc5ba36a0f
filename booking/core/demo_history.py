"""The invented history of one patient of the demo: what she told at three visits, so that there is a course to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from booking.core.questionnaires.answers import DECLINED, Chosen, Rows, Value

_PEG: Final = ("75893-8", "91145-3", "91146-1")


def _peg(*numbers: int) -> dict[str, Value | None]:
    return dict(zip(_PEG, numbers, strict=True))


def _items(link_ids: tuple[str, ...], codes: tuple[str, ...]) -> dict[str, Value | None]:
    return {link_id: Chosen((code,)) for link_id, code in zip(link_ids, codes, strict=True)}


_NEVER, _SEVERAL, _MORE, _NEARLY = "LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"
_PHQ_2: Final = ("44250-9", "44255-8")
_HEALTH: Final = (
    "heart", "vessel", "head", "eye", "liver", "bladder", "thyroid", "reaction", "breathing", "psychosis", "substance",
    "memory", "porphyria",
)  # fmt: skip

_FIRST_INTAKE: Final[Mapping[str, Value | None]] = {
    "main-concern": Chosen(("crps",)),
    "also": Chosen(("depression",)),
    "how-long": Chosen(("1-5y",)),
    "referred": Chosen(("yes",)),
    "referred-by": "Her family practice",
    "goal": "I would like to walk to the market again without planning the way by its benches.",
    "tried-medicines": Chosen(("not-enough",)),
    "tried-talking": Chosen(("helped",)),
    "tried-physical": Chosen(("not-enough",)),
    "ketamine-before": Chosen(("no",)),
    "tried-words": "The tablets made me too tired to work. Physiotherapy helped as long as I had it.",
    **{link_id: Chosen(("no",)) for link_id in _HEALTH},
    "bp": Chosen(("no",)),
    "seizure": Chosen(("not-sure",)),
    "takes-medicines": Chosen(("yes",)),
    "has-allergies": Chosen(("yes",)),
    "medicines": Rows((("Gabapentin", "300 mg", "three times a day"), ("Sertraline", "50 mg", "in the morning"))),
    "allergies": Rows((("Penicillin", "a rash"),)),
    "pregnancy": Chosen(("no",)),
    "pain-areas": Chosen(("hand-r", "knee-l", "lower-leg-l", "foot-l")),
    "pain-worst": Chosen(("foot-l",)),
    "72514-3": 8,
    "needs": Chosen(("walking-aid", "needles")),
    "weight-range": Chosen(("under-250",)),
    "travel-time": Chosen(("30-60",)),
    "escort": Chosen(("yes",)),
}

_NEW_INTAKE: Final[Mapping[str, Value | None]] = {
    **_FIRST_INTAKE,
    "also": Chosen(("none",)),
    "goal": "Walk to the market and back. The way there works now.",
    "bp": Chosen(("yes",)),
    "bp-controlled": Chosen(("not-sure",)),
    "bp-reading": "150 over 95",
    "medicines": Rows(
        (
            ("Gabapentin", "600 mg", "three times a day"),
            ("Lorazepam", "1 mg", "for the night"),
            ("Amlodipine", "5 mg", ""),
        )
    ),
    "pregnancy": DECLINED,
    "pain-areas": Chosen(("knee-l", "foot-l", "back-lower-c")),
    "72514-3": 5,
    "health-words": None,
    "travel-time": None,
}

HISTORY: Final[tuple[Mapping[str, Mapping[str, Value | None]], ...]] = (
    {"intake": _FIRST_INTAKE, "peg": _peg(8, 9, 8), "phq-2": _items(_PHQ_2, (_MORE, _NEARLY))},
    {"peg": _peg(7, 7, 6), "phq-2": _items(_PHQ_2, (_MORE, _SEVERAL))},
    {"intake": _NEW_INTAKE, "peg": _peg(5, 6, 4), "phq-2": _items(_PHQ_2, (_SEVERAL, _NEVER))},
)
"""By visit, the earliest first: form → answers by link id."""

AGAIN: Final = _NEW_INTAKE
"""The long form as she would answer it today."""

NOTE: Final = "Sleeps better since the second week. Asked her to bring the letter of the neurologist."
