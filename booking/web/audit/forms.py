"""What administrators want to see of the audit log. Read from the address, which holds opaque ids and dates alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import request
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields import SelectChoice
from wtforms.validators import Optional

from booking.queries.audit_events import StaffName
from booking.web.audit.words import KINDS
from booking.web.fields import NearDateField

PATIENTS, VISITORS, SYSTEM = "patients", "visitors", "system"
GROUPS = {PATIENTS: "patient", VISITORS: "visitor", SYSTEM: "system"}
"""By choice: the kind of actor."""


class FilterForm(FlaskForm):
    """Every field may be left empty."""

    class Meta:
        csrf = False

    who = SelectField(lazy_gettext("Who"), [Optional()])
    what = SelectField(lazy_gettext("What"), [Optional()])
    since = NearDateField(lazy_gettext("From"), [Optional()])
    until = NearDateField(lazy_gettext("To"), [Optional()])

    def __init__(self, staff: Iterable[StaffName], **kwargs: Any) -> None:
        super().__init__(formdata=request.args, **kwargs)
        people = gettext("People who work here")
        self.who.choices = [
            SelectChoice("", gettext("Everybody")),
            SelectChoice(PATIENTS, gettext("Patients and their carers")),
            SelectChoice(VISITORS, gettext("People without a login")),
            SelectChoice(SYSTEM, gettext("The program")),
            *(SelectChoice(one.public_id, one.name, optgroup=people) for one in staff),
        ]
        self.what.choices = [("", gettext("Everything")), *((code, str(word)) for code, (word, _) in KINDS.items())]
