"""The texts that a patient agrees to: reading one, signing it with a typed name, taking it back at any time."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from booking.core.clock import utc_now
from booking.extensions import db
from booking.queries.consents import ConsentLine, consents_of
from booking.queries.own_patients import OwnPatient, own_patients
from booking.services import consents
from booking.web import access
from booking.web.consents.forms import SignForm
from booking.web.consents.words import KIND, state_text, state_tone
from booking.web.context import clinic_now

bp = Blueprint("consents", __name__, url_prefix="/account/consents")


@bp.get("/")
def index() -> ResponseReturnValue:
    """How everybody whom the account acts for stands to each text."""
    people = own_patients(db.session(), access.actor().patient_ids)
    return render_template("consents/index.html", people=[(one, lines_of(one.id)) for one in people], **_words())


def lines_of(patient_id: int) -> list[ConsentLine]:
    """The texts with how that patient stands to them, in the reader's language where there is one."""
    return consents_of(db.session(), patient_id=patient_id, language=str(get_locale() or "en"))


def _words() -> dict[str, object]:
    tz = next(iter(clinic_now().locations.values())).tz
    return {"state_text": state_text, "state_tone": state_tone, "kinds": KIND, "tz": tz}


def _patient_or_404() -> OwnPatient:
    """The one who is meant: named in the address, or the first whom the account acts for."""
    people = own_patients(db.session(), access.actor().patient_ids)
    wanted = request.values.get("patient")
    found = next((one for one in people if wanted in {None, one.public_id}), None)
    return found or abort(404)


def _line_or_404(patient: OwnPatient, public_id: str) -> ConsentLine:
    return next((line for line in lines_of(patient.id) if line.text_public_id == public_id), None) or abort(404)


@bp.route("/<public_id:public_id>", methods=["GET", "POST"])
def text(public_id: str) -> ResponseReturnValue:
    """Read one, and sign it."""
    patient = _patient_or_404()
    line, form = _line_or_404(patient, public_id), SignForm()
    if not form.validate_on_submit():
        page = render_template("consents/text.html", patient=patient, line=line, form=form, **_words())
        return page, 422 if form.errors else 200
    consents.sign(
        db.session(),
        actor=access.actor(),
        patient_id=patient.id,
        text_public_id=public_id,
        name=form.name.data or "",
        now=utc_now(),
    )
    flash(gettext("Signed. You can take it back here at any time."), "success")
    return redirect(url_for(".text", public_id=public_id, patient=patient.public_id), 303)


@bp.post("/<public_id:public_id>/withdraw")
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take it back. Of messages also without having agreed: from now on they are not sent."""
    patient = _patient_or_404()
    line, account = _line_or_404(patient, public_id), access.account_or_none()
    consents.withdraw(
        db.session(),
        actor=access.actor(),
        patient_id=patient.id,
        code=line.code,
        name=account.name if account else "",
        now=utc_now(),
    )
    flash(gettext("Taken back. From now on it does not hold any more."), "success")
    return redirect(url_for(".text", public_id=public_id, patient=patient.public_id), 303)
