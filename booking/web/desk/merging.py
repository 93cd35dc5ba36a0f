"""Two records of one person at the desk: finding the other one, looking at both, joining them, taking them apart."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.validators import DataRequired

from booking.adapters import dates
from booking.core.clock import utc_now
from booking.core.errors import CannotMerge
from booking.core.people import one_line
from booking.extensions import db
from booking.queries import desk_patients
from booking.queries.desk_patients import DeskPatient
from booking.queries.merging import Conflict, ConflictKind, conflicts_of, side_of
from booking.services import merging
from booking.web import access, audited
from booking.web.context import clinic_now
from booking.web.desk.day import bp
from booking.web.desk.forms import SearchPatientForm
from booking.web.desk.loading import locale, patient_or_404, with_words
from booking.web.words import choices_of

MOST_SHOWN = 10

REASONS = {
    "booked_twice": lazy_gettext("Booked or joined twice without a login"),
    "made_account": lazy_gettext("Made an account, and had a record already"),
    "misspelled": lazy_gettext("The name or date of birth was misspelled"),
    "name_changed": lazy_gettext("The name has changed"),
}


class MergeForm(FlaskForm):
    """Why the two are one person."""

    reason = RadioField(
        lazy_gettext("Why are they one person?"),
        choices=choices_of(REASONS),
        validators=[DataRequired(lazy_gettext("Choose a reason"))],
    )


@bp.route("/patients/<public_id:public_id>/same", methods=["GET", "POST"])
def same_person(public_id: str) -> ResponseReturnValue:
    """Records that may be of the same person: those alike, and those that are looked for."""
    found, form = patient_or_404(public_id), SearchPatientForm()
    text = one_line(form.text.data or "") if request.method == "POST" and form.validate() else ""
    others = _looked_for(text) if text else _alike(found)
    return render_template(
        "desk/same_person.html",
        patient=found,
        others=[one for one in others if one.id != found.id],
        form=form,
        text=text,
    )


def _alike(patient: DeskPatient) -> list[DeskPatient]:
    return desk_patients.patients_alike(
        db.session(), given_name=patient.given_name, family_name=patient.family_name, born_on=patient.born_on
    )


def _looked_for(text: str) -> list[DeskPatient]:
    audited.saw_list(audited.FOUND)
    return [one.patient for one in desk_patients.patients_matching(db.session(), text, MOST_SHOWN, now=utc_now())]


@bp.route("/patients/<public_id:public_id>/merge/<public_id:other>", methods=["GET", "POST"])
def merge(public_id: str, other: str) -> ResponseReturnValue:
    """Both side by side, and what will happen; the button does it. The first one is the one that stays."""
    kept, merged = patient_or_404(public_id), patient_or_404(other)
    if kept.id == merged.id:
        return redirect(url_for("desk.patient", public_id=kept.public_id), 303)
    form = MergeForm()
    if not form.validate_on_submit():
        return _preview(kept, merged, form), 422 if form.is_submitted() else 200
    try:
        merging.merge_patients(
            db.session(),
            actor=access.actor(),
            kept_id=kept.id,
            merged_id=merged.id,
            reason_code=form.reason.data,
            now=utc_now(),
        )
    except CannotMerge:
        return _preview(kept, merged, form), 409
    flash(gettext("The two records are one now. This can be undone on this page for two weeks."), "success")
    return redirect(url_for("desk.patient", public_id=kept.public_id), 303)


def _preview(kept: DeskPatient, merged: DeskPatient, form: MergeForm) -> str:
    now = utc_now()
    sides = [side_of(db.session(), one, now=now) for one in (kept, merged)]
    conflicts = conflicts_of(db.session(), access.actor(), kept.id, merged.id)
    return render_template(
        "desk/merge.html",
        kept=sides[0],
        merged=sides[1],
        visits={side.patient.id: [with_words(visit) for visit in side.visits] for side in sides},
        conflicts=[_sentence(one) for one in conflicts],
        services=clinic_now().services,
        works_at=access.actor().works_at,
        form=form,
        undo_days=merging.UNDO_FOR.days,
    )


def _sentence(conflict: Conflict) -> str:
    """What is in the way, and what can be done about it."""
    clinic = clinic_now()
    if conflict.kind is ConflictKind.BOTH_WAIT and conflict.service_id is not None:
        name = clinic.services[conflict.service_id].name
        return gettext("Both wait for: %(service)s. Take one of them off the waiting list first.", service=name)
    place = clinic.locations[conflict.location_id] if conflict.location_id else next(iter(clinic.locations.values()))
    if conflict.kind is ConflictKind.ELSEWHERE or conflict.starts_at is None:
        return gettext("There are visits at %(place)s, where you do not work: ask an administrator.", place=place.name)
    when = dates.day_and_time(conflict.starts_at, place.tz, locale())
    return gettext("Both have a visit at the same time: %(when)s. Move or cancel one of them first.", when=when)


@bp.post("/merges/<public_id:public_id>/undo")
def undo_merge(public_id: str) -> ResponseReturnValue:
    """Take the two records apart again."""
    kept = merging.undo_merge(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    flash(gettext("The two records are apart again."), "success")
    return redirect(url_for("desk.patient", public_id=kept), 303)
