"""A form as patients would see it, before it goes live: the pages they get, drawn by the same macros. Nothing is saved:
what was answered so far travels in the page itself."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.questionnaires import flow, pace
from booking.core.questionnaires.answers import Reading, Value, read_answer
from booking.core.questionnaires.checks import find_mistakes
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.parsing import parse_questionnaire
from booking.web.administration.clinic_pages import bp
from booking.web.administration.own_form_views import form_or_404
from booking.web.fields import PARTS
from booking.web.questionnaires import forms, pages
from booking.web.questionnaires.body_picture import DRAWINGS

KEY = "page"
_NAMES = ("a_", "o_", "d_", "v_")


@bp.route("/forms/<public_id:public_id>/preview", methods=["GET", "POST"])
def preview_form(public_id: str) -> ResponseReturnValue:
    """One page after the other, as the answers lead; back to the form after the last."""
    own = form_or_404(public_id)
    if find_mistakes(own.data):
        flash(gettext("Put right first what is listed below."), "error")
        return redirect(url_for(".own_form", public_id=public_id), 303)
    shown = parse_questionnaire(own.data)
    readings = _readings(shown)
    answers = {link_id: one.value for link_id, one in readings.items() if one.mistake is None}
    step, has_mistakes = _step(shown, answers, readings)
    if step is None:
        flash(gettext("That was the last page. Nothing was saved."), "success")
        return redirect(url_for(".own_form", public_id=public_id), 303)
    return _page(public_id, shown, step, answers, readings if has_mistakes else {}), 422 if has_mistakes else 200


def _readings(shown: Questionnaire) -> dict[str, Reading]:
    """What was answered so far, on this page and those before."""
    posted = forms.posted_answers(request.form)
    known = shown.question_by_link_id
    return {
        link_id: read_answer(known[link_id], one.raw, one.other) for link_id, one in posted.items() if link_id in known
    }


def _step(
    shown: Questionnaire, answers: Mapping[str, Value | None], readings: Mapping[str, Reading]
) -> tuple[flow.Step | None, bool]:
    """The page to show, None after the last; whether it is the same once more, for its mistakes."""
    found = flow.steps(shown, answers)
    at = next((step for step in found if step.key == request.form.get(KEY)), None)
    if at is None:
        return found[0] if found else None, False
    if request.form.get("action") == "back":
        return flow.previous_step(shown, answers, at.key) or at, False
    if any(readings[q.link_id].mistake for q in at.questions if q.link_id in readings):
        return at, True
    return flow.next_step(shown, answers, at.key), False


def _page(
    public_id: str,
    shown: Questionnaire,
    step: flow.Step,
    answers: Mapping[str, Value | None],
    mistakes: Mapping[str, Reading],
) -> str:
    form = forms.page_form(step.questions, answers, language=shown.language)
    questions = forms.questions(form, step.questions, {}, answers)
    for question in questions:
        found = mistakes.get(question.item.link_id)
        if found is not None and found.mistake is not None:
            forms.mark(question, forms.sentence(question.item, found.mistake))
    progress = pace.progress(shown, answers, step.key)
    here = {q.link_id for q in step.questions}
    kept = [(name, value) for name, value in request.form.items(multi=True) if _is_kept(name, here)]
    return render_template(
        "administration/form_preview.html",
        public_id=public_id,
        preview=shown,
        page=step,
        form=form,
        questions=questions,
        kept=kept,
        words_language=shown.language,
        progress=progress,
        progress_text=pages.progress_text(progress),
        drawings=DRAWINGS,
        focus="",
    )


def _is_kept(name: str, here: set[str]) -> bool:
    """Whether the posted field belongs to another page than the one that is shown."""
    shown = {f"{one}{part}" for one in here for part in ("", *(f"-{part}" for part in PARTS))}
    return name[:2] in _NAMES and name[2:] not in shown
