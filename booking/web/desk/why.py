"""Why there are no times, or not the ones that were hoped for: what every rule takes away, day by day, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from wtforms.fields import SelectChoice

from booking.adapters import dates
from booking.adapters.explanations import ExplanationWords, told_days
from booking.core.clock import utc_now
from booking.core.scheduling.slots import SlotQuery
from booking.extensions import db
from booking.services.explaining import explain_slots
from booking.web import access
from booking.web.context import clinic_now
from booking.web.desk.caller import Caller, caller_or_none
from booking.web.desk.day import bp
from booking.web.desk.forms import ExplainTimesForm
from booking.web.desk.loading import locale
from booking.web.desk.next_times import TimesWish, calendar_for, read_wish_or_none, times_form

DAYS = (1, 7, 14, 31)
FIRST_DAYS = 7
PATIENTS = "patients"


@dataclass(frozen=True, slots=True)
class ToldDay:
    """What the page says of some dates in a row."""

    when: str
    who: str
    slots: int
    sentences: tuple[str, ...]


@bp.get("/book/why")
def why() -> ResponseReturnValue:
    """Which rule takes what away, for the desk or for patients who book online."""
    now, caller = utc_now(), caller_or_none() or Caller()
    wish = read_wish_or_none(caller, request.args, now=now)
    if wish is None:
        return render_template("desk/nothing_offered.html"), 422
    is_for_patients = request.args.get("whom") == PATIENTS
    days = _days(request.args.get("days", ""))
    page = render_template(
        "desk/why.html",
        caller_arguments=_named(caller),
        has_caller=bool(_named(caller)),
        wish=wish,
        form=_form(wish, days, is_for_patients=is_for_patients),
        told=told(wish, caller, days=days, now=now, is_for_patients=is_for_patients),
        zone=dates.zone_label(wish.location.tz, now, locale()),
        is_for_patients=is_for_patients,
        times_url=_url("desk.book", caller, wish),
    )
    return page, 422 if wish.is_unread else 200


def _days(text: str) -> int:
    return int(text) if text in {str(days) for days in DAYS} else FIRST_DAYS


def _named(caller: Caller) -> dict[str, str]:
    """How an address names the caller; nobody need be on the phone."""
    return caller.arguments if caller.known or caller.details else {}


def why_url(caller: Caller, wish: TimesWish) -> str:
    """The page that explains this wish."""
    return _url("desk.why", caller, wish)


def _url(endpoint: str, caller: Caller, wish: TimesWish) -> str:
    arguments: dict[str, Any] = {**_named(caller), **wish.arguments}
    return url_for(endpoint, **arguments)


def told(
    wish: TimesWish, caller: Caller, *, now: datetime, days: int = FIRST_DAYS, is_for_patients: bool = False
) -> list[ToldDay]:
    """What can be said of the first days of the wish, for staff unless patients are meant."""
    query = SlotQuery(
        wish.service.id,
        frozenset({wish.location.id}),
        frozenset({wish.specialist.id}) if wish.specialist else None,
        wish.from_on,
        wish.from_on + timedelta(days=days - 1),
        now,
        apply_policies=is_for_patients,
        patient=calendar_for(caller, wish),
    )
    explained = explain_slots(db.session(), query, owner=access.server_session().get("owner", ""))
    words = ExplanationWords(clinic_now(), locale(), gettext, ngettext)
    return [ToldDay(words.when(one), words.who(one), one.slots, one.sentences) for one in told_days(explained, words)]


def _form(wish: TimesWish, days: int, *, is_for_patients: bool) -> ExplainTimesForm:
    """The question as a form."""
    form = times_form(wish, ExplainTimesForm, days=str(days), whom=PATIENTS if is_for_patients else "")
    form.days.choices = [SelectChoice(str(n), ngettext("%(num)s day", "%(num)s days", n)) for n in DAYS]
    form.whom.choices = [SelectChoice("", gettext("The desk")), SelectChoice(PATIENTS, gettext("Patients online"))]
    return form
