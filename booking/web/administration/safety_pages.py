"""Who is told of safety answers, how soon somebody acts, and which numbers patients are shown."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, SelectMultipleField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import NumberRange, Optional

from booking.core.clock import utc_now
from booking.core.errors import RulesRefuse
from booking.core.safety import LONGEST_RESPONSE, SafetyProblem, Watch
from booking.core.tasks import Escalation
from booking.extensions import db
from booking.models import SafetyMode
from booking.queries.safety import Named, watch, who_may_be_told
from booking.services import safety as service
from booking.services.safety import SafetyWish
from booking.web import access
from booking.web.administration.clinic_pages import bp
from booking.web.administration.staff_forms import ROLE
from booking.web.fresh import fresh_login_to_act
from booking.web.validators import no_longer_than, one_line, stripped
from booking.web.words import choices_of

LONGEST_LINE = 200
PROBLEM = {
    SafetyProblem.NO_CRISIS_NAME: ("crisis_name", lazy_gettext("Enter the name of the crisis line")),
    SafetyProblem.NO_CRISIS_PHONE: (
        "mode",
        lazy_gettext("Set the number of the crisis line on the clinic's page first"),
    ),
    SafetyProblem.NO_EMERGENCY_NUMBER: ("mode", lazy_gettext("Set the emergency number on the clinic's page first")),
    SafetyProblem.NO_RECIPIENT: ("first", lazy_gettext("Choose at least one person who is told first")),
    SafetyProblem.NO_BACK_UP: ("back_up", lazy_gettext("Choose at least one other person as the back-up")),
    SafetyProblem.NO_HOURS: ("hours", lazy_gettext("Enter the hours, as patients shall read them")),
    SafetyProblem.NO_RESPONSE_TIME: (
        "response_minutes",
        lazy_gettext("Enter after how many minutes the next ones are told"),
    ),
}
"""At which field each is said, and how."""


MODE = {
    SafetyMode.UNMONITORED.value: lazy_gettext("Nobody watches them: patients are asked the short form (PHQ-2)"),
    SafetyMode.MONITORED.value: lazy_gettext("The people below are told at once: patients may be asked the PHQ-9"),
}


class SafetyForm(FlaskForm):
    """The whole of it."""

    mode = RadioField(
        lazy_gettext("Answers given away from the clinic"),
        choices=choices_of(MODE),
        default=SafetyMode.UNMONITORED.value,
    )
    first = SelectMultipleField(lazy_gettext("Told first"))
    back_up = SelectMultipleField(lazy_gettext("Back-up, told when nobody has acted"))
    hours = StringField(
        lazy_gettext("When somebody contacts the patient"), [no_longer_than(LONGEST_LINE), one_line], filters=[stripped]
    )
    response_minutes = IntegerField(
        lazy_gettext("Minutes until the next ones are told"),
        [Optional(), NumberRange(1, LONGEST_RESPONSE, lazy_gettext("Enter a number of minutes within one day"))],
    )
    crisis_name = StringField(
        lazy_gettext("Name of the crisis line"), [no_longer_than(LONGEST_LINE), one_line], filters=[stripped]
    )
    crisis_text_line = StringField(
        lazy_gettext("Help by text message or chat"), [no_longer_than(LONGEST_LINE), one_line], filters=[stripped]
    )

    def __init__(self, people: list[Named], **values: Any) -> None:
        super().__init__(**values)
        choices = [SelectChoice(one.public_id, f"{one.name} ({ROLE[one.role]})") for one in people]
        self.first.choices = choices
        self.back_up.choices = choices

    def wish(self) -> SafetyWish:
        """What was chosen, once it is valid."""
        return SafetyWish(
            self.mode.data == SafetyMode.MONITORED.value,
            tuple(self.first.data or ()),
            tuple(self.back_up.data or ()),
            self.hours.data or "",
            self.response_minutes.data,
            self.crisis_name.data or "",
            self.crisis_text_line.data or "",
        )

    def show(self, refused: RulesRefuse) -> None:
        """Every mistake at its field."""
        for refusal in refused.refusals:
            name, text = PROBLEM[SafetyProblem(refusal.code)]
            field = self[name]
            field.errors = [*field.errors, str(text)]


@bp.route("/safety", methods=["GET", "POST"])
@fresh_login_to_act
def safety() -> ResponseReturnValue:
    """Safety answers: who is told."""
    people, found = who_may_be_told(db.session()), watch(db.session())
    form = SafetyForm(people, **_present(people, found))
    if not form.validate_on_submit():
        return _page(form, found), 422 if form.is_submitted() else 200
    try:
        service.change(db.session(), actor=access.actor(), wish=form.wish(), now=utc_now())
    except RulesRefuse as refused:
        form.show(refused)
        return _page(form, found), 422
    flash(gettext("Saved. It holds from now on."), "success")
    return redirect(url_for(".safety"), 303)


def _present(people: list[Named], found: Watch) -> dict[str, Any]:
    return {
        "mode": (SafetyMode.MONITORED if found.is_wanted else SafetyMode.UNMONITORED).value,
        "first": [one.public_id for one in people if one.rank == Escalation.FIRST],
        "back_up": [one.public_id for one in people if one.rank == Escalation.BACK_UP],
        "hours": found.hours,
        "response_minutes": found.response_minutes,
        "crisis_name": found.crisis.name,
        "crisis_text_line": found.crisis.text_line,
    }


def _page(form: SafetyForm, found: Watch) -> str:
    return render_template("administration/safety.html", form=form, watch=found)
