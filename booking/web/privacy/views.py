"""What the clinic keeps about a person, a copy of it to take away, and erasing on request."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.core.errors import RulesRefuse
from booking.core.retention import Retention
from booking.extensions import db
from booking.queries.accounts import self_ids
from booking.queries.catalogue import catalogue
from booking.queries.own_patients import OwnPatient, own_patients
from booking.services import erasing
from booking.services.own_data import own_data
from booking.web import access
from booking.web.accounts.forms import ButtonForm
from booking.web.audit.words import REFUSED
from booking.web.fresh import fresh_login_required
from booking.web.privacy.forms import DecideForm
from booking.web.privacy.packing import packed

bp = Blueprint("privacy", __name__)

# The name of a file in a download folder shall not tell where its owner goes.
DOWNLOAD_NAME = "your-data.zip"


@bp.get("/account/data/")
def own() -> ResponseReturnValue:
    """What is kept, in plain words, and the button for the copy."""
    return render_template("privacy/own.html", people=_own_people(), form=ButtonForm())


def _own_people() -> list[OwnPatient]:
    account = access.account_or_none()
    ids = self_ids(db.session(), account_id=account.id, now=utc_now()) if account else frozenset()
    return own_patients(db.session(), ids)


@bp.post("/account/data/copy")
@fresh_login_required
def download() -> ResponseReturnValue:
    """The copy as a ZIP. A POST, since it is recorded, and so that no link in a mail leads to it."""
    session, now, account = db.session(), utc_now(), access.account_or_none()
    if account is None:
        raise RuntimeError("The access table lets nobody in who is not logged in.")
    own = own_data(session, actor=access.actor(), hidden_looks=sorted(REFUSED), now=now)
    body = packed(account, own, catalogue(session), now)
    return Response(
        body,
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{DOWNLOAD_NAME}"'},
    )


@bp.route("/account/data/<public_id:patient>/erase", methods=["GET", "POST"])
def ask_erasure(patient: str) -> ResponseReturnValue:
    """What is erased, what the law makes the clinic keep, and the request."""
    person = next((one for one in _own_people() if one.public_id == patient), None) or abort(404)
    form = ButtonForm()
    if form.validate_on_submit():
        erasing.ask_erasure(db.session(), actor=access.actor(), patient_public_id=patient, now=utc_now())
        flash(gettext("We have your request. A person at the clinic looks at it and answers you."), "success")
        return redirect(url_for(".own"), 303)
    asked = erasing.is_asked(db.session(), person.id)
    years = _retention().record_years
    return render_template("privacy/ask.html", person=person, is_asked=asked, years=years, form=form)


@bp.get("/desk/erasure/<public_id:patient>")
def request_of(patient: str) -> ResponseReturnValue:
    """What erasing the person would do today, for the administrator who decides."""
    return _shown_request(patient, DecideForm(), 200)


@bp.post("/desk/erasure/<public_id:patient>/erase")
@fresh_login_required
def erase(patient: str) -> ResponseReturnValue:
    """Erase what may go."""
    form = DecideForm()
    try:
        erasure = erasing.erase(
            db.session(), actor=access.actor(), patient_public_id=patient, retention=_retention(), now=utc_now()
        )
    except RulesRefuse:
        form.form_errors.append(gettext("Cancel the visits ahead first. Then people know that they are not expected."))
        return _shown_request(patient, form, 422)
    whole = gettext("The person and the record are erased.")
    part = gettext("The ways to reach the person are erased. The record goes on its day.")
    flash(whole if erasure.is_record_over else part, "success")
    return redirect(url_for("desk.index"), 303)


@bp.post("/desk/erasure/<public_id:patient>/keep")
def keep(patient: str) -> ResponseReturnValue:
    """Close the request without erasing, with a reason."""
    form = DecideForm()
    if not form.validate_on_submit():
        return _shown_request(patient, form, 422)
    erasing.keep_for_now(
        db.session(), actor=access.actor(), patient_public_id=patient, reason_code=form.reason.data, now=utc_now()
    )
    flash(gettext("The request is closed. Please tell the person why."), "success")
    return redirect(url_for("desk.index"), 303)


def _shown_request(patient: str, form: DecideForm, status: int) -> ResponseReturnValue:
    erasure = erasing.erasure_of(
        db.session(), actor=access.actor(), patient_public_id=patient, retention=_retention(), now=utc_now()
    )
    return render_template("privacy/request.html", erasure=erasure, form=form), status


def _retention() -> Retention:
    found: Retention = current_app.config["SETTINGS"].retention
    return found
