"""How the forms of a visit stand, as an icon and words for people who see states and never answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import LazyString, gettext, lazy_gettext, ngettext

from booking.core.questionnaires.progress import Progress, VisitForms

PROGRESS: Mapping[Progress, LazyString] = {
    Progress.NOT_SENT: lazy_gettext("Not sent yet"),
    Progress.SENT: lazy_gettext("Sent"),
    Progress.STARTED: lazy_gettext("Started"),
    Progress.DONE: lazy_gettext("Done"),
    Progress.REVIEWED: lazy_gettext("Reviewed"),
}
ALL_FORMS: Mapping[Progress, LazyString] = {
    Progress.NOT_SENT: lazy_gettext("Forms not sent yet"),
    Progress.SENT: lazy_gettext("Forms sent"),
    Progress.STARTED: lazy_gettext("Forms started"),
    Progress.DONE: lazy_gettext("Forms done"),
    Progress.REVIEWED: lazy_gettext("Forms reviewed"),
}


@dataclass(frozen=True, slots=True)
class FormsMark:
    """`state` chooses the icon."""

    state: str
    text: str


def forms_mark(forms: VisitForms, now: datetime) -> FormsMark | None:
    """One icon for all forms of a visit, with how many are done or late; None when it asks for none."""
    overall = forms.overall(now)
    if overall is None:
        return None
    late = forms.late_count(now)
    parts = [str(ALL_FORMS[overall])]
    if overall is Progress.STARTED and forms.sent:
        asked = len(forms.current_lines(now))
        parts.append(gettext("%(done)s of %(all)s done", done=forms.sent, all=asked))
    if late:
        parts.append(ngettext("%(num)s late", "%(num)s late", late))
    return FormsMark("late" if late else overall.value, gettext(", ").join(parts))


def forms_text(forms: VisitForms, now: datetime) -> str:
    """The words of that mark; "" when the visit asks for no form."""
    mark = forms_mark(forms, now)
    return mark.text if mark else ""
