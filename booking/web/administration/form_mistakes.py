"""What is wrong with a form, beside where it is wrong: sentences for the rules that the editor can break, the words of
the checks for all others, which people meet who write FHIR by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString, gettext, lazy_gettext

from booking.core.questionnaires.editing import lines
from booking.core.questionnaires.fhir_shape import Mistake

WORDS: Mapping[str, LazyString] = {
    "no-question": lazy_gettext("It asks nothing yet."),
    "json": lazy_gettext("It cannot be read as JSON: %(words)s."),
    "no-questionnaire": lazy_gettext("This is not a Questionnaire but another FHIR resource: %(words)s."),
    "empty": lazy_gettext("It is empty."),
    "que-1": lazy_gettext("This part is empty."),
    "page": lazy_gettext("A page holds 1 to 5 questions, and no other part."),
    "no-text": lazy_gettext("It has no words yet."),
    "no-options": lazy_gettext("It has no answers to choose from."),
    "option-twice": lazy_gettext("Two of its answers are the same."),
    "markup": lazy_gettext("It holds markup. Write plain text."),
    "min-max": lazy_gettext("The lowest number is above the highest."),
    "enable-question": lazy_gettext("Its condition names a question that is not there any more."),
    "enable-order": lazy_gettext("Its condition may only look back to a question of an earlier page."),
    "enable-answer": lazy_gettext("Its condition names an answer that is not there any more."),
    "crisis": lazy_gettext("Enter the clinic's crisis line and emergency number first: people are told them."),
    "crisis-language": lazy_gettext(
        "It asks about self-harm in a language in which the message about help is not written yet."
    ),
    "licence": lazy_gettext("The statement on the license is missing, or the license has ended."),
    "safety": lazy_gettext("Mark the questions about self-harm: those, and no others. Each needs a first answer of 0."),
    "ordinal": lazy_gettext("Each answer of a scored question needs an ordinalValue."),
    "table": lazy_gettext("The score table does not fit the form: %(words)s."),
    "translation": lazy_gettext("It is no translation of the form that the clinic has: %(words)s."),
    "taken": lazy_gettext("The clinic has this id with another address, or this version, already."),
}

NO_QUESTION = "no-question"
EXAMPLES: Mapping[str, str] = {
    "resourceType": "Questionnaire",
    "id": "sleep-diary",
    "url": "https://clinic.example/forms/sleep-diary",
    "version": "1.0.0",
    "name": "SleepDiary",
    "title": "Sleep diary",
    "status": "draft",
    "copyright": "Own wording of the clinic.",
}
"""What stands at the top of a file, beside its items."""


@dataclass(frozen=True, slots=True)
class MistakeLine:
    """`where` is the text of the item, or the path where there is none; `path` is how FHIR names the place."""

    path: str
    where: str
    sentence: str
    rule: str


def mistake_lines(mistakes: Iterable[Mistake], data: Mapping[str, Any] | None = None) -> list[MistakeLine]:
    """The mistakes for a page. With the form's `data` an item is named by its text."""
    texts = {line.path: line.text for line in lines(data)} if data else {}
    return [MistakeLine(_place(one), texts.get(_item(one.path), ""), _sentence(one), one.rule) for one in mistakes]


def _place(mistake: Mistake) -> str:
    """The path; of the form as a whole "", since there is no place to look at."""
    return "" if _rule(mistake) == NO_QUESTION else mistake.path


def _sentence(mistake: Mistake) -> str:
    if mistake.rule == "missing" and mistake.path in EXAMPLES:
        example = f'"{mistake.path}": "{EXAMPLES[mistake.path]}"'
        return gettext("It is missing. Add it at the top of the file, such as %(example)s", example=example)
    sentence = str(WORDS.get(_rule(mistake), mistake.words))
    return sentence % {"words": mistake.words} if "%(words)s" in sentence else sentence


def _rule(mistake: Mistake) -> str:
    """A form without items is one that asks nothing, whichever rule found it first."""
    return NO_QUESTION if mistake.path == "item" and mistake.rule in ("empty", "missing") else mistake.rule


def _item(path: str) -> str:
    """The item that a path lies in: `item[2].enableWhen[0]` lies in `item[2]`."""
    steps = path.split(".")
    return ".".join(steps[: next((n for n, step in enumerate(steps) if not step.startswith("item[")), len(steps))])
