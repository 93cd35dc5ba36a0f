"""Which answers to a safety item call for a person on the same day (clinical guide, 2.3). Nothing is judged beyond it.

Any answer but "not at all" counts, whatever the total of the form is. A skipped or declined item raises nothing here;
the specialist sees it among the unanswered ones.
"""

from __future__ import annotations

from booking.core.questionnaires.answers import Answers, Chosen, Declined, Value
from booking.core.questionnaires.definition import Item, Questionnaire


def has_safety_item(questionnaire: Questionnaire) -> bool:
    """Whether the form asks about self-harm: then the safety mode of the clinic decides where it may be filled in."""
    return any(item.is_safety for item in questionnaire.questions)


def is_safety_answer(item: Item, value: Value | None) -> bool:
    """Whether saving this answer must show the message and raise a task. To be asked for every answer that is saved."""
    if not item.is_safety or value is None or isinstance(value, Declined):
        return False
    if isinstance(value, Chosen):
        options = [item.option_by_code[code] for code in value.codes]
        # An option without its number counts: silence would be the worse mistake.
        return bool(value.other) or any(option.ordinal != 0 for option in options)
    return bool(value)


def safety_answers(questionnaire: Questionnaire, answers: Answers) -> tuple[Item, ...]:
    """The safety items that were answered with anything but "not at all", shown now or not, in the order of the form.

    What was once answered stays a reason for a task, also when a later answer hides the question."""
    return tuple(item for item in questionnaire.questions if is_safety_answer(item, answers.get(item.link_id)))
