"""Who helps a patient, at the desk: asked, seen and ended on the patient's word. All of it is in the audit log."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.core.errors import CannotHelp
from booking.extensions import db
from booking.queries import carers as rights
from booking.queries.desk_patients import DeskPatient
from booking.services import carers
from booking.web import access
from booking.web.accounts.views import door
from booking.web.carers.forms import InviteCarerForm
from booking.web.context import clinic_now
from booking.web.desk.day import bp
from booking.web.desk.loading import patient_or_404
from booking.web.fresh import fresh_login_to_act


@bp.route("/patients/<public_id:public_id>/helpers", methods=["GET", "POST"])
@fresh_login_to_act
def helpers(public_id: str) -> ResponseReturnValue:
    """Who acts for the patient, who was asked, and a form to ask somebody."""
    found, form = patient_or_404(public_id), InviteCarerForm()
    form.offer({})
    if not form.validate_on_submit():
        return _page(found, form), 422 if form.is_submitted() else 200
    asked = form.invitation(found.id, clinic_now())
    try:
        carers.invite(db.session(), actor=access.actor(), door=door(), invitation=asked, now=utc_now())
    except CannotHelp:
        form.email.errors = [gettext("This is the patient's own address")]
        return _page(found, form), 422
    flash(gettext("We have written to them. They can say yes for three days."), "success")
    return redirect(url_for(".helpers", public_id=found.public_id), 303)


def _page(patient: DeskPatient, form: InviteCarerForm) -> str:
    now = utc_now()
    return render_template(
        "desk/helpers.html",
        patient=patient,
        form=form,
        rights=rights.rights_about(db.session(), [patient.id], now=now),
        invitations=rights.open_invitations(db.session(), [patient.id], now=now),
        tz=next(iter(clinic_now().locations.values())).tz,
    )


@bp.post("/helpers/<public_id:public_id>/end")
def end_helper(public_id: str) -> ResponseReturnValue:
    """End a right at once, on the patient's word or the helper's."""
    now, actor = utc_now(), access.actor()
    found = carers.right_or_none(db.session(), actor=actor, public_id=public_id, now=now) or abort(404)
    carers.end_right(db.session(), actor=actor, public_id=public_id, now=now)
    flash(gettext("%(name)s helps no more.", name=found.account_name), "success")
    return redirect(url_for(".helpers", public_id=found.patient_public_id), 303)


@bp.post("/invitations/<public_id:public_id>/withdraw")
def withdraw_invitation(public_id: str) -> ResponseReturnValue:
    """Take an invitation back."""
    found = carers.withdraw(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    flash(gettext("The invitation is taken back. Its link opens nothing any more."), "success")
    return redirect(url_for(".helpers", public_id=found.patient_public_id), 303)
