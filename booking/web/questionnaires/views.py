"""Filling in the forms of a visit: the task list, one question per page, the review, the end."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.core.errors import FormNotReady
from booking.core.questionnaires import flow
from booking.core.questionnaires.sections import page_questions
from booking.extensions import db
from booking.services import questionnaires
from booking.services.filled_forms import FilledForm, form_of_visit, forms_of_visit
from booking.services.questionnaires import PostedPage, SavedPage, unanswered
from booking.web import access
from booking.web.questionnaires import forms, here, pages, unsent
from booking.web.questionnaires.here import Sight, sight_of
from booking.web.visits.loading import ShownVisit, known_visit_or_404

bp = Blueprint("questionnaires", __name__, url_prefix="/visits/<public_id:public_id>/forms")


@bp.get("/")
def start(public_id: str) -> ResponseReturnValue:
    """What there is to fill in for this visit, how long it takes and how far it is."""
    found = known_visit_or_404(public_id)
    now = utc_now()
    sights = [sight_of(found.visit, form) for form in forms_of_visit(db.session(), visit=found.visit)]
    asked_by_now = [sight.form for sight in sights if not sight.form.is_later(now)]
    return render_template(
        "questionnaires/start.html",
        shown=found,
        lists=[pages.form_tasks(found.visit, one, is_open=one.form.takes_answers(now)) for one in sights],
        is_open=any(form.takes_answers(now) for form in asked_by_now),
        has_later=len(asked_by_now) < len(sights),
        now=now,
        has_unseen=any(sight.has_unseen for sight in sights),
        is_all_sent=bool(asked_by_now) and all(form.is_sent for form in asked_by_now),
    )


@bp.get("/<code>/<int:number>")
def step(public_id: str, code: str, number: int) -> ResponseReturnValue:
    """One question, or one short block, with the answer that is there."""
    found = known_visit_or_404(public_id)
    form = form_of_visit(db.session(), visit=found.visit, code=code)
    sight = sight_of(found.visit, form)
    key = pages.page_key_or_404(form, number)
    page = pages.shown_step_or_none(form, key)
    if (other_page := _other_page(found, form)) is not None:
        return redirect(other_page, 303)
    if page is None:
        return redirect(pages.next_url(found.visit, sight, None), 303)
    if not sight.opens(page):
        flash(_closed_text(), "info")
        return redirect(url_for(".start", public_id=public_id), 303)
    typed = unsent.take()
    if typed is not None:
        flash(gettext("You were logged out before this could be saved. Press Continue to save what you typed."), "info")
    return _page(found, sight, page, forms.page_form(page.questions, form.answers, typed))


def _closed_text() -> str:
    if access.account_or_none():
        return gettext("That question was answered by somebody else. Only they and the patient see the answer.")
    return gettext("That question is answered. Log in to see or change answers that were given before.")


def _other_page(found: ShownVisit, form: FilledForm) -> str | None:
    """Where to go instead, when this form takes no answers."""
    if form.is_sent:
        return pages.form_url("done", found.visit, form)
    if not form.takes_answers(utc_now()):
        return url_for("questionnaires.start", public_id=found.visit.public_id)
    return None


def _page(
    found: ShownVisit,
    sight: Sight,
    page: flow.Step,
    form: forms.AnswerPageForm,
    versions: Mapping[str, int] | None = None,
    messages: Mapping[str, str] | None = None,
) -> str:
    """The page of a step. `versions` are posted back with it, `messages` stand at the questions."""
    filled, is_change = sight.form, request.values.get("change") == "1"
    shown = {item.link_id: filled.version_of(item.link_id) for item in page.questions} if versions is None else versions
    questions = forms.questions(form, page.questions, shown)
    for question in questions:
        if messages and question.item.link_id in messages:
            forms.mark(question, messages[question.item.link_id])
    progress = flow.progress(filled.questionnaire, filled.answers, page.key)
    return render_template(
        "questionnaires/step.html",
        shown=found,
        filled=filled,
        page=page,
        form=form,
        questions=questions,
        progress=progress,
        progress_text=pages.progress_text(progress),
        is_halfway=pages.is_halfway(progress),
        is_change=is_change,
        back=pages.back_url(found.visit, sight, page.key, is_change=is_change),
    )


@bp.post("/<code>/<int:number>")
def save_step(public_id: str, code: str, number: int) -> ResponseReturnValue:
    """Save what is an answer and go on; what is none stays on the page with what to do about it."""
    unsent.keep_if_logged_out(public_id)
    found = known_visit_or_404(public_id)
    version = request.form.get("form_version", "")
    before = form_of_visit(db.session(), visit=found.visit, code=code, version=version)
    posted = _posted_page(found, before, pages.page_key_or_404(before, number), version)
    saved = questionnaires.save_page(
        db.session(), actor=access.actor(), visit=found.visit, code=code, page=posted, now=utc_now()
    )
    here.remember(found.visit, code, saved.written)
    sight = sight_of(found.visit, saved.form)
    page = pages.shown_step_or_none(saved.form, posted.key)
    if saved.is_clean or page is None or request.form.get("action") == "back":
        return redirect(_next_page(found, sight, posted), 303)
    if not sight.opens(page):
        flash(gettext("That question was answered on another device meanwhile. That answer was kept."), "info")
        return redirect(_next_page(found, sight, posted), 303)
    return _page_again(found, sight, page, posted, saved)


def _posted_page(found: ShownVisit, form: FilledForm, key: str, version: str) -> PostedPage:
    action = request.form.get("action", "")
    return PostedPage(
        key,
        version,
        forms.posted_answers(request.form),
        is_skipped=action == "skip",
        is_leaving=action in ("later", "back"),
        written_here=sight_of(found.visit, form).written,
    )


def _next_page(found: ShownVisit, sight: Sight, posted: PostedPage) -> str:
    is_change = request.form.get("change") == "1"
    if request.form.get("action") == "back":
        return pages.back_url(found.visit, sight, posted.key, is_change=is_change)
    if posted.is_leaving:
        flash(gettext("Your answers are saved. You can go on whenever you like."), "success")
        return url_for("questionnaires.start", public_id=found.visit.public_id)
    return pages.next_url(found.visit, sight, posted.key, is_change=is_change)


def _page_again(
    found: ShownVisit, sight: Sight, page: flow.Step, posted: PostedPage, saved: SavedPage
) -> ResponseReturnValue:
    """The page with what was typed. A mistake keeps the version it was posted with, so that it may still be too old."""
    items = {item.link_id: item for item in page_questions(saved.form.questionnaire, page.key)}
    messages = {link_id: forms.sentence(items[link_id], why) for link_id, why in saved.mistakes.items()}
    for link_id in saved.conflicts:
        messages[link_id] = gettext(
            "This was answered on another device meanwhile: “%(answer)s”. Continue to use your answer below instead",
            answer=pages.plain_text(items[link_id], saved.form.stored[link_id]),
        )
    versions = {
        link_id: answer.version if link_id in saved.mistakes else saved.form.version_of(link_id)
        for link_id, answer in posted.answers.items()
    }
    form = forms.page_form(page.questions, {})
    return _page(found, sight, page, form, versions, messages), 422 if saved.mistakes else 409


@bp.get("/<code>/review")
def review(public_id: str, code: str) -> ResponseReturnValue:
    """All answers before they are sent, each with a link to change it."""
    found = known_visit_or_404(public_id)
    form = form_of_visit(db.session(), visit=found.visit, code=code)
    if (other_page := _other_page(found, form)) is not None:
        return redirect(other_page, 303)
    return _review(found, form)


def _review(
    found: ShownVisit,
    form: FilledForm,
    missing: tuple[str, ...] = (),
    *,
    has_changed: bool = False,
    is_refused: bool = False,
) -> str:
    sight = sight_of(found.visit, form)
    applying = flow.without_hidden(form.questionnaire, form.answers)
    by_question = {q.link_id: s for s in flow.steps(form.questionnaire, form.answers) for q in s.questions}
    return render_template(
        "questionnaires/review.html",
        shown=found,
        filled=form,
        review=pages.review_parts(found.visit, sight),
        send_form=forms.SendAnswersForm(formdata=None, revision=form.revision),
        missing=[
            (form.questionnaire.question_by_link_id[link_id].text,
             pages.page_url(found.visit, form, by_question[link_id].key, is_change=True))
            for link_id in missing
        ],
        has_changed=has_changed,
        has_hidden=len(applying) < len(form.answers),
        has_unseen=sight.has_unseen,
        is_blank=form.response_id is None,
        is_refused=is_refused,
    )  # fmt: skip


@bp.post("/<code>/review")
def send(public_id: str, code: str) -> ResponseReturnValue:
    """Send the form; what is missing is named, and nothing is lost."""
    found = known_visit_or_404(public_id)
    revision = forms.SendAnswersForm().revision.data
    try:
        questionnaires.send_form(
            db.session(), actor=access.actor(), visit=found.visit, code=code, revision=revision or 0, now=utc_now()
        )
    except FormNotReady as refused:
        form = form_of_visit(db.session(), visit=found.visit, code=code)
        return _review(found, form, unanswered(form), has_changed=refused.details["has_changed"], is_refused=True), 422
    return redirect(url_for(".done", public_id=public_id, code=code), 303)


@bp.get("/<code>/done")
def done(public_id: str, code: str) -> ResponseReturnValue:
    """Thanks, and what comes next. No score: what the answers mean is said by a person."""
    found = known_visit_or_404(public_id)
    all_forms = {form.code: form for form in forms_of_visit(db.session(), visit=found.visit)}
    form = all_forms.get(code)
    if form is None or not form.is_sent:
        return redirect(url_for(".start", public_id=public_id), 303)
    others = [other for other in all_forms.values() if other.takes_answers(utc_now())]
    following = pages.form_tasks(found.visit, sight_of(found.visit, others[0])) if others else None
    may_read = sight_of(found.visit, form).may_read
    return render_template("questionnaires/done.html", shown=found, filled=form, following=following, may_read=may_read)
