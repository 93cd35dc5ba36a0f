"""A copy of everything that is kept about one account and its people, for its owner to take away. It is recorded.

Which table is in it, and which is not and why, is held by `tests/house/test_own_data_is_whole.py`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen
from booking.core.actor import Actor, Role
from booking.core.errors import NotFound
from booking.queries import own_around as around
from booking.queries.accounts import self_ids
from booking.queries.appointments import Visit
from booking.queries.audit_events import Entry
from booking.queries.credentials import Factors, factors_of
from booking.queries.own_data import EarlierRow, LetterRow, OwnRows, PersonRow, SaidRow, WaitRow, WantedRow, own_rows
from booking.services import audit
from booking.services.filled_forms import FilledForm, forms_of_visit, is_full, spoken
from booking.services.own_notes import OwnNotes, own_notes
from booking.services.safety_answers import GivenAnswer, given_answers
from booking.services.sealed import open_text
from booking.services.transaction import transaction


@dataclass(frozen=True, slots=True)
class OwnVisit:
    """One visit with what was said of it. `forms` are those that were begun, sent or not.

    `unreadable` names what exists and cannot be read, so that a copy never passes for whole when it is not.
    """

    visit: Visit
    reason: str | None = field(repr=False)
    needs: tuple[str, ...] = field(repr=False)
    cancel_note: str | None = field(repr=False)
    cancel_reason_code: str | None
    booked_for_other: bool
    earlier: tuple[EarlierRow, ...]
    forms: tuple[FilledForm, ...] = field(repr=False)
    safety: Mapping[str, tuple[GivenAnswer, ...]] = field(repr=False)
    noted: Mapping[str, OwnNotes] = field(repr=False)
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnTask:
    """Work at the clinic about the patient; `outcome_note` is what was written at its end."""

    row: around.TaskRow
    outcome_note: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnPerson:
    """One patient with all that is kept of them. `contact_note` is what the clinic noted about reaching them."""

    row: PersonRow = field(repr=False)
    contact_note: str | None = field(repr=False)
    visits: tuple[OwnVisit, ...]
    waits: tuple[WaitRow, ...]
    letters: tuple[LetterRow, ...]
    wanted: tuple[WantedRow, ...]
    around: around.Around = field(repr=False)
    tasks: tuple[OwnTask, ...]
    unreadable: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.row.given_name} {self.row.family_name}"


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """Where the account is logged in, or was; `network` as coarsely as it is kept."""

    row: around.DeviceRow = field(repr=False)
    network: str | None


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The login. Of second steps only that they exist; `wishes` is the text of its filters, as JSON."""

    row: around.AccountRow = field(repr=False)
    wishes: str | None = field(repr=False)
    second_steps: Factors
    devices: tuple[OwnDevice, ...]
    addresses: tuple[around.AddressRow, ...]
    letters: tuple[around.AccountLetterRow, ...]
    rights: tuple[around.RightRow, ...]
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnData:
    """The copy. `looks` are what others saw and did of these people, the newest first."""

    account: OwnAccount
    people: tuple[OwnPerson, ...]
    looks: tuple[Entry, ...]


def own_data(session: Session, *, actor: Actor, hidden_looks: Collection[str] = (), now: datetime) -> OwnData:
    """The login and the people whose account it is, by name; whom it helps as a carer is not in it. One audit event for
    each. `hidden_looks` are actions that the page of looks leaves out, too.

    Raises NotFound for staff and visitors.
    """
    if actor.role is not Role.PATIENT or actor.account_id is None:
        raise NotFound
    with transaction(session):
        ids = self_ids(session, account_id=actor.account_id, now=now)
        rows, others = own_rows(session, ids), around.around_patients(session, ids)
        people = tuple(_person(session, actor, rows, others, person) for person in rows.people)
        looks = around.all_looks(session, ids, account_id=actor.account_id, other_than=hidden_looks)
        account = _account(session, actor.account_id)
        for person in rows.people:
            audit.record(session, actor, "data_exported", "patient", person.id, now=now)
    return OwnData(account, people, tuple(looks))


def _account(session: Session, account_id: int) -> OwnAccount:
    row = around.account_row(session, account_id)
    wishes = _opened(session, "account_preference", "wishes", row.wishes_key or "", row.wishes_sealed)
    return OwnAccount(
        row,
        wishes.text,
        factors_of(session, account_id),
        tuple(
            OwnDevice(one, _opened(session, "login_session", "network", one.id_hash, one.network_sealed).text)
            for one in around.devices_of(session, account_id)
        ),
        tuple(around.address_changes_of(session, account_id)),
        tuple(around.account_letters(session, account_id)),
        tuple(around.rights_ever(session, account_id)),
        wishes.names,
    )


def _person(session: Session, actor: Actor, rows: OwnRows, others: around.Around, person: PersonRow) -> OwnPerson:
    note = _opened(session, "patient", "contact_note", person.public_id, person.contact_note_sealed)
    own = others.of(person.id)
    ends = [_outcome_note(session, actor, row) for row in own.tasks]
    return OwnPerson(
        person,
        note.text,
        tuple(_visit(session, actor, rows, visit) for visit in rows.visits.get(person.id, ())),
        tuple(rows.waits.get(person.id, ())),
        tuple(rows.letters.get(person.id, ())),
        tuple(rows.wanted.get(person.id, ())),
        own,
        tuple(OwnTask(row, end.text) for row, end in zip(own.tasks, ends, strict=True)),
        (*note.names, *(name for end in ends for name in end.names)),
    )


def _outcome_note(session: Session, actor: Actor, row: around.TaskRow) -> _Opened:
    """What was written when the task ended: it may tell of answers, and needs the right to read them."""
    may_read = row.patient_id not in actor.closed_ids
    return _opened(session, "task", "outcome_note", row.public_id, row.outcome_note_sealed if may_read else None)


def _visit(session: Session, actor: Actor, rows: OwnRows, visit: Visit) -> OwnVisit:
    """What was written about the visit comes only with the right to read the answers, as on the pages."""
    said: SaidRow = rows.said[visit.id]
    key, may_read = visit.public_id, is_full(actor, visit)
    reason = _opened(session, "appointment", "reason", key, said.reason_sealed if may_read else None)
    needs = _opened(session, "appointment", "needs", key, said.needs_sealed if may_read else None)
    note = _opened(session, "appointment", "cancel_note", key, said.cancel_note_sealed if may_read else None)
    all_forms = forms_of_visit(session, visit=visit) if may_read else ()
    forms = tuple(spoken(session, form, form.language) for form in all_forms if form.response_id is not None)
    noted = {form.code: own_notes(session, rows.noted[form.response_id]) for form in forms if form.response_id}
    return OwnVisit(
        visit,
        reason.text,
        tuple(json.loads(needs.text)) if needs.text else (),
        note.text,
        said.cancel_reason_code,
        said.booked_for_other,
        tuple(rows.earlier.get(visit.id, ())),
        forms,
        {form.code: given_answers(session, form) for form in forms},
        noted,
        (*reason.names, *needs.names, *note.names, *(name for one in noted.values() for name in one.unreadable)),
    )


@dataclass(frozen=True, slots=True)
class _Opened:
    text: str | None
    names: tuple[str, ...] = ()


def _opened(session: Session, table: str, column: str, row_key: str, sealed: str | None) -> _Opened:
    try:
        return _Opened(open_text(session, table, column, row_key, sealed))
    except CannotOpen:
        return _Opened(None, (column,))
