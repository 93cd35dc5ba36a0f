"""Forms of the pages on the clinic's own forms: a pasted one, a new one, and what is said before one goes live."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired

from booking.services.own_forms import Statement
from booking.web.fields import NearDateField
from booking.web.fresh import LONGEST_KEPT
from booking.web.validators import no_longer_than, one_line, some_lines, stripped
from booking.web.words import choices_of

LONGEST_FILE = LONGEST_KEPT - 5000
LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_REFERENCE = 120, 600, 300
LONGEST_REVISION = 9
LONGEST_TABLE = 20_000


class ImportForm(FlaskForm):
    """A FHIR R4 Questionnaire, pasted, and the table that scores it."""

    text = TextAreaField(
        lazy_gettext("The form, as FHIR R4 JSON"),
        [DataRequired(lazy_gettext("Paste the form")), no_longer_than(LONGEST_FILE)],
    )
    table = TextAreaField(lazy_gettext("Its score table, as JSON"), [no_longer_than(LONGEST_TABLE)])


class NewForm(FlaskForm):
    """What it is called, and where it starts from."""

    title = StringField(
        lazy_gettext("Title"),
        [
            DataRequired(lazy_gettext("Enter a title, as patients shall read it")),
            no_longer_than(LONGEST_TITLE),
            one_line,
        ],
        filters=[stripped],
    )
    origin = SelectField(lazy_gettext("Start from"), validate_choice=True)


class SeenForm(FlaskForm):
    """Which revision of a draft the page has shown."""

    seen = HiddenField(validators=[no_longer_than(LONGEST_REVISION)])

    @property
    def revision(self) -> int:
        """0 for none."""
        seen = self.seen.data or ""
        return int(seen) if seen.isascii() and seen.isdigit() else 0


class HeadForm(SeenForm):
    """Title and description of a draft."""

    title = StringField(
        lazy_gettext("Title"),
        [
            DataRequired(lazy_gettext("Enter a title, as patients shall read it")),
            no_longer_than(LONGEST_TITLE),
            one_line,
        ],
        filters=[stripped],
    )
    description = TextAreaField(
        lazy_gettext("What it is for"), [no_longer_than(LONGEST_DESCRIPTION), some_lines], filters=[stripped]
    )


class PublishForm(SeenForm):
    """What an administrator says before a form that was made here goes live."""

    asks = RadioField(
        lazy_gettext("Does any question ask about self-harm or suicide?"),
        [InputRequired(lazy_gettext("Say whether any question asks about self-harm or suicide"))],
        choices=choices_of({"yes": lazy_gettext("Yes"), "no": lazy_gettext("No")}),
    )
    items = SelectMultipleField(lazy_gettext("Which ones"), validate_choice=True)

    @property
    def statement(self) -> Statement:
        """As the service takes it. Questions that were ticked before "No" was chosen do not count."""
        if "asks" not in self:
            return Statement(None)
        asks = {"yes": True, "no": False}.get(self.asks.data or "")
        return Statement(asks, frozenset(self.items.data or ()) if asks else frozenset())


class LicenceForm(PublishForm):
    """The same for one that was brought along, with the statement on its licence."""

    reference = StringField(
        lazy_gettext("The license: its number, contract or letter"),
        [
            DataRequired(lazy_gettext("Enter what shows that the clinic may use the form")),
            no_longer_than(LONGEST_REFERENCE),
            one_line,
        ],
        filters=[stripped],
    )
    ends_on = NearDateField(
        lazy_gettext("The last day of the license"),
        [DataRequired(lazy_gettext("Enter the last day of the license, like 2027-12-31"))],
    )
    holds = BooleanField(
        lazy_gettext("I state that the clinic holds this license"),
        [InputRequired(lazy_gettext("Only a form that the clinic is licensed for may go live"))],
    )

    @property
    def statement(self) -> Statement:
        """As the service takes it."""
        said = super().statement
        return Statement(said.asks_about_harm, said.harm_items, self.reference.data or "", self.ends_on.data)
