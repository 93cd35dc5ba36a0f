"""Who works here and what they may do, as forms."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import EmailField, SelectField, SelectMultipleField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, StopValidation

from booking.core.actor import Role
from booking.core.scheduling.clinic import Catalogue, ResourceKind
from booking.queries.administration import StaffMember
from booking.services.staff import WITH_CALENDAR, Position
from booking.web.validators import email_address, no_longer_than, one_line, stripped
from booking.web.words import choices_of

NAME_LENGTH, EMAIL_LENGTH = 200, 254
ROLE = {
    Role.SCHEDULER: lazy_gettext("Scheduler"),
    Role.SPECIALIST: lazy_gettext("Specialist"),
    Role.NURSE: lazy_gettext("Nurse"),
    Role.ADMINISTRATOR: lazy_gettext("Administrator"),
}
ROLE_HINTS = {
    Role.SCHEDULER: lazy_gettext("Books, moves and cancels visits, and runs the calendars"),
    Role.SPECIALIST: lazy_gettext("Sees their own visits and what patients answered before them"),
    Role.NURSE: lazy_gettext("Sees the day"),
    Role.ADMINISTRATOR: lazy_gettext("Does what schedulers do, and changes the clinic and who works here"),
}
_KINDS = {ResourceKind.SPECIALIST: Role.SPECIALIST, ResourceKind.NURSE: Role.NURSE}


class PositionForm(FlaskForm):
    """What somebody does here."""

    name = StringField(
        lazy_gettext("Name"),
        [DataRequired(lazy_gettext("Enter the name")), no_longer_than(NAME_LENGTH), one_line],
        filters=[stripped],
    )
    role = SelectField(
        lazy_gettext("Role"),
        [InputRequired(lazy_gettext("Choose the role"))],
        choices=choices_of({role.value: word for role, word in ROLE.items()}),
        default=Role.SCHEDULER.value,
    )
    resource = SelectField(lazy_gettext("Their own calendar"), default="")
    locations = SelectMultipleField(lazy_gettext("Locations"))

    def __init__(self, clinic: Catalogue, **values: Any) -> None:
        super().__init__(**values)
        people = [one for one in clinic.resources.values() if one.kind in _KINDS]
        self._roles = {one.code: _KINDS[one.kind] for one in people}
        none = SelectChoice("", gettext("None"))
        self.resource.choices = [none, *(SelectChoice(one.code, one.name) for one in people)]
        self.locations.choices = [SelectChoice(place.code, place.name) for place in clinic.locations.values()]

    def validate_resource(self, field: Any) -> None:
        """Who sees their own visits needs the calendar they are in; that of another profession is a slip."""
        role = self.role.data
        if role == Role.SPECIALIST and not field.data:
            raise StopValidation(gettext("Choose the calendar of this specialist"))
        if role in WITH_CALENDAR and field.data and self._roles.get(field.data) != role:
            raise StopValidation(gettext("This calendar belongs to somebody with another role"))

    def position(self) -> Position:
        """What was chosen, once it is valid."""
        return Position(
            self.name.data or "", Role(self.role.data), self.resource.data or None, tuple(self.locations.data or ())
        )


class InviteForm(PositionForm):
    """Somebody who is to log in from now on."""

    email = EmailField(
        lazy_gettext("E-mail address"),
        [DataRequired(lazy_gettext("Enter the e-mail address")), no_longer_than(EMAIL_LENGTH), email_address],
        filters=[stripped],
    )


def values_of(member: StaffMember, clinic: Catalogue) -> dict[str, Any]:
    """What the form shows of somebody who is here already."""
    resource = clinic.resources.get(member.resource_id) if member.resource_id is not None else None
    return {
        "name": member.name,
        "role": member.role.value,
        "resource": resource.code if resource else "",
        "locations": [clinic.locations[number].code for number in sorted(member.location_ids)],
    }
