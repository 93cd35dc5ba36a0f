"""The list of what is to be done, one for everybody who works here, and the page of each piece of work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.actor import Role
from booking.core.clock import utc_now
from booking.core.errors import TaskTaken
from booking.core.tasks import SAFETY_ANSWER, Outcome, roles_for
from booking.extensions import db
from booking.models import TaskState
from booking.queries.tasks import ListedTask, colleagues, done_tasks, open_tasks, task_or_none, urgent_elsewhere
from booking.services import task_list
from booking.services.safety_answers import SafetyFacts, read_facts
from booking.services.task_list import UNDO_FOR
from booking.web import access, audited
from booking.web.context import clinic_now
from booking.web.next_page import checked_next
from booking.web.questionnaires.pages import answer_text
from booking.web.tasks.forms import OUTCOME, TO_ROLE, FinishForm, HandOnForm
from booking.web.tasks.lines import line_of, lines_of

bp = Blueprint("tasks", __name__, url_prefix="/tasks")


@bp.get("/")
def index() -> str:
    """What waits for the reader, urgent first; what was done a moment ago; what others must deal with."""
    session, actor, now = db.session(), access.actor(), utc_now()
    waiting = lines_of(open_tasks(session, actor=actor))
    audited.saw_list(audited.TASKS_SEEN)
    return render_template(
        "tasks/list.html",
        urgent=[line for line in waiting if line.task.is_urgent],
        own=[line for line in waiting if line.is_own and not line.task.is_urgent],
        others=[line for line in waiting if not line.is_own and not line.task.is_urgent],
        done=lines_of(done_tasks(session, actor=actor, since=now - UNDO_FOR)),
        elsewhere=urgent_elsewhere(session, actor=actor),
        tz=_tz(),
    )


@bp.get("/<public_id:public_id>")
def task(public_id: str) -> str:
    """One piece of work, and everything that can be done about it."""
    found = _found(public_id)
    return _page(found, FinishForm(found.kind), _hand_on_form(found))


def _found(public_id: str) -> ListedTask:
    """The only way from an address to work: it loads and it authorises."""
    found = task_or_none(db.session(), actor=access.actor(), public_id=public_id)
    if found is None:
        abort(404)
    audited.saw_task(found.id, found.patient_id)
    return found


def _hand_on_form(found: ListedTask) -> HandOnForm:
    people = colleagues(db.session(), roles=roles_for(found.kind), but=found.holder_id or access.actor().account_id)
    return HandOnForm(found, people)


def _page(found: ListedTask, finish_form: FinishForm, hand_on_form: HandOnForm) -> str:
    return render_template(
        "tasks/task.html",
        line=line_of(found),
        note=task_list.note_of(db.session(), found.id),
        outcome=OUTCOME.get(Outcome(found.outcome_code)) if found.outcome_code in set(Outcome) else None,
        safety=_safety_facts(found),
        finish_form=finish_form,
        hand_on_form=hand_on_form,
        is_open=found.state is TaskState.OPEN,
        may_undo=found.closed_at is not None and found.closed_at + UNDO_FOR > utc_now(),
        answer_text=answer_text,
        tz=_tz(),
    )


def _safety_facts(found: ListedTask) -> SafetyFacts | None:
    """The answers behind a safety task; who may see the task may read them, and that is written down."""
    if found.kind != SAFETY_ANSWER:
        return None
    return read_facts(db.session(), actor=access.actor(), public_id=found.public_id, now=utc_now())


def _tz() -> ZoneInfo:
    """The clock by which the list tells times: that of the first own location."""
    actor, clinic = access.actor(), clinic_now()
    own = [place for i, place in sorted(clinic.locations.items()) if actor.works_at(i)]
    return (own or list(clinic.locations.values()))[0].tz


@bp.post("/<public_id:public_id>/claim")
def claim(public_id: str) -> ResponseReturnValue:
    """I do it."""
    return _done(public_id, task_list.claim, gettext("It is yours now."))


@bp.post("/<public_id:public_id>/give-back")
def give_back(public_id: str) -> ResponseReturnValue:
    """I do not do it after all."""
    return _done(public_id, task_list.give_back, gettext("It waits for somebody again."))


@bp.post("/<public_id:public_id>/undo")
def reopen(public_id: str) -> ResponseReturnValue:
    """It is to be done after all."""
    return _done(public_id, task_list.reopen, gettext("It is on the list again."))


@bp.post("/<public_id:public_id>/help")
def call_for_help(public_id: str) -> ResponseReturnValue:
    """Somebody else must look at it, now."""
    return _done(public_id, task_list.call_for_help, gettext("It stands on top of the list now, for others too."))


@bp.post("/<public_id:public_id>/done")
def finish(public_id: str) -> ResponseReturnValue:
    """It is done: by one press, or with what came of it."""
    found = _found(public_id)
    if "outcome" not in request.form and line_of(found).is_quick:
        return _done(public_id, task_list.finish, _ticked_off())
    form = FinishForm(found.kind)
    if not form.validate_on_submit():
        return _page(found, form, _hand_on_form(found)), 422

    end = partial(task_list.finish, outcome=Outcome(form.outcome.data), note=form.note.data or "")
    return _done(public_id, end, _ticked_off())


def _ticked_off() -> str:
    return gettext("Done. For ten minutes it stands below the list, where it can be taken back.")


@bp.post("/<public_id:public_id>/hand-on")
def hand_on(public_id: str) -> ResponseReturnValue:
    """Somebody else does it."""
    found = _found(public_id)
    form = _hand_on_form(found)
    if not form.validate_on_submit():
        return _page(found, FinishForm(found.kind, formdata=None), form), 422
    to = str(form.to.data)
    said = gettext("It was handed on.")
    if to.startswith(TO_ROLE):
        role = Role(to.removeprefix(TO_ROLE))
        return _done(public_id, partial(task_list.hand_on_to_role, role=role), said)
    return _done(public_id, partial(task_list.hand_on_to_colleague, to=to), said)


def _done(public_id: str, act: Callable[..., None], said: str) -> ResponseReturnValue:
    """Do it, tell what came of it, and go back to where the press was made."""
    try:
        act(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    except TaskTaken as taken:
        flash(_taken_text(taken), "warning")
    else:
        flash(said, "success")
    return redirect(checked_next(request.form.get("next")) or url_for(".index"), 303)


def _taken_text(taken: TaskTaken) -> str:
    name = taken.details["name"]
    if taken.details["is_done"]:
        return gettext("%(name)s has done it already. Nothing of yours was kept.", name=name)
    return gettext("%(name)s has taken this already.", name=name)
