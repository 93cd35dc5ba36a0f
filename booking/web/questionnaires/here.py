"""Which answers this browser session saved itself. Without a login for the patient, it may see and replace only those:
whoever opens a mailed link fills in what is missing and learns nothing of what was answered before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext

from booking.core.clock import utc_now
from booking.core.questionnaires.flow import Step
from booking.extensions import db
from booking.queries.appointments import Visit
from booking.queries.carers import own_patient_ids
from booking.services.filled_forms import (
    FilledForm,
    form_of_visit,
    forms_of_visit,
    is_full,
    is_own_answer,
    may_read,
    spoken,
)
from booking.web import access

HELPERS = "form_helpers"
"""Session value: public id of the visit → the name of who helps to fill in its forms in this browser."""

LANGUAGES = "form_languages"
"""Session value: public id of the visit → the language in which its forms are read in this browser."""

WRITTEN = "written_answers"
"""Session value: "<visit>/<form>" → link id → version of the answer."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What of one form this person may see here."""

    form: FilledForm
    is_full: bool
    written: Mapping[str, int]
    own: frozenset[str] = frozenset()
    may_read: bool = False

    def sees(self, link_id: str) -> bool:
        """Whether the stored answer may be shown; True where there is none."""
        version = self.form.version_of(link_id)
        return self.is_full or link_id in self.own or version in (0, self.written.get(link_id))

    @property
    def has_unseen(self) -> bool:
        """Whether there are answers that are not shown here."""
        return not all(self.sees(link_id) for link_id in self.form.stored)

    def opens(self, step: Step) -> bool:
        """Whether the page may be shown with the answers on it."""
        return all(self.sees(question.link_id) for question in step.questions)


def form_of(visit: Visit, code: str, version: str = "") -> FilledForm:
    """One form of the visit in the reader's language. Raises NotFound as `form_of_visit` does."""
    return in_readers_words(visit, form_of_visit(db.session(), visit=visit, code=code, version=version))


def forms_of(visit: Visit) -> list[FilledForm]:
    """All forms of the visit, each in the reader's language."""
    return [in_readers_words(visit, form) for form in forms_of_visit(db.session(), visit=visit)]


def in_readers_words(visit: Visit, form: FilledForm) -> FilledForm:
    """In the language it was begun in, else that chosen in this browser, else the patient's; as far as the form has it.
    One that was sent keeps the words that were answered."""
    chosen: dict[str, str] = access.server_session().get(LANGUAGES, {})
    wanted = form.language or ("" if form.is_sent else chosen.get(visit.public_id) or visit.patient_language)
    return spoken(db.session(), form, wanted)


def read_in(visit: Visit, language: str) -> None:
    """From now on, forms of the visit are read in that language here."""
    session = access.server_session()
    session[LANGUAGES] = {**session.get(LANGUAGES, {}), visit.public_id: language}


def sight_of(visit: Visit, form: FilledForm) -> Sight:
    """What this request may see of the form."""
    actor = access.actor()
    own = frozenset(link_id for link_id, stored in form.stored.items() if is_own_answer(actor, stored))
    return Sight(form, is_full(actor, visit), _written(visit, form.code), own, may_read(actor, visit, form))


def helper_of(visit: Visit) -> str:
    """Who fills in the forms of this visit here beside the patient, "" for nobody: who was named, a carer by their
    account, or the desk with a caller."""
    account = access.account_or_none()
    if account is None:
        return named_helper(visit)
    if access.actor().is_staff:
        return gettext("%(name)s, at the clinic", name=account.name)
    own = own_patient_ids(db.session(), account_id=account.id, now=utc_now())
    return named_helper(visit) or ("" if visit.patient_id in own else account.name)


def named_helper(visit: Visit) -> str:
    """The name that was given in this browser session."""
    named: dict[str, str] = access.server_session().get(HELPERS, {})
    return named.get(visit.public_id, "")


def name_helper(visit: Visit, name: str) -> None:
    """From now on, forms filled in here say who helped; "" for nobody."""
    session = access.server_session()
    session[HELPERS] = {**session.get(HELPERS, {}), visit.public_id: name}


def remember(visit: Visit, code: str, written: Mapping[str, int]) -> None:
    """Note the answers that were just saved; a login needs no notes."""
    if written and not is_full(access.actor(), visit):
        session = access.server_session()
        kept = session.get(WRITTEN, {})
        session[WRITTEN] = {**kept, _key(visit, code): {**_written(visit, code), **written}}


def _written(visit: Visit, code: str) -> dict[str, int]:
    found: dict[str, int] = access.server_session().get(WRITTEN, {}).get(_key(visit, code), {})
    return found


def _key(visit: Visit, code: str) -> str:
    return f"{visit.public_id}/{code}"
