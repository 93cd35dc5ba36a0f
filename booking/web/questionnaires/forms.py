"""One page of a questionnaire as a form: fields made from its questions, filled from what is stored or was typed.

What is an answer is decided by `core.questionnaires.answers.read_answer`, not by validators: the fields only carry
values and mistakes to the page. Fields are named `a_<link id>`, own words of an open choice `o_<link id>`, and the
version of the answer that the page showed `v_<link id>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field, IntegerField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from booking.core.questionnaires.answers import AnswerMistake, Chosen, Value, length_limit
from booking.core.questionnaires.definition import Item, ItemType
from booking.services.questionnaires import PostedAnswer
from booking.web.fields import PARTS, ThreePartDateField

SCALE = (0, 10)
MAX_VERSION_DIGITS = 9
SENTENCES = {
    AnswerMistake.REQUIRED: lazy_gettext("Please answer this question to go on"),
    AnswerMistake.NOT_A_NUMBER: lazy_gettext("Enter a whole number, like 12"),
    AnswerMistake.NOT_A_DECIMAL: lazy_gettext("Enter a number, like 36.6"),
    AnswerMistake.NOT_A_UNIT: lazy_gettext("Choose the unit of the number"),
    AnswerMistake.TOO_EARLY: lazy_gettext("Enter a later date"),
    AnswerMistake.TOO_LATE: lazy_gettext("Enter an earlier date"),
    AnswerMistake.TOO_MANY: lazy_gettext("Use fewer lines"),
    AnswerMistake.NOT_A_DATE: lazy_gettext("Enter a real date, like 27 3 2026"),
    AnswerMistake.NOT_AN_OPTION: lazy_gettext("Choose one of the answers below"),
    AnswerMistake.ONLY_ONE: lazy_gettext("Give one answer only"),
    AnswerMistake.UNREADABLE: lazy_gettext("Take out the characters that are not letters, numbers or signs"),
}


class AnswerPageForm(FlaskForm):
    """The answers of one page. Made anew for each page by `page_form`, which adds the fields."""


class SendAnswersForm(FlaskForm):
    """Send a whole form. `revision` says which answers the person saw."""

    revision = IntegerField()


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its field; `other` is the field for own words. `kind` says which macro draws it."""

    item: Item
    kind: str
    field: Field
    other: Field | None
    version: int

    @property
    def is_written(self) -> bool:
        """Whether it is answered in own words, beside which the permanent line stands."""
        return self.kind in ("text", "textarea") or self.other is not None


def page_form(
    items: Iterable[Item], values: Mapping[str, Value | None], typed: MultiDict[str, str] | None = None
) -> AnswerPageForm:
    """A form with the fields of these questions. What was posted, or `typed` before, goes before stored `values`."""
    fields: dict[str, Any] = {}
    data: dict[str, Any] = {}
    for item in items:
        name, value = f"a_{item.link_id}", values.get(item.link_id)
        fields[name] = _field(item)
        data[name] = _field_data(item, value)
        if item.type is ItemType.OPEN_CHOICE:
            fields[f"o_{item.link_id}"] = StringField(_other_label(item))
            data[f"o_{item.link_id}"] = value.other if isinstance(value, Chosen) else ""
    page_class: Any = type("AnswerPageForm", (AnswerPageForm,), fields)
    made: AnswerPageForm = page_class(data=data) if typed is None else page_class(formdata=typed)
    return made


def kind_of(item: Item) -> str:
    """Which macro draws the question."""
    if item.type is ItemType.INTEGER:
        return "scale" if (item.min_value, item.max_value) == SCALE else "number"
    if item.type in (ItemType.CHOICE, ItemType.OPEN_CHOICE):
        return "checkboxes" if item.repeats else "radios"
    return {ItemType.BOOLEAN: "radios", ItemType.DATE: "date", ItemType.TEXT: "textarea"}.get(item.type, "text")


_PLAIN_FIELDS: dict[str, Any] = {
    "date": ThreePartDateField,
    "textarea": TextAreaField,
    "number": StringField,
    "text": StringField,
}


def _field(item: Item) -> Any:
    kind = kind_of(item)
    if kind in _PLAIN_FIELDS:
        return _PLAIN_FIELDS[kind](item.text)
    field_class = SelectMultipleField if kind == "checkboxes" else RadioField
    return field_class(item.text, choices=_choices(item))


def _choices(item: Item) -> list[SelectChoice]:
    if item.type is ItemType.BOOLEAN:
        return [SelectChoice("true", gettext("Yes")), SelectChoice("false", gettext("No"))]
    if item.type is ItemType.INTEGER:
        return [SelectChoice(str(number), str(number)) for number in range(SCALE[0], SCALE[1] + 1)]
    options = [SelectChoice(option.code, option.label) for option in item.options]
    if item.type is ItemType.OPEN_CHOICE and not item.repeats:
        # A radio button cannot be taken back: this one makes room for own words alone.
        options.append(SelectChoice("", gettext("In my own words")))
    return options


def _other_label(item: Item) -> str:
    return gettext("Something else, in your own words") if item.repeats else gettext("Your own words")


def _field_data(item: Item, value: Value | None) -> Any:
    if isinstance(value, Chosen):
        if item.repeats:
            return list(value.codes)
        return value.codes[0] if value.codes else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value
    # No choice is marked while there is no answer: "" would mark that of own words.
    return str(value) if value is not None else ([] if item.repeats else None)


def questions(form: AnswerPageForm, items: Iterable[Item], versions: Mapping[str, int]) -> tuple[Question, ...]:
    """The questions of the page for its template."""
    return tuple(
        Question(
            item,
            kind_of(item),
            form[f"a_{item.link_id}"],
            form[f"o_{item.link_id}"] if item.type is ItemType.OPEN_CHOICE else None,
            versions.get(item.link_id, 0),
        )
        for item in items
    )


def posted_answers(posted: MultiDict[str, str]) -> dict[str, PostedAnswer]:
    """The raw values of each question that the page showed, by link id: those with a posted version."""
    shown = [name.removeprefix("v_") for name in posted if name.startswith("v_")]
    return {
        link_id: PostedAnswer(
            _raw(posted, f"a_{link_id}"), posted.get(f"o_{link_id}", ""), _version(posted[f"v_{link_id}"])
        )
        for link_id in shown
    }


def _raw(posted: MultiDict[str, str], name: str) -> list[str]:
    if f"{name}-{PARTS[0]}" not in posted:
        return posted.getlist(name)
    day, month, year = (posted.get(f"{name}-{part}", "").strip() for part in PARTS)
    if not day and not month and not year:
        return []
    return [f"{year}-{month.zfill(2)}-{day.zfill(2)}"]


def _version(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_VERSION_DIGITS
    return int(text) if is_number else 0


def sentence(item: Item, mistake: AnswerMistake) -> str:
    """A mistake in words that say what to do."""
    if mistake is AnswerMistake.TOO_LOW:
        return gettext("Enter a number that is %(lowest)s or more", lowest=item.min_value)
    if mistake is AnswerMistake.TOO_HIGH:
        return gettext("Enter a number that is %(highest)s or less", highest=item.max_value)
    if mistake is AnswerMistake.TOO_LONG:
        most = length_limit(item)
        return ngettext("Use %(num)s character or fewer", "Use %(num)s characters or fewer", most)
    if mistake is AnswerMistake.EXCLUSIVE:
        alone = ", ".join(f"“{option.label}”" for option in item.options if option.is_exclusive)
        return gettext("This cannot be chosen together with other answers: %(alone)s", alone=alone)
    return str(SENTENCES[mistake])


def mark(question: Question, message: str) -> None:
    """Show the message at the question."""
    question.field.errors = [message]
    if isinstance(question.field, ThreePartDateField):
        question.field.wrong_parts = PARTS
