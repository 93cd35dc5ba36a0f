"""The message after a safety answer: where help is at once, shown at the moment of answering and again at the end.

Its address says nothing. Whoever may not see the answer behind it is not shown that there is a message."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from booking.core.clock import utc_now
from booking.core.questionnaires.safety import has_safety_item, safety_answers
from booking.core.scheduling.working_hours import working_from
from booking.extensions import db
from booking.queries.safety import watch
from booking.services.filled_forms import FilledForm
from booking.services.safety_answers import HelpMessage, help_message
from booking.web import access
from booking.web.context import clinic_now
from booking.web.questionnaires import pages
from booking.web.questionnaires.here import Sight
from booking.web.visits.loading import ShownVisit

SHOWN = "help_shown"
"""Session value: "<visit>/<form>" → link id → version of the answer after which the message was shown."""


def help_url(found: ShownVisit, form: FilledForm) -> str:
    """The address of the message."""
    return url_for("questionnaires.note", public_id=found.visit.public_id, code=form.code)


def is_due(found: ShownVisit, sight: Sight) -> bool:
    """Whether an answer that stands now calls for the message, and this browser has not shown it since.

    A page that was left before its script could follow the answer shows it with the next press."""
    shown = access.server_session().get(SHOWN, {}).get(_key(found, sight.form), {})
    return any(sight.sees(one) and shown.get(one) != version for one, version in _versions(sight.form).items())


def _versions(form: FilledForm) -> dict[str, int]:
    items = safety_answers(form.questionnaire, form.answers)
    return {item.link_id: form.version_of(item.link_id) for item in items}


def _key(found: ShownVisit, form: FilledForm) -> str:
    return f"{found.visit.public_id}/{form.code}"


def page(found: ShownVisit, sight: Sight) -> ResponseReturnValue:
    """The whole screen, with numbers to tap and the way on."""
    message = message_or_none(sight)
    if message is None:
        return redirect(url_for("questionnaires.start", public_id=found.visit.public_id), 303)
    session = access.server_session()
    session[SHOWN] = {**session.get(SHOWN, {}), _key(found, sight.form): _versions(sight.form)}
    onward = pages.form_url("done", found.visit, sight.form)
    if not sight.form.is_sent:
        onward = pages.next_url(found.visit, sight, None)
    return render_template("questionnaires/help.html", shown=found, onward=onward, **variables(found, message))


def message_or_none(sight: Sight) -> HelpMessage | None:
    """The message of the form, for who may see the answers behind it."""
    if not has_safety_item(sight.form.questionnaire):
        return None
    message = help_message(db.session(), response_id=sight.form.response_id)
    if message is None or not all(sight.sees(link_id) for link_id in message.link_ids):
        return None
    return message


def variables(found: ShownVisit, message: HelpMessage | None) -> dict[str, Any]:
    """What the template of the message reads. `works_again_at`: nobody works at the location until then, by its
    calendars with their holidays; None while somebody does."""
    if message is None:
        return {"help_message": None, "crisis": None, "works_again_at": None}
    now = utc_now()
    again_at = working_from(clinic_now(), found.location.id, now) if message.is_told else None
    return {
        "help_message": message,
        "crisis": watch(db.session()).crisis,
        "works_again_at": again_at if again_at != now else None,
    }
