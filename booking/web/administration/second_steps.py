"""Taking away the second steps of somebody who has lost them: people who work here, patients, and who acts for them."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.validators import InputRequired

from booking.core.actor import STAFF_ROLES
from booking.core.clock import utc_now
from booking.extensions import db
from booking.queries.credentials import factors_of
from booking.queries.found_accounts import FoundAccount, account_found_or_none
from booking.services.second_factors import ResetReason, reset_second_factors_of
from booking.web import access, audited
from booking.web.administration.clinic_pages import bp
from booking.web.fresh import fresh_login_to_act
from booking.web.words import choices_of

REASONS = {
    ResetReason.LOST: lazy_gettext("The phone or key is lost, stolen or broken"),
    ResetReason.REPLACED: lazy_gettext("There is a new phone, and the old one is gone"),
    ResetReason.NOT_THEIRS: lazy_gettext("A second step is not theirs: somebody else added it"),
    ResetReason.OTHER: lazy_gettext("Something else"),
}


class ResetForm(FlaskForm):
    """Why."""

    reason = RadioField(
        lazy_gettext("Why are they taken away?"),
        choices=choices_of({reason.value: word for reason, word in REASONS.items()}),
        validators=[InputRequired(lazy_gettext("Choose a reason."))],
    )


@bp.route("/accounts/<public_id:public_id>/second-steps", methods=["GET", "POST"])
@fresh_login_to_act
def second_steps(public_id: str) -> ResponseReturnValue:
    """What the account has, what taking it away means, and the button."""
    account, form = _account_or_404(public_id), ResetForm()
    if not form.validate_on_submit():
        return _page(account, form), 422 if form.is_submitted() else 200
    reset_second_factors_of(
        db.session(), actor=access.actor(), public_id=public_id, reason=ResetReason(form.reason.data), now=utc_now()
    )
    text = gettext("The second steps of %(name)s are taken away. They are told by e-mail.", name=account.name)
    flash(text, "success")
    return redirect(_back_url(account), 303)


def _account_or_404(public_id: str) -> FoundAccount:
    """Nobody does it to themself: their own pages change their second steps."""
    account = account_found_or_none(db.session(), public_id)
    if account is None or account.id == access.actor().account_id:
        abort(404)
    for patient_id, _ in account.patients:
        audited.saw_patient(patient_id)
    return account


def _page(account: FoundAccount, form: ResetForm) -> str:
    return render_template(
        "administration/second_steps.html",
        account=account,
        is_staff_account=account.role in STAFF_ROLES,
        factors=factors_of(db.session(), account.id),
        form=form,
        back_url=_back_url(account),
    )


def _back_url(account: FoundAccount) -> str:
    if account.role in STAFF_ROLES:
        return url_for(".person", public_id=account.public_id)
    patient = next((patient_id for _, patient_id in account.patients), None)
    return url_for("desk.patient", public_id=patient) if patient else url_for(".index")
