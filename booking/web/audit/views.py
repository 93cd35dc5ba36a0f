"""Who did what: for administrators with filters, for patients what others saw and did of theirs. Paged by event."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.core.scheduling.clinic import Location
from booking.extensions import db
from booking.queries.audit_events import Entry, StaffName, Wanted, entries, entries_for_patients, staff_names
from booking.queries.desk_patients import DeskPatient, patient_or_none
from booking.queries.own_patients import own_patients
from booking.web import access, audited
from booking.web.audit import words
from booking.web.audit.forms import GROUPS, FilterForm
from booking.web.context import clinic_now

bp = Blueprint("audit", __name__)

SHOWN = 50
LONGEST_NUMBER = 10
KEPT = ("patient", "who", "what", "since", "until")


@bp.get("/admin/log")
def events() -> ResponseReturnValue:
    """Who did what, the newest first."""
    staff = staff_names(db.session())
    form, place, patient = FilterForm(staff), _place(), _patient()
    is_read = form.validate()
    found = entries(db.session(), _wanted(form, staff, place, patient), SHOWN + 1) if is_read else []
    audited.saw_list(audited.LOG_READ)
    page = render_template(
        "audit/events.html",
        form=form,
        patient=patient,
        entries=found[:SHOWN],
        older_url=_older_url(found),
        is_first=_before() is None,
        tz=place.tz,
        who=words.who,
        what=words.what,
        refused=words.REFUSED,
    )
    return page, 200 if is_read else 422


def _wanted(form: FilterForm, staff: list[StaffName], place: Location, patient: DeskPatient | None) -> Wanted:
    chosen = next((one.id for one in staff if one.public_id == form.who.data), None)
    kind = words.KINDS.get(form.what.data or "")
    return Wanted(
        patient_id=patient.id if patient else None,
        account_id=chosen,
        actor_kind=GROUPS.get(form.who.data or ""),
        actions=sorted(kind[1]) if kind else (),
        since=_midnight(form.since.data, place),
        until=_midnight(form.until.data, place, later=1),
        before=_before(),
    )


def _midnight(on: date | None, place: Location, *, later: int = 0) -> datetime | None:
    """The instant at which that day, or the one after it, begins at the clinic."""
    if on is None:
        return None
    return datetime.combine(on + timedelta(days=later), time.min, place.tz).astimezone(UTC)


def _place() -> Location:
    """Times are told by the clock of the first location."""
    return next(place for _, place in sorted(clinic_now().locations.items()))


def _patient() -> DeskPatient | None:
    public_id = request.args.get("patient", "")
    patient = patient_or_none(db.session(), public_id) if public_id else None
    if public_id and patient is None:
        abort(404)
    return patient


def _before() -> int | None:
    """The event after which the page goes on. What is no number of ours is nowhere."""
    text = request.args.get("before", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER):
        abort(404)
    return int(text)


def _older_url(found: list[Entry]) -> str:
    """The same page, further back; "" on the last one."""
    if len(found) <= SHOWN:
        return ""
    kept: dict[str, Any] = {name: request.args[name] for name in KEPT if name in request.args}
    return url_for(request.endpoint or "", **kept, before=found[SHOWN - 1].seq)


@bp.get("/account/who-looked")
def own() -> ResponseReturnValue:
    """What others saw and did of the patients of the account. What the person did themself is left out."""
    actor, place = access.actor(), _place()
    people = {one.public_id: one.given_name for one in own_patients(db.session(), actor.patient_ids)}
    found = entries_for_patients(
        db.session(), actor.patient_ids, account_id=actor.account_id or 0, other_than=sorted(words.REFUSED),
        before=_before(), limit=SHOWN + 1,
    )  # fmt: skip
    return render_template(
        "audit/own.html",
        entries=found[:SHOWN],
        older_url=_older_url(found),
        is_first=_before() is None,
        people=people,
        tz=place.tz,
        who=words.own_who,
        what=words.own_what,
    )
