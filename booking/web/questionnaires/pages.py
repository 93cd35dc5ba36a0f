"""What the pages of a form show, put together from the filled form: tasks, progress, the review, answers in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from babel import numbers
from flask import abort, url_for
from flask_babel import get_locale, gettext, lazy_gettext, ngettext
from markupsafe import Markup, escape

from booking.adapters import dates
from booking.core.questionnaires import flow, pace
from booking.core.questionnaires.answers import Chosen, Declined, Quantity, Rows, Value
from booking.core.questionnaires.definition import Item
from booking.core.questionnaires.sections import (
    Completion,
    Section,
    named_sections,
    page_keys,
    section_titles,
    sections,
)
from booking.queries.appointments import Visit
from booking.services.filled_forms import FilledForm, StoredAnswer
from booking.services.sent_forms import SentForm
from booking.web.questionnaires.fields import SCALE, boolean_words
from booking.web.questionnaires.here import Sight

COMPLETION = {
    Completion.NOT_STARTED: (lazy_gettext("Not started"), ""),
    Completion.IN_PROGRESS: (lazy_gettext("In progress"), "busy"),
    Completion.DONE: (lazy_gettext("Done"), "good"),
}
PAUSE_FROM = 8
"""Forms of at least so many pages offer a pause in the middle."""

LONGEST_TITLE = 60
"""Headings of more characters are questions, as those of the PHQ: they name no part of a task list."""


@dataclass(frozen=True, slots=True)
class FormTasks:
    """One form on the task list. `resume_href` is where to go on, "" when it was sent; `is_begun` and `is_answered`,
    which is all of it, name that button. `may_read`: what was sent may be read here."""

    form: FilledForm
    length: str
    tasks: tuple[dict[str, Any], ...]
    resume_href: str
    is_begun: bool
    is_answered: bool
    may_read: bool

    @property
    def button(self) -> str:
        """What leads on with it is called."""
        if self.is_answered:
            return gettext("Check and send")
        return gettext("Go on") if self.is_begun else gettext("Start")


def page_url(visit: Visit, form: FilledForm, key: str, *, is_change: bool = False) -> str:
    """The address of one page: by its number, since a link id may tell what it is about."""
    number = page_keys(form.questionnaire).index(key) + 1
    change = "1" if is_change else None
    return url_for("questionnaires.step", public_id=visit.public_id, code=form.code, number=number, change=change)


def form_url(endpoint: str, visit: Visit, form: FilledForm) -> str:
    """The address of the review, the end or the copy of a form."""
    return url_for(f"questionnaires.{endpoint}", public_id=visit.public_id, code=form.code)


def page_key_or_404(form: FilledForm, number: int) -> str:
    """The key of the page with that number."""
    keys = page_keys(form.questionnaire)
    return keys[number - 1] if 1 <= number <= len(keys) else abort(404)


def shown_step_or_none(form: FilledForm, key: str) -> flow.Step | None:
    """The page, None while the answers hide it."""
    shown = flow.steps(form.questionnaire, form.answers)
    return next((step for step in shown if step.key == key), None)


def form_tasks(visit: Visit, sight: Sight, *, is_open: bool = True) -> FormTasks:
    """The parts of a form with their status and addresses."""
    form = sight.form
    parts = named_sections(form.questionnaire, form.answers, LONGEST_TITLE)
    is_begun = form.response_id is not None
    is_answered = is_begun and all(part.completion is Completion.DONE for part in parts)
    return FormTasks(
        form,
        _left_text(form, is_begun=is_begun, is_answered=is_answered),
        tuple(_task(visit, sight, part, is_open=is_open) for part in parts),
        next_url(visit, sight, None) if is_open and not form.is_sent else "",
        is_begun,
        is_answered,
        sight.may_read,
    )


def _left_text(form: FilledForm, *, is_begun: bool, is_answered: bool) -> str:
    """How long what is not answered yet takes, for the form as a whole: parts rounded one by one add up to another
    number."""
    if is_answered:
        return gettext("All answered, not sent yet: check your answers and send them")
    minutes = pace.minutes_left(form.questionnaire, form.answers)
    return _minutes_left_text(minutes) if is_begun else length_text(minutes)


def _task(visit: Visit, sight: Sight, part: Section, *, is_open: bool) -> dict[str, Any]:
    form = sight.form
    state = Completion.DONE if form.is_sent else part.completion
    words, tone = COMPLETION[state]
    open_steps = [step for step in part.steps if sight.opens(step)]
    unanswered = [step for step in open_steps if any(q.link_id not in form.answers for q in step.questions)]
    wanted = (unanswered or open_steps)[:1]
    href = "" if form.is_sent or not is_open or not wanted else page_url(visit, form, wanted[0].key)
    count = sum(len(step.questions) for step in part.steps)
    title = worded(form, part.title) or ngettext("%(num)s question", "%(num)s questions", count)
    return {"title": title, "status": words, "tone": tone, "href": href}


def worded(form: FilledForm, text: str) -> str:
    """Words of the form for a page that is in another language: marked as such; as they are where it is the same."""
    language = form.questionnaire.language
    if not text or language.partition("-")[0] == str(get_locale()).partition("_")[0]:
        return text
    return Markup('<span lang="{}">{}</span>').format(language, text)


def length_text(minutes: int) -> str:
    """ "About 3 minutes"."""
    return ngettext("About %(num)s minute", "About %(num)s minutes", minutes)


def _minutes_left_text(minutes: int) -> str:
    """ "About 3 minutes left"."""
    return ngettext("About %(num)s minute left", "About %(num)s minutes left", minutes)


def next_url(visit: Visit, sight: Sight, after: str | None, *, is_change: bool = False) -> str:
    """Where Continue leads from the page `after`: the next page that may be opened here, at last the review.

    From the start, and after a change, that is the next page without an answer."""
    form = sight.form
    found = flow.steps(form.questionnaire, form.answers)
    if after is not None and not is_change:
        keys = page_keys(form.questionnaire)
        wanted = [step for step in found if keys.index(step.key) > keys.index(after)]
    else:
        wanted = [step for step in found if any(q.link_id not in form.stored for q in step.questions)]
    open_steps = [step for step in wanted if sight.opens(step)]
    if open_steps:
        return page_url(visit, form, open_steps[0].key, is_change=is_change)
    return form_url("review", visit, form)


def back_url(visit: Visit, sight: Sight, key: str, *, is_change: bool) -> str:
    """Where Back leads: the page before that may be opened here, or the task list."""
    form = sight.form
    if is_change:
        return form_url("review", visit, form)
    before = flow.previous_step(form.questionnaire, form.answers, key)
    while before is not None and not sight.opens(before):
        before = flow.previous_step(form.questionnaire, form.answers, before.key)
    if before is None:
        return url_for("questionnaires.start", public_id=visit.public_id)
    return page_url(visit, form, before.key)


def progress_text(progress: pace.Progress) -> str:
    """ "Question 2 of 9, about 3 minutes left"; without the total while answers may still change it."""
    left = ngettext("about %(num)s minute left", "about %(num)s minutes left", progress.minutes_left)
    if progress.is_about:
        return gettext("Question %(number)s, %(left)s", number=progress.number, left=left)
    return gettext(
        "Question %(number)s of %(total)s, %(left)s", number=progress.number, total=progress.total, left=left
    )


def is_halfway(progress: pace.Progress) -> bool:
    """Whether this page is the one to mention a pause on."""
    return progress.total >= PAUSE_FROM and progress.number == progress.total // 2 + 1


@dataclass(frozen=True, slots=True)
class ReviewPart:
    """The answers under one heading, as rows of a summary list."""

    title: str
    rows: tuple[dict[str, Any], ...]


def review_parts(visit: Visit, sight: Sight) -> tuple[ReviewPart, ...]:
    """All shown questions with what is stored, each with the address to change it."""
    form = sight.form
    return tuple(
        ReviewPart(
            worded(form, part.title),
            tuple(_review_row(visit, sight, step, item) for step in part.steps for item in step.questions),
        )
        for part in sections(form.questionnaire, form.answers)
    )


def _review_row(visit: Visit, sight: Sight, step: flow.Step, item: Item) -> dict[str, Any]:
    stored = sight.form.stored.get(item.link_id)
    key = worded(sight.form, item.text)
    if not sight.sees(item.link_id):
        return {"key": key, "value": gettext("Answered")}
    href = page_url(visit, sight.form, step.key, is_change=True) if sight.opens(step) else ""
    return {
        "key": key,
        "value": _value(sight.form, item, stored),
        "href": href,
        "hidden": gettext("the answer to “%(question)s”", question=key),
    }


def _value(form: FilledForm, item: Item, stored: StoredAnswer | None) -> str:
    """The answer in words; a choice in those of the form."""
    text = stored_text(item, stored, form.questionnaire.language)
    is_words = stored is not None and isinstance(stored.value, Chosen | bool)
    return worded(form, text) if is_words else text


def answer_parts(sent: SentForm) -> tuple[ReviewPart, ...]:
    """What was sent, under the headings of the form, to read only."""
    form = sent.form
    titles = section_titles(form.questionnaire)
    grouped = groupby(sent.rows, key=lambda row: titles[row[0].link_id])
    return tuple(
        ReviewPart(
            worded(form, title),
            tuple({"key": worded(form, item.text), "value": _value(form, item, stored)} for item, stored in rows),
        )
        for title, rows in grouped
    )


def stored_text(item: Item, stored: StoredAnswer | None, language: str = "") -> str:
    """An answer, or why there is none, in words; the latter are set apart. `language` is that of the form's words."""
    if stored is not None and stored.is_readable and stored.value is not None:
        return answer_text(item, stored.value, language)
    return Markup('<span class="unanswered">{}</span>').format(_missing_text(stored))


def _missing_text(stored: StoredAnswer | None) -> str:
    if stored is None:
        return gettext("Not answered")
    return gettext("Skipped") if stored.is_readable else gettext("This answer cannot be read.")


def answer_text(item: Item, value: Value, language: str = "") -> str:
    """An answer as people read it; several choices, and the lines of a text, stand below each other."""
    return Markup("<br>").join(escape(line) for line in answer_lines(item, value, language))


def answer_lines(item: Item, value: Value, language: str = "") -> list[str]:
    """An answer in words: one line, or several."""
    if isinstance(value, Chosen):
        return [*(item.option_by_code[code].label for code in value.codes), *([value.other] if value.other else [])]
    if isinstance(value, bool):
        yes, no = boolean_words(language)
        return [yes if value else no]
    if isinstance(value, int | Decimal | Quantity):
        return [_number_text(item, value)]
    if isinstance(value, date):
        return [dates.date_text(value, str(get_locale()))]
    if isinstance(value, Rows):
        return [", ".join(cell for cell in row if cell) for row in value.rows]
    return [gettext("Prefer not to say")] if isinstance(value, Declined) else value.split("\n")


def plain_text(item: Item, stored: StoredAnswer, language: str = "") -> str:
    """A stored answer in one line, to be quoted in a sentence."""
    if stored.is_readable and stored.value is not None:
        return ", ".join(answer_lines(item, stored.value, language))
    return _missing_text(stored)


def _number_text(item: Item, value: int | Decimal | Quantity) -> str:
    if isinstance(value, Quantity):
        unit = next(u for u in item.units if u.code == value.unit)
        return f"{_decimal_text(value.value)} {unit.display}"
    if isinstance(value, Decimal):
        return _decimal_text(value)
    if (item.min_value, item.max_value) != SCALE:
        return str(value)
    word = {SCALE[0]: item.low_label, SCALE[1]: item.high_label}.get(value, "")
    text = gettext("%(number)s of %(highest)s", number=value, highest=SCALE[1])
    return f"{text} – {word}" if word else text


def _decimal_text(value: Decimal) -> str:
    return str(numbers.format_decimal(value, locale=str(get_locale()), decimal_quantization=False))
