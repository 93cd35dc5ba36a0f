"""For whom the desk books: a patient who is known, or one who is described and made together with the visit.

What was typed of a new patient waits in the server's session, sealed, under a random key that the address names: two
callers in two tabs do not mix, and no name stands in an address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from booking.queries.desk_patients import DeskPatient
from booking.services.appointments import PatientDetails
from booking.services.sessions import new_token
from booking.web import access
from booking.web.desk.forms import DescribePatientForm
from booking.web.desk.loading import patient_or_404

DESCRIBED = "desk_described"
"""Session value: key → what was typed into the form of a new patient, the newest last."""

BOOKED = "desk_booked"
"""Session value: nonce of a form → public id of the visit that it booked."""

KEPT = 8
PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{22}")
LONGEST_INPUT = 300


@dataclass(frozen=True, slots=True)
class Caller:
    """Exactly one of `known` and `details` is set; `key` is that of the description. `follow_up` is the public id of
    what a specialist wanted for them and this booking settles, "" for none."""

    known: DeskPatient | None = None
    details: PatientDetails | None = None
    key: str = ""
    follow_up: str = ""

    @property
    def arguments(self) -> dict[str, str]:
        """How an address names them."""
        if self.known is None:
            return {"new": self.key}
        wanted = {"follow_up": self.follow_up} if self.follow_up else {}
        return {"patient": self.known.public_id, **wanted}

    @property
    def person(self) -> DeskPatient | PatientDetails:
        """Whoever it is: both have names, birth date, phone and e-mail."""
        found = self.known or self.details
        assert found is not None  # noqa: S101 - one of the two is set; this tells the type checker.
        return found

    @property
    def name(self) -> str:
        return f"{self.person.given_name} {self.person.family_name}"

    @property
    def born_on(self) -> date:
        return self.person.born_on

    @property
    def for_service(self) -> PatientDetails | int:
        """As the booking service takes them."""
        return self.known.id if self.known else self.details  # type: ignore[return-value]  # One of the two is set.


def caller_or_none() -> Caller | None:
    """Whom the address names; None when it names nobody, or a description that is not kept any more.

    An unknown patient is 404.
    """
    public_id = request.args.get("patient", "")
    if public_id:
        return Caller(known=patient_or_404(public_id), follow_up=_follow_up())
    key = request.args.get("new", "")
    typed = _described().get(key)
    if typed is None:
        return None
    form = described_form(typed)
    return Caller(details=form.patient_details(), key=key) if form.validate() else None


def _follow_up() -> str:
    """The follow-up that the address names, when it looks like one."""
    text = request.args.get("follow_up", "")
    return text if PUBLIC_ID.fullmatch(text) else ""


def described_form(typed: Mapping[str, str]) -> DescribePatientForm:
    """The form as it was typed, to be read again."""
    return DescribePatientForm(formdata=MultiDict(typed), meta={"csrf": False})


def keep_described(form: DescribePatientForm) -> Caller:
    """Keep what was typed into the valid form until the visit is booked."""
    key = new_token()[:22]
    typed = {name: request.form.get(name, "")[:LONGEST_INPUT] for name in form.input_names()}
    _keep(DESCRIBED, {**_described(), key: typed})
    return Caller(details=form.patient_details(), key=key)


def _described() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = access.server_session().get(DESCRIBED, {})
    return found


def note_booked(nonce: str, public_id: str, caller: Caller) -> None:
    """Forget the description, and remember what the form led to: the same form sent again shows the same visit."""
    _keep(DESCRIBED, {key: typed for key, typed in _described().items() if key != caller.key})
    _keep(BOOKED, {**access.server_session().get(BOOKED, {}), nonce: public_id})


def booked_with(nonce: str) -> str | None:
    """The visit that this form has led to already."""
    found: dict[str, str] = access.server_session().get(BOOKED, {})
    return found.get(nonce)


def _keep(name: str, values: dict[str, Any]) -> None:
    access.server_session()[name] = dict(list(values.items())[-KEPT:])
