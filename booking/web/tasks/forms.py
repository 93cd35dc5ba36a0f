"""What is said when work ends, and to whom it is handed on."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, StopValidation

from booking.core.actor import Role
from booking.core.tasks import SAFETY_ANSWER, Outcome, must_tell_what_was_done, outcomes_of, roles_for
from booking.queries.tasks import Colleague, ListedTask
from booking.services.task_list import LONGEST_NOTE
from booking.web.administration.staff_forms import ROLE
from booking.web.validators import no_longer_than, stripped

OUTCOME = {
    Outcome.DONE: lazy_gettext("Done"),
    Outcome.REACHED: lazy_gettext("Spoke with the patient"),
    Outcome.HELP_SENT: lazy_gettext("Got help to the patient in another way"),
    Outcome.NOT_NEEDED: lazy_gettext("Not needed any more"),
}
TO_ROLE = "role:"
"""Values of the list that begin so are roles; the others are colleagues."""


class FinishForm(FlaskForm):
    """How the work ended."""

    outcome = RadioField(lazy_gettext("How did it end?"), [InputRequired(lazy_gettext("Choose how it ended"))])
    note = TextAreaField(
        lazy_gettext("What was done"),
        [no_longer_than(LONGEST_NOTE)],
        filters=[stripped],
    )

    def __init__(self, kind: str, **values: Any) -> None:
        super().__init__(**values)
        self.is_note_needed = must_tell_what_was_done(kind)
        self.outcome.choices = [SelectChoice(one.value, str(OUTCOME[one])) for one in outcomes_of(kind)]

    def validate_note(self, field: Any) -> None:
        """Of a safety answer the next reader must learn what was done."""
        if self.is_note_needed and not field.data:
            raise StopValidation(gettext("Say in a few words what was done"))


class HandOnForm(FlaskForm):
    """Who does it from now on."""

    to = SelectField(lazy_gettext("Hand it on to"), [InputRequired(lazy_gettext("Choose a colleague or a role"))])

    def __init__(self, task: ListedTask, colleagues: list[Colleague]) -> None:
        super().__init__()
        roles = [role for role in ROLE if role in roles_for(task.kind)]
        anybody = {
            Role.SCHEDULER: gettext("Anybody at the desk"),
            Role.SPECIALIST: gettext("Any specialist"),
            Role.NURSE: gettext("Any nurse"),
            Role.ADMINISTRATOR: gettext("Any administrator"),
        }
        others = (
            [] if task.kind == SAFETY_ANSWER else [SelectChoice(TO_ROLE + role.value, anybody[role]) for role in roles]
        )
        people = [SelectChoice(one.public_id, f"{one.name} ({ROLE[one.role]})") for one in colleagues]
        self.to.choices = [SelectChoice("", gettext("Choose")), *others, *people]
