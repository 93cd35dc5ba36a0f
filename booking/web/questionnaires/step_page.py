"""The page of one step as it is shown: first, again with what could not be saved, with another row, or as an answer to
the script that saves while somebody types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from werkzeug.datastructures import MultiDict

from booking.adapters import dates
from booking.core.questionnaires import flow, pace
from booking.core.questionnaires.answers import Value, read_answer
from booking.core.questionnaires.definition import Item
from booking.core.questionnaires.sections import page_questions
from booking.extensions import db
from booking.services.carrying import LastTime, last_time
from booking.services.questionnaires import PostedPage, SavedPage
from booking.web import access
from booking.web.questionnaires import forms, pages
from booking.web.questionnaires.body_picture import DRAWINGS
from booking.web.questionnaires.here import Sight, named_helper
from booking.web.visits.loading import ShownVisit


@dataclass(frozen=True, slots=True)
class Extras:
    """What a page shows beside its questions: `versions` are posted back with it, `messages` stand at the questions,
    `focus` names the list whose rows just changed, `others` are answers from another device, by link id."""

    versions: Mapping[str, int] | None = None
    messages: Mapping[str, str] = field(default_factory=dict)
    focus: str = ""
    last: LastTime = field(default_factory=LastTime)
    others: Mapping[str, str] = field(default_factory=dict)


def first(found: ShownVisit, sight: Sight, page: flow.Step, typed: MultiDict[str, str] | None) -> str:
    """The page with the stored answers, or last time's where there is none yet, or what was `typed` before."""
    last = last_time(db.session(), actor=access.actor(), visit=found.visit, form=sight.form, questions=page.questions)
    values = {**_initial(page.questions, sight), **last.answers, **sight.form.answers}
    return shown(found, sight, page, _form(sight, page, values, typed), Extras(last=last))


def _form(
    sight: Sight, page: flow.Step, values: Mapping[str, Value | None], typed: MultiDict[str, str] | None
) -> forms.AnswerPageForm:
    return forms.page_form(page.questions, values, typed, language=sight.form.questionnaire.language)


def _initial(questions: tuple[Item, ...], sight: Sight) -> dict[str, Value | None]:
    """What the definition proposes for questions without an answer; no more than last time's an answer by itself."""
    return {
        item.link_id: read_answer(item, item.initial.raw, item.initial.other).value
        for item in questions
        if item.initial is not None and item.link_id not in sight.form.stored
    }


def shown(found: ShownVisit, sight: Sight, page: flow.Step, form: forms.AnswerPageForm, extras: Extras) -> str:
    """The page of a step."""
    filled, is_change = sight.form, request.values.get("change") == "1"
    versions = {item.link_id: filled.version_of(item.link_id) for item in page.questions}
    if extras.versions is not None:
        versions = dict(extras.versions)
    questions = forms.questions(form, page.questions, versions, filled.answers)
    for question in questions:
        if question.item.link_id in extras.messages:
            forms.mark(question, extras.messages[question.item.link_id])
    progress = pace.progress(filled.questionnaire, filled.answers, page.key)
    return render_template(
        "questionnaires/step.html",
        shown=found,
        filled=filled,
        page=page,
        form=form,
        questions=questions,
        words_language=filled.questionnaire.language,
        progress=progress,
        progress_text=pages.progress_text(progress),
        is_halfway=pages.is_halfway(progress),
        is_change=is_change,
        back=pages.back_url(found.visit, sight, page.key, is_change=is_change),
        drawings=DRAWINGS,
        focus=extras.focus,
        others=extras.others,
        helper=named_helper(found.visit),
        carried_on=_day(extras.last, found),
    )


def _day(last: LastTime, found: ShownVisit) -> str:
    if not last.answers or last.sent_at is None:
        return ""
    return dates.date_text(last.sent_at.astimezone(found.location.tz).date(), str(get_locale()))


def again(
    found: ShownVisit,
    sight: Sight,
    page: flow.Step,
    posted: PostedPage,
    saved: SavedPage,
    typed: MultiDict[str, str] | None = None,
) -> ResponseReturnValue:
    """The page with what was typed. A mistake keeps the version it was posted with, so that it may still be too old."""
    items = {item.link_id: item for item in page_questions(saved.form.questionnaire, page.key)}
    messages = {link_id: forms.sentence(items[link_id], why) for link_id, why in saved.mistakes.items()}
    others = {
        link_id: pages.plain_text(items[link_id], saved.form.stored[link_id], saved.form.questionnaire.language)
        for link_id in saved.conflicts
    }
    for link_id, answer in others.items():
        messages[link_id] = gettext("There is another answer, from another device: “%(answer)s”", answer=answer)
    versions = {
        link_id: answer.version if link_id in saved.mistakes else saved.form.version_of(link_id)
        for link_id, answer in posted.answers.items()
    }
    form = _form(sight, page, saved.form.answers, typed or request.form)
    focus = "" if typed is None else request.form["action"].split(":")[1]
    code = 200 if saved.is_clean else 422 if saved.mistakes else 409
    return shown(found, sight, page, form, Extras(versions, messages, focus, others=others)), code


def autosaved(sight: Sight, posted: PostedPage, saved: SavedPage) -> dict[str, Any]:
    """What the script of the page is told: the versions that its answers have now, which were not saved, what to do
    about the first mistake, and the page to go to at once, "" for none. No answer is in it."""
    items = sight.form.questionnaire.question_by_link_id
    first_mistake = next(((items[link_id], why) for link_id, why in saved.mistakes.items()), None)
    kept = posted.answers.keys() - saved.mistakes.keys() - saved.conflicts
    return {
        "versions": {link_id: sight.form.version_of(link_id) for link_id in kept},
        "mistakes": sorted(saved.mistakes),
        "why": forms.sentence(*first_mistake) if first_mistake else "",
        "conflicts": sorted(saved.conflicts),
        "next": "",
    }
