"""The order in which a specialist reads what a patient has told: topics, and which question belongs to which.

Questions are known by their link ids, whichever form asks them: the forms that ship share theirs, and a clinic's own
form that keeps them lands in the same places. What has no topic is read after them, in the order of its form.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Topic(StrEnum):
    """In clinical order. Flags stand between `TRIED` and `MEDICINES`; `PAIN` stands beside the body maps,
    after the scores."""

    REASON = "reason"
    DURATION = "duration"
    TRIED = "tried"
    MEDICINES = "medicines"
    ALLERGIES = "allergies"
    PREGNANCY = "pregnancy"
    PRACTICAL = "practical"
    PAIN = "pain"
    OTHER = "other"


BEFORE_FLAGS = (Topic.REASON, Topic.DURATION, Topic.TRIED)
AFTER_FLAGS = (Topic.MEDICINES, Topic.ALLERGIES, Topic.PREGNANCY, Topic.PRACTICAL, Topic.OTHER)

_QUESTIONS: Mapping[Topic, tuple[str, ...]] = {
    Topic.REASON: (
        "main-concern", "main-concern-words", "also", "referred", "referred-by", "goal", "goal-second", "matters",
        "sign", "worries", "since-last", "questions",
    ),
    Topic.DURATION: ("how-long",),
    Topic.TRIED: (
        "tried-medicines", "tried-talking", "tried-physical", "tried-words", "ketamine-before", "ketamine-details",
    ),
    Topic.MEDICINES: ("takes-medicines", "medicines", "new-medicines"),
    Topic.ALLERGIES: ("has-allergies", "allergies", "new-allergy"),
    Topic.PREGNANCY: ("pregnancy",),
    Topic.PRACTICAL: (
        "needs", "interpreter-language", "senses-words", "weight-range", "travel-time", "escort", "escort-name",
        "read-preparation",
    ),
    Topic.PAIN: ("72514-3", "pain-worst"),
}  # fmt: skip

PLACES: Mapping[str, tuple[Topic, int]] = MappingProxyType(
    {link_id: (topic, place) for topic, link_ids in _QUESTIONS.items() for place, link_id in enumerate(link_ids)}
)
"""Link id → its topic, and its place within it."""


def topic_of(link_id: str) -> Topic:
    """Where the answer is read; `OTHER` for a question that no topic names."""
    return PLACES[link_id][0] if link_id in PLACES else Topic.OTHER


def place_of(link_id: str) -> int:
    """Its place within the topic; those without one come last, in the order in which they are."""
    return PLACES[link_id][1] if link_id in PLACES else len(PLACES)
