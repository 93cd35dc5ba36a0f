"""How long things are kept: what the settings and the program say, for administrators to read."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app, render_template
from flask_babel import gettext, ngettext

from booking.adapters import dates
from booking.core.retention import ADULT_AT
from booking.core.scheduling.calendar_change import ONE_DAY
from booking.services.holds import HOLD_LENGTH
from booking.services.pruning import ANSWERS_KEPT, LINKS_KEPT
from booking.services.sessions import ABSOLUTE, PATIENT_IDLE, STAFF_IDLE
from booking.web.administration.clinic_pages import bp
from booking.web.desk.loading import locale


@bp.get("/retention")
def retention() -> str:
    """What is deleted by itself, and when; the periods are settings of the installation."""
    years = current_app.config["SETTINGS"].retention.record_years
    record = ngettext("%(num)s year after the last visit", "%(num)s years after the last visit", years)
    at_most = gettext("without use; %(most)s at most", most=_words(ABSOLUTE))
    rows = [
        (gettext("Records of patients"), record, gettext("For minors counted from the age of %(age)s", age=ADULT_AT)),
        (gettext("Logins of people who work here"), _words(STAFF_IDLE), at_most),
        (gettext("Logins of patients"), _words(PATIENT_IDLE), at_most),
        (gettext("Times kept while a form is filled in"), _words(HOLD_LENGTH), ""),
        (gettext("Mailed links"), _words(LINKS_KEPT), gettext("after they have run out")),
        (gettext("Proof that a form was sent already"), _words(ANSWERS_KEPT), ""),
    ]
    return render_template("administration/retention.html", rows=rows)


def _words(length: timedelta) -> str:
    """ "30 minutes", "12 hours", "30 days"."""
    days = length // ONE_DAY
    return ngettext("%(num)s day", "%(num)s days", days) if days else dates.length_text(length, locale())
