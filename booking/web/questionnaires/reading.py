"""Reading what was sent: the patient's own copy to print, and the specialist's page. Both are read-only."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext

from booking.core.clock import utc_now
from booking.extensions import db
from booking.queries.questionnaires import Sender
from booking.services import sent_forms
from booking.services.filled_forms import form_of_visit
from booking.services.helpers import helpers_of
from booking.services.sent_forms import SentForm
from booking.web import access, audited
from booking.web.questionnaires.pages import answer_parts
from booking.web.visits.loading import shown_visit_or_404

bp = Blueprint("sent_forms", __name__, url_prefix="/visits/<public_id:public_id>/forms")

SCORES = {
    "peg": (
        lazy_gettext("PEG score"),
        lazy_gettext("0 to 10: the mean of the three answers below. A lower number is better."),
    )
}
"""By form: the name of its score and how to read it. For specialists only."""


@bp.get("/<code>/copy")
def copy(public_id: str, code: str) -> ResponseReturnValue:
    """What the patient sent, to read or print. It asks for a login: a mailed link does not open answers."""
    found = shown_visit_or_404(public_id)
    actor = access.actor()
    if actor.role is None:
        return redirect(url_for("accounts.log_in", next=request.path), 303)
    sent = sent_forms.own_copy(db.session(), actor=actor, visit=found.visit, code=code)
    audited.saw_answers(found.visit.id, found.visit.patient_id)
    return render_template("sent_forms/copy.html", shown=found, sent=sent, parts_sent=answer_parts(sent))


@bp.get("/<code>/answers")
def answers(public_id: str, code: str) -> ResponseReturnValue:
    """What the specialist of the visit reads: answers, who gave them and when, and the score beside them."""
    found = shown_visit_or_404(public_id)
    form = form_of_visit(db.session(), visit=found.visit, code=code)
    if not form.is_sent:
        return render_template("sent_forms/not_sent.html", shown=found, filled=form)
    sent = sent_forms.read_as_specialist(
        db.session(), actor=access.actor(), visit=found.visit, code=code, now=utc_now()
    )
    return render_template(
        "sent_forms/answers.html",
        shown=found,
        sent=sent,
        parts_sent=answer_parts(sent),
        score_words=_score_words(sent),
        sender=_sender_text(sent.sender),
        helpers=helpers_of(db.session(), response_id=sent.form.response_id or 0),
    )


def _score_words(sent: SentForm) -> tuple[str, str]:
    """The name of the score and how to read it; of one without words of ours, its name and its ends."""
    table = sent.score.table if sent.score else None
    if sent.form.code in SCORES or table is None:
        title, reading = SCORES.get(sent.form.code, (gettext("Score"), ""))
        return str(title), str(reading)
    name = table.coding.display or gettext("Score")
    return name, gettext("on a scale from %(lowest)s to %(highest)s", lowest=table.lowest, highest=table.highest)


def _sender_text(sender: Sender | None) -> str:
    if sender is None or not sender.name:
        return gettext("somebody not logged in")
    return gettext("%(name)s, logged in", name=sender.name)
