"""One page of a questionnaire as a form: fields made from its questions, filled from what is stored or was typed.

What is an answer is decided by `core.questionnaires.answers.read_answer`, not by validators: the fields only carry
values and mistakes to the page. Fields are named `a_<link id>`, own words of an open choice and the unit of a quantity
`o_<link id>`, and the version of the answer that the page showed `v_<link id>`. `d_<link id>` says that the question
was declined before: left blank, it stays so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field, IntegerField, StringField
from wtforms.validators import Length

from booking.core.questionnaires.answers import DECLINED_RAW, AnswerMistake, Chosen, Declined, Value, length_limit
from booking.core.questionnaires.definition import Item, ItemType
from booking.services.questionnaires import PostedAnswer
from booking.web.fields import PARTS, ThreePartDateField, month_number
from booking.web.questionnaires.fields import field_data, field_of, kind_of, other_data, other_field_of, rows_of

MAX_VERSION_DIGITS = 9
KEEP_OTHER = "keep-other"
"""The `action` that keeps the answers from another device; the fields `other_device` name their questions."""

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


class HelperForm(FlaskForm):
    """Who helps to fill in the forms of a visit; left empty, nobody does."""

    helper = StringField(
        lazy_gettext("Name of the person who helps"),
        [Length(max=80)],
        filters=[lambda text: " ".join((text or "").split())],
    )


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its field; `other` is the field for own words or the unit. `kind` says which macro draws it.

    `is_declined`: it was answered with "I prefer not to say". `is_carried`: it shows the answer of last time, which is
    not stored yet."""

    item: Item
    kind: str
    field: Field
    other: Field | None
    version: int
    is_declined: bool = False
    is_carried: bool = False

    @property
    def is_written(self) -> bool:
        """Whether it is answered in own words, beside which the permanent line stands."""
        return self.kind in ("text", "textarea", "rows") or self.item.type is ItemType.OPEN_CHOICE


def page_form(
    items: Iterable[Item],
    values: Mapping[str, Value | None],
    typed: MultiDict[str, str] | None = None,
    *,
    language: str = "",
) -> AnswerPageForm:
    """A form with the fields of these questions, their words in `language`. What was posted, or `typed` before, goes
    before `values`: stored answers, and others that only say which areas of a body map there are to choose from."""
    fields: dict[str, Any] = {}
    data: dict[str, Any] = {}
    for item in items:
        value = values.get(item.link_id)
        fields[f"a_{item.link_id}"] = field_of(item, offered_codes(item, values), language)
        data[f"a_{item.link_id}"] = field_data(item, value)
        if (other := other_field_of(item)) is not None:
            fields[f"o_{item.link_id}"] = other
            data[f"o_{item.link_id}"] = other_data(value)
    page_class: Any = type("AnswerPageForm", (AnswerPageForm,), fields)
    made: AnswerPageForm = page_class(data=data) if typed is None else page_class(formdata=typed)
    return made


def offered_codes(item: Item, values: Mapping[str, Value | None]) -> frozenset[str] | None:
    """The areas that "where is it worst" offers: those marked in the question it hangs on, and its own answer. None
    for all others: every choice is offered."""
    if not item.is_body_map or item.repeats:
        return None
    marked = [values.get(condition.question) for condition in item.enable_when]
    codes = frozenset(code for value in marked if isinstance(value, Chosen) for code in value.codes)
    own = values.get(item.link_id)
    return codes | frozenset(own.codes if isinstance(own, Chosen) else ()) if codes else None


def questions(
    form: AnswerPageForm,
    items: Iterable[Item],
    versions: Mapping[str, int],
    values: Mapping[str, Value | None],
    carried: frozenset[str] = frozenset(),
) -> tuple[Question, ...]:
    """The questions of the page for its template; `carried` are those that show the answer of last time."""
    return tuple(
        Question(
            item,
            kind_of(item),
            form[f"a_{item.link_id}"],
            form._fields.get(f"o_{item.link_id}"),
            versions.get(item.link_id, 0),
            isinstance(values.get(item.link_id), Declined),
            item.link_id in carried,
        )
        for item in items
    )


def posted_answers(posted: MultiDict[str, str]) -> dict[str, PostedAnswer]:
    """The raw values of each question that the page showed, by link id: those with a posted version. Not those for
    which the answer from another device is kept."""
    left = posted.getlist("other_device") if posted.get("action") == KEEP_OTHER else []
    shown = [name[2:] for name in posted if name.startswith("v_") and name[2:] not in left]
    is_declining = posted.get("action") == "decline"
    return {link_id: _posted(posted, link_id, is_declined=is_declining, is_alone=len(shown) == 1) for link_id in shown}


def _posted(posted: MultiDict[str, str], link_id: str, *, is_declined: bool, is_alone: bool) -> PostedAnswer:
    """One answer. "I prefer not to say" goes before what is in a question that stands alone; of several on one page it
    is the answer to those that were left blank."""
    raw, version = _raw(posted, f"a_{link_id}"), _version(posted[f"v_{link_id}"])
    other = posted.get(f"o_{link_id}", "")
    is_blank = not any(text.strip() for text in raw) and not other.strip()
    if (is_declined and (is_alone or is_blank)) or (is_blank and f"d_{link_id}" in posted):
        return PostedAnswer([DECLINED_RAW], "", version)
    return PostedAnswer(raw, other, version)


def with_rows_changed(posted: MultiDict[str, str], items: Iterable[Item]) -> MultiDict[str, str] | None:
    """What was posted by the button that adds a row to a list, or takes one away: `add:<link id>` and
    `remove:<link id>:<row>`; None for any other button."""
    verb, _, rest = posted.get("action", "").partition(":")
    link_id, _, place = rest.partition(":")
    item = next((one for one in items if one.link_id == link_id and one.type is ItemType.LIST), None)
    if item is None or verb not in ("add", "remove"):
        return None
    width = len(item.columns)
    rows = rows_of(posted.getlist(f"a_{link_id}"), width)
    if verb == "add":
        rows.append(("",) * width)
    elif _version(place) < len(rows):
        rows.pop(_version(place))
    changed = MultiDict(posted)
    changed.setlist(f"a_{link_id}", [cell for row in rows for cell in row])
    return changed


def _raw(posted: MultiDict[str, str], name: str) -> list[str]:
    if f"{name}-{PARTS[0]}" not in posted:
        return posted.getlist(name)
    day, month, year = (posted.get(f"{name}-{part}", "").strip() for part in PARTS)
    if not day and not month and not year:
        return []
    return [f"{year}-{month_number(month).zfill(2)}-{day.zfill(2)}"]


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
