"""The copy of somebody's own data as files: one page to read, one file for other programs, both in a ZIP."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template
from flask_babel import get_locale

from booking.core.questionnaires.answers import to_plain
from booking.core.scheduling.clinic import Catalogue
from booking.queries.audit_events import Entry
from booking.queries.own_data import WaitRow, WantedRow
from booking.services.filled_forms import FilledForm
from booking.services.own_data import OwnAccount, OwnData, OwnPerson, OwnVisit
from booking.services.own_notes import OwnNotes
from booking.services.safety_answers import GivenAnswer
from booking.services.sessions import SessionAccount
from booking.web.audit.words import own_what, own_who
from booking.web.questionnaires.pages import stored_text
from booking.web.words import NEEDS

PAGE, FILE = "your-data.html", "your-data.json"


def packed(account: SessionAccount, own: OwnData, clinic: Catalogue, made_at: datetime) -> bytes:
    """The ZIP. Times are the clinic's, with their distance to UTC."""
    page = render_template(
        "privacy/copy.html", account=account, own=own, people=own.people, catalogue=clinic, made_at=made_at,
        locale=str(get_locale()), answer=stored_text, needs=NEEDS, who=own_who, what=own_what,
        tz=next(place.tz for _, place in sorted(clinic.locations.items())),
    )  # fmt: skip
    whole = as_json(account, own, clinic, made_at)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr(PAGE, page)
        pack.writestr(FILE, json.dumps(whole, ensure_ascii=False, indent=2))
    return buffer.getvalue()


def as_json(account: SessionAccount, own: OwnData, clinic: Catalogue, made_at: datetime) -> dict[str, Any]:
    """The same as plain values; keys are words, lists are in time's order."""
    return {
        "format": "respite-own-data/1",
        "made_at": made_at.isoformat(),
        "clinic": clinic.clinic.name,
        "account": _account(account, own.account),
        "people": [_person(person, clinic) for person in own.people],
        "who_looked": [_look(entry) for entry in own.looks],
    }


def _account(account: SessionAccount, own: OwnAccount) -> dict[str, Any]:
    steps = own.second_steps
    return {
        "name": account.name,
        "email": account.email,
        "is_email_confirmed": account.is_verified,
        "confirmed_at": _iso(own.row.email_verified_at),
        "made_at": _iso(own.row.created_at),
        "wishes": json.loads(own.wishes) if own.wishes else {},
        "cannot_be_read": list(own.unreadable),
        "second_steps": {
            "app_since": _iso(steps.app_since),
            "passkeys": [{"name": one.name, "added_at": _iso(one.created_at)} for one in steps.passkeys],
            "recovery_codes_left": steps.codes_left,
        },
        "devices": [{**_plain(one.row, "id_hash", "network_sealed"), "network": one.network} for one in own.devices],
        "changes_of_address": [_plain(row) for row in own.addresses],
        "messages": [_plain(row) for row in own.letters],
        "acts_for": [_plain(row) for row in own.rights],
    }


def _look(entry: Entry) -> dict[str, Any]:
    """As the page of looks tells it: whose name is not told there is not told here."""
    return {
        "at": _iso(entry.at),
        "who": own_who(entry),
        "what": str(own_what(entry)),
        "about": entry.patient_name,
    }


def _plain(row: Any, *left_out: str) -> dict[str, Any]:
    """A row of the queries by the names of its fields; ids of ours are nobody's data."""
    hidden = {"patient_id", *left_out}
    return {name: _plain_value(value) for name, value in row._asdict().items() if name not in hidden}


def _plain_value(value: Any) -> Any:
    if isinstance(value, date):
        return _iso(value)
    return value.value if isinstance(value, Enum) else value


def _person(person: OwnPerson, clinic: Catalogue) -> dict[str, Any]:
    row = person.row
    return {
        "given_name": row.given_name,
        "family_name": row.family_name,
        "born_on": row.born_on.isoformat(),
        "phone": row.phone,
        "email": row.email,
        "language": row.language,
        "note_on_contact": person.contact_note,
        "known_since": row.created_at.isoformat(),
        "cannot_be_read": list(person.unreadable),
        "visits": [_visit(visit, clinic) for visit in person.visits],
        "waiting_list": [_wait(wait, clinic) for wait in person.waits],
        "offers": [
            {
                **_plain(offer, "service_id", "location_id"),
                "service": clinic.services[offer.service_id].name,
                "location": clinic.locations[offer.location_id].name,
            }
            for offer in person.around.offers
        ],
        "who_may_act": [_plain(row) for row in person.around.helpers],
        "invitations": [_plain(row) for row in person.around.invitations],
        "wanted_visits": [_wanted(one, clinic) for one in person.wanted],
        "work_at_the_clinic": [
            {**_plain(one.row, "public_id", "outcome_note_sealed"), "outcome_note": one.outcome_note}
            for one in person.tasks
        ],
        "joined_records": [_plain(row) for row in person.around.joined],
        "consents": [_plain(row) for row in person.around.consents],
        "messages": [
            {"kind": letter.kind.value, "due_at": letter.due_at.isoformat(), "state": letter.state.value}
            for letter in person.letters
        ],
    }


def _wanted(one: WantedRow, clinic: Catalogue) -> dict[str, Any]:
    """What a specialist wanted to follow a visit."""
    return {
        "service": clinic.services[one.service_id].name,
        "specialist": clinic.resources[one.resource_id].name if one.resource_id else None,
        "by_when": _iso(one.wanted_by),
        "state": one.state.value,
        "asked_for_at": _iso(one.created_at),
        "settled_at": _iso(one.settled_at),
    }


def _wait(wait: WaitRow, clinic: Catalogue) -> dict[str, Any]:
    """None: any place, anybody."""
    return {
        "service": clinic.services[wait.service_id].name,
        "from": wait.first_on.isoformat(),
        "to": wait.last_on.isoformat(),
        "locations": _names(clinic.locations, wait.location_ids),
        "specialists": _names(clinic.resources, wait.specialist_ids),
        "weekdays": wait.weekdays,
        "times_of_day": wait.day_parts,
        "notice_minutes": wait.notice_minutes,
        "in_place_of_a_visit": wait.appointment_id is not None,
        "state": wait.state.value,
        "since": wait.created_at.isoformat(),
        "until": _iso(wait.ended_at),
    }


def _names(named: Mapping[int, Any], ids: Sequence[int] | None) -> list[str] | None:
    """Names in the clinic's own list; what is not there any more is left out."""
    return None if ids is None else [named[one].name for one in ids if one in named]


def _visit(own: OwnVisit, clinic: Catalogue) -> dict[str, Any]:
    visit = own.visit
    place = clinic.locations[visit.location_id]
    specialist = None if visit.specialist_id is None else clinic.resources[visit.specialist_id].name
    return {
        "reference": visit.reference,
        "service": clinic.services[visit.service_id].name,
        "location": place.name,
        "specialist": specialist,
        "starts_at": _iso(visit.starts_at, place.tz),
        "ends_at": _iso(visit.ends_at, place.tz),
        "time_zone": place.tz_name,
        "status": visit.status.value,
        "booked_at": _iso(visit.booked_at),
        "booked_for_somebody_else": own.booked_for_other,
        "confirmed_at": _iso(visit.confirmed_at),
        "cancelled_at": _iso(visit.cancelled_at),
        "cancel_reason": own.cancel_reason_code,
        "cancel_note": own.cancel_note,
        "reason": own.reason,
        "needs": list(own.needs),
        "cannot_be_read": list(own.unreadable),
        "earlier_times": [
            {
                "starts_at": _iso(earlier.starts_at, clinic.locations[earlier.location_id].tz),
                "moved_at": _iso(earlier.replaced_at),
            }
            for earlier in own.earlier
        ],
        "forms": [{**_form(form, own.safety[form.code]), **_notes(form, own.noted[form.code])} for form in own.forms],
    }


def _form(form: FilledForm, safety: Collection[GivenAnswer]) -> dict[str, Any]:
    questions = form.questionnaire.question_by_link_id
    return {
        "form": form.code,
        "version": form.questionnaire.version,
        "language": form.questionnaire.language,
        "title": form.questionnaire.title,
        "sent_at": _iso(form.completed_at),
        "answers": [
            {
                "question": questions[link_id].text,
                "answer": None if stored.value is None else to_plain(stored.value),
                "is_readable": stored.is_readable,
                "saved_at": _iso(stored.saved_at),
            }
            for link_id, stored in form.stored.items()
        ],
        "safety_answers": [
            {
                "question": questions[one.noted.link_id].text,
                "answer": None if one.value is None else to_plain(one.value),
                "is_readable": one.is_readable,
                "saved_at": _iso(one.noted.saved_at),
            }
            for one in safety
        ],
    }


def _notes(form: FilledForm, notes: OwnNotes) -> dict[str, Any]:
    """What the clinic keeps with the form: numbers and rules as data, without a word on what they might mean."""
    words = {one.link_id: one.text for one in form.questionnaire.questions}
    score = notes.score
    return {
        "helped_by": notes.helper or None,
        "score": score
        and {"rule": score.rule, "value": score.value, "without": [words.get(one, one) for one in score.missing]},
        "flags_for_the_specialist": [
            {"flag": one.key, "rule": one.rule, "because_of": [words.get(link_id, link_id) for link_id in one.evidence]}
            for one in notes.flags
        ],
        "reviewed_at": _iso(notes.reviewed_at),
        "reviewed_by": notes.reviewed_by,
        "note_of_the_specialist": notes.note or None,
    }


def _iso(instant: datetime | date | None, tz: ZoneInfo | None = None) -> str | None:
    if isinstance(instant, datetime) and tz is not None:
        return instant.astimezone(tz).isoformat()
    return None if instant is None else instant.isoformat()
