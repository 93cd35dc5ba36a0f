"""How a patient stands to the texts, for the desk: signatures on paper, and what callers take back."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from booking.core.clock import utc_now
from booking.extensions import db
from booking.queries.consents import ConsentLine, consents_of
from booking.queries.desk_patients import DeskPatient
from booking.services import consents as service
from booking.web import access
from booking.web.consents.forms import SignForm
from booking.web.consents.words import state_text, state_tone
from booking.web.context import clinic_now
from booking.web.desk.day import bp
from booking.web.desk.loading import patient_or_404


def _lines(patient: DeskPatient) -> list[ConsentLine]:
    return consents_of(db.session(), patient_id=patient.id, language=str(get_locale() or "en"))


def _page(patient: DeskPatient, form: SignForm) -> str:
    return render_template(
        "desk/consents.html",
        patient=patient,
        lines=_lines(patient),
        form=form,
        state_text=state_text,
        state_tone=state_tone,
        tz=next(iter(clinic_now().locations.values())).tz,
    )


@bp.get("/patients/<public_id:public_id>/consents")
def consents(public_id: str) -> ResponseReturnValue:
    """What they have agreed to."""
    found = patient_or_404(public_id)
    return _page(found, SignForm(formdata=None, name=found.name))


@bp.post("/patients/<public_id:public_id>/consents/paper")
def record_consent(public_id: str) -> ResponseReturnValue:
    """A signature on paper was seen."""
    found, form = patient_or_404(public_id), SignForm()
    line = _line_or_none(found)
    if line is None:
        return _changed(public_id)
    if not form.validate_on_submit():
        return _page(found, form), 422
    service.record_paper(
        db.session(),
        actor=access.actor(),
        patient_id=found.id,
        text_public_id=line.text_public_id,
        name=form.name.data or "",
        now=utc_now(),
    )
    flash(gettext("Recorded: %(title)s.", title=line.title), "success")
    return redirect(url_for("desk.consents", public_id=public_id), 303)


@bp.post("/patients/<public_id:public_id>/consents/withdraw")
def withdraw_consent(public_id: str) -> ResponseReturnValue:
    """The patient has said that it does not hold any more."""
    found = patient_or_404(public_id)
    line = _line_or_none(found)
    if line is None:
        return _changed(public_id)
    service.withdraw(
        db.session(), actor=access.actor(), patient_id=found.id, code=line.code, name=found.name, now=utc_now()
    )
    flash(_taken_back(line), "success")
    return redirect(url_for("desk.consents", public_id=public_id), 303)


def _taken_back(line: ConsentLine) -> str:
    if line.state.holds:
        return gettext("Taken back: %(title)s.", title=line.title)
    return gettext("Recorded that the patient does not agree: %(title)s.", title=line.title)


def _line_or_none(patient: DeskPatient) -> ConsentLine | None:
    """The text that is meant."""
    wanted = request.form.get("text", "")
    return next((line for line in _lines(patient) if line.text_public_id == wanted), None)


def _changed(public_id: str) -> ResponseReturnValue:
    """The text is not asked for any more, or a newer version is: the page shows what there is."""
    flash(gettext("That text was changed meanwhile. Please look again."), "info")
    return redirect(url_for("desk.consents", public_id=public_id), 303)
