"""The list of what is to be done: tick off, and take that back."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.extensions import db
from booking.services import desk_tasks
from booking.web import access
from booking.web.desk.day import bp
from booking.web.next_page import checked_next


@bp.post("/tasks/<public_id:public_id>/done")
def finish_task(public_id: str) -> ResponseReturnValue:
    """One press: it is done."""
    desk_tasks.finish(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    return _back(gettext("Done. For ten minutes it stands below the list, where it can be taken back."))


@bp.post("/tasks/<public_id:public_id>/undo")
def reopen_task(public_id: str) -> ResponseReturnValue:
    """One press: it is to be done after all."""
    desk_tasks.reopen(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    return _back(gettext("It is on the list again."))


def _back(sentence: str) -> ResponseReturnValue:
    flash(sentence, "success")
    return redirect(checked_next(request.form.get("next")) or url_for("desk.index"), 303)
