"""When a service asks for each of its forms, as fields of its page: one row for each form that there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext
from wtforms import Field, Form

from booking.core.clinic_file.parts import Steps
from booking.core.form_rules import Visits
from booking.web.administration.fields import Choice, Line
from booking.web.words import choices_of

VISITS = {
    Visits.ALL.value: lazy_gettext("Every visit"),
    Visits.FIRST.value: lazy_gettext("Only the first visit here"),
    Visits.LATER.value: lazy_gettext("Every visit but the first"),
}
KEY = "questionnaires"


class FormTimes(Form):
    """Of one form: from when on it is open, until when it should be sent, and of which visits it is asked."""

    opens = Line(lazy_gettext("Opens"))
    due = Line(lazy_gettext("Due"))
    visits = Choice(lazy_gettext("Asked of"), default=Visits.ALL.value)

    def __init__(self, sent: Any, code: str, title: str) -> None:
        super().__init__(sent, prefix=f"form-{code}-")
        self.visits.choices = choices_of(VISITS)
        self.code, self.title = code, title

    def show(self, said: Mapping[str, Any]) -> None:
        """Take what the clinic file says."""
        for field in self:
            if field.short_name in said:
                field.show(said[field.short_name])

    def thing(self) -> str | dict[str, str]:
        """What the clinic file would say: the code alone where nothing else is to be said."""
        said = {field.short_name: field.plain for field in self if field.plain}
        if said.get("visits") == Visits.ALL.value:
            del said["visits"]
        return {"form": self.code, **said} if said else self.code

    @property
    def is_plain(self) -> bool:
        """Whether its code says all there is to say."""
        return isinstance(self.thing(), str)


def code_of(entry: Any) -> str:
    """The form that an entry of the clinic file names."""
    return str(entry["form"] if isinstance(entry, dict) else entry)


def field_of(rows: Iterable[FormTimes], chosen: list[str], steps: Steps) -> Field | None:
    """The field at `questionnaires[2].due`: that of the third form which was chosen."""
    if len(steps) != 3 or steps[0] != KEY or not isinstance(steps[1], int) or steps[1] >= len(chosen):
        return None
    row = next((one for one in rows if one.code == chosen[steps[1]]), None)
    return None if row is None else row._fields.get(str(steps[2]))
