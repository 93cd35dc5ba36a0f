"""Filling in the forms of a visit: the task list, one question per page, the review, the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from booking.adapters.languages import language_name
from booking.core.clock import utc_now
from booking.core.errors import FormNotReady
from booking.core.questionnaires import flow
from booking.core.questionnaires.sections import page_questions
from booking.extensions import db
from booking.services import form_language, questionnaires
from booking.services.filled_forms import FilledForm, library
from booking.services.questionnaires import PostedPage, unanswered
from booking.web import access
from booking.web.consents.on_visit import open_consents
from booking.web.questionnaires import forms, help_page, here, pages, step_page, unsent
from booking.web.questionnaires.here import Sight, sight_of
from booking.web.questionnaires.unsent import AUTOSAVE
from booking.web.visits.loading import ShownVisit, known_visit_or_404

bp = Blueprint("questionnaires", __name__, url_prefix="/visits/<public_id:public_id>/forms")


@bp.get("/")
def start(public_id: str) -> ResponseReturnValue:
    """What there is to fill in for this visit, how long it takes and how far it is."""
    found = known_visit_or_404(public_id)
    now = utc_now()
    sights = [sight_of(found.visit, form) for form in here.forms_of(found.visit)]
    open_sights = [sight for sight in sights if sight.form.takes_answers(now)]
    asked_by_now = [sight.form for sight in sights if not sight.form.is_later(now)]
    return render_template(
        "questionnaires/start.html",
        shown=found,
        lists=[pages.form_tasks(found.visit, one, is_open=one.form.takes_answers(now)) for one in sights],
        is_open=any(form.takes_answers(now) for form in asked_by_now),
        consents=open_consents(found.visit.patient_id),
        has_later=len(asked_by_now) < len(sights),
        now=now,
        has_unseen=any(sight.has_unseen for sight in sights),
        helper_form=forms.HelperForm(formdata=None, helper=here.named_helper(found.visit)),
        helper=here.helper_of(found.visit),
        languages=_languages(sight.form for sight in open_sights),
        kept_page=unsent.waiting_below(request.path),
        partly=any(len(library(db.session()).languages(sight.form.questionnaire)) < 2 for sight in open_sights),
        is_all_sent=bool(asked_by_now) and all(form.is_sent for form in asked_by_now),
    )


def _languages(open_forms: Iterable[FilledForm]) -> list[tuple[str, str, bool]]:
    """Code, own name, and whether a form is read in it here, of each language to choose from; [] for less than two."""
    shelf, found = library(db.session()), list(open_forms)
    codes = form_language.languages_of(db.session(), found)
    read = {form.questionnaire.language for form in found if len(shelf.languages(form.questionnaire)) > 1}
    return [(code, language_name(code, code), code in read) for code in codes] if len(codes) > 1 else []


@bp.post("/helper")
def helper(public_id: str) -> ResponseReturnValue:
    """Somebody helps, or nobody does any more."""
    found = known_visit_or_404(public_id)
    form = forms.HelperForm()
    if form.validate():
        here.name_helper(found.visit, form.helper.data)
        flash(_helper_text(form.helper.data), "success")
    else:
        flash(gettext("That name is too long. Use 80 characters or fewer."), "error")
    return redirect(url_for(".start", public_id=public_id), 303)


def _helper_text(name: str) -> str:
    if name:
        return gettext("Thank you. Your specialist will see that %(name)s helped.", name=name)
    return gettext("From now on, answers are the patient's alone.")


@bp.post("/language")
def language(public_id: str) -> ResponseReturnValue:
    """Read the forms of this visit in another language, as far as they have it."""
    found = known_visit_or_404(public_id)
    wanted = request.form.get("language", "")
    if form_language.choose_language(
        db.session(), actor=access.actor(), visit=found.visit, language=wanted, now=utc_now()
    ):
        here.read_in(found.visit, wanted)
    return redirect(url_for(".start", public_id=public_id), 303)


@bp.get("/<code>/<int:number>")
def step(public_id: str, code: str, number: int) -> ResponseReturnValue:
    """One question, or one short block, with the answer that is there."""
    found = known_visit_or_404(public_id)
    form = here.form_of(found.visit, code)
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
    return step_page.first(found, sight, page, typed)


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


@bp.post("/<code>/<int:number>")
def save_step(public_id: str, code: str, number: int) -> ResponseReturnValue:
    """Save what is an answer and go on; what is none stays on the page with what to do about it."""
    unsent.keep_if_logged_out(public_id)
    found = known_visit_or_404(public_id)
    version = request.form.get("form_version", "")
    before = here.form_of(found.visit, code, version)
    key = pages.page_key_or_404(before, number)
    typed = forms.with_rows_changed(request.form, page_questions(before.questionnaire, key))
    posted = _posted_page(found, before, key, version, typed)
    saved = questionnaires.save_page(
        db.session(), actor=access.actor(), visit=found.visit, code=code, page=posted, now=utc_now()
    )
    saved = replace(saved, form=here.in_readers_words(found.visit, saved.form))
    here.remember(found.visit, code, saved.written)
    unsent.take()  # Older than what has just arrived.
    sight = sight_of(found.visit, saved.form)
    needs_help = saved.needs_help or help_page.is_due(found, sight)
    if request.form.get("action") == AUTOSAVE:
        told = step_page.autosaved(sight, posted, saved)
        return {**told, "next": help_page.help_url(found, saved.form)} if needs_help else told
    if needs_help:
        return redirect(help_page.help_url(found, saved.form), 303)
    page = pages.shown_step_or_none(saved.form, posted.key)
    is_done = saved.is_clean and typed is None
    if is_done or page is None or request.form.get("action") == "back":
        return redirect(_next_page(found, sight, posted), 303)
    if not sight.opens(page):
        flash(gettext("That question was answered on another device meanwhile. That answer was kept."), "info")
        return redirect(_next_page(found, sight, posted), 303)
    return step_page.again(found, sight, page, posted, saved, typed)


def _posted_page(
    found: ShownVisit, form: FilledForm, key: str, version: str, typed: MultiDict[str, str] | None
) -> PostedPage:
    action = request.form.get("action", "")
    return PostedPage(
        key,
        version,
        forms.posted_answers(typed or request.form),
        is_skipped=action == "skip",
        is_leaving=action in ("later", "back", AUTOSAVE) or typed is not None,
        written_here=sight_of(found.visit, form).written,
        helper=here.helper_of(found.visit),
        language=request.form.get("form_language", form.questionnaire.language),
    )


def _next_page(found: ShownVisit, sight: Sight, posted: PostedPage) -> str:
    is_change = request.form.get("change") == "1"
    if request.form.get("action") == "back":
        return pages.back_url(found.visit, sight, posted.key, is_change=is_change)
    if request.form.get("action") == "later":
        flash(gettext("Your answers are saved. You can go on whenever you like."), "success")
        return url_for("questionnaires.start", public_id=found.visit.public_id)
    return pages.next_url(found.visit, sight, posted.key, is_change=is_change)


@bp.get("/<code>/note")
def note(public_id: str, code: str) -> ResponseReturnValue:
    """The message that an answer has called for. It can be gone on from; nothing is blocked."""
    found = known_visit_or_404(public_id)
    return help_page.page(found, sight_of(found.visit, here.form_of(found.visit, code)))


@bp.get("/<code>/review")
def review(public_id: str, code: str) -> ResponseReturnValue:
    """All answers before they are sent, each with a link to change it."""
    found = known_visit_or_404(public_id)
    form = here.form_of(found.visit, code)
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
        form = here.form_of(found.visit, code)
        return _review(found, form, unanswered(form), has_changed=refused.details["has_changed"], is_refused=True), 422
    return redirect(url_for(".done", public_id=public_id, code=code), 303)


@bp.get("/<code>/done")
def done(public_id: str, code: str) -> ResponseReturnValue:
    """Thanks, and what comes next. No score: what the answers mean is said by a person."""
    found = known_visit_or_404(public_id)
    all_forms = {form.code: form for form in here.forms_of(found.visit)}
    form = all_forms.get(code)
    if form is None or not form.is_sent:
        return redirect(url_for(".start", public_id=public_id), 303)
    others = [other for other in all_forms.values() if other.takes_answers(utc_now())]
    following = pages.form_tasks(found.visit, sight_of(found.visit, others[0])) if others else None
    sight = sight_of(found.visit, form)
    return render_template(
        "questionnaires/done.html",
        shown=found,
        filled=form,
        following=following,
        may_read=sight.may_read,
        **help_page.variables(found, help_page.message_or_none(sight)),
    )
