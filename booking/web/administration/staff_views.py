"""The people who log in: who they are, inviting one, changing what they may do, shutting and opening accounts.

All of it asks for a fresh log-in."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.core.errors import AddressKnown
from booking.extensions import db
from booking.queries.administration import StaffMember, staff, staff_member_or_none
from booking.services import staff as staff_service
from booking.services.staff import LastAdministrator
from booking.web import access
from booking.web.administration.clinic_pages import bp
from booking.web.administration.staff_forms import ROLE, ROLE_HINTS, InviteForm, PositionForm, values_of
from booking.web.context import clinic_now
from booking.web.fresh import fresh_login_to_act


@bp.get("/people")
def people() -> str:
    """Everybody who may log in, and who may no longer."""
    return render_template(
        "administration/people.html", people=staff(db.session()), role_words=ROLE, catalogue=clinic_now()
    )


@bp.route("/people/invite", methods=["GET", "POST"])
@fresh_login_to_act
def invite() -> ResponseReturnValue:
    """Ask somebody in; they choose their password themselves."""
    form = InviteForm(clinic_now())
    if not form.validate_on_submit():
        return _invite_page(form, 422 if form.is_submitted() else 200)
    try:
        staff_service.invite(
            db.session(), actor=access.actor(), email=form.email.data or "", position=form.position(), now=utc_now()
        )
    except AddressKnown:
        form.email.errors = [gettext("There is already an account with this address")]
        return _invite_page(form, 422)
    flash(gettext("An invitation is on its way to %(email)s.", email=form.email.data), "success")
    return redirect(url_for(".people"), 303)


def _invite_page(form: InviteForm, status: int) -> ResponseReturnValue:
    return render_template("administration/invite.html", form=form, role_hints=_hints()), status


def _hints() -> list[tuple[str, str]]:
    return [(str(ROLE[role]), str(hint)) for role, hint in ROLE_HINTS.items()]


@bp.route("/people/<public_id:public_id>", methods=["GET", "POST"])
@fresh_login_to_act
def person(public_id: str) -> ResponseReturnValue:
    """What somebody does here."""
    member = _member_or_404(public_id)
    form = PositionForm(clinic_now(), **values_of(member, clinic_now()))
    if not form.validate_on_submit():
        return _person_page(member, form), 422 if form.is_submitted() else 200
    try:
        staff_service.change_position(
            db.session(), actor=access.actor(), public_id=public_id, position=form.position(), now=utc_now()
        )
    except LastAdministrator:
        form.role.errors = [_nobody_left()]
        return _person_page(member, form), 422
    flash(gettext("Saved: %(name)s. They have to log in anew.", name=form.name.data), "success")
    return redirect(url_for(".people"), 303)


def _person_page(member: StaffMember, form: PositionForm) -> str:
    return render_template(
        "administration/person.html",
        form=form,
        member=member,
        role_hints=_hints(),
        may_reset=member.id != access.actor().account_id,
    )


def _member_or_404(public_id: str) -> StaffMember:
    member = staff_member_or_none(db.session(), public_id)
    if member is None:
        abort(404)
    return member


def _nobody_left() -> str:
    return gettext("This is the last administrator who can log in. Make somebody else one first.")


@bp.post("/people/<public_id:public_id>/invite-again")
@fresh_login_to_act
def invite_again(public_id: str) -> ResponseReturnValue:
    """Mail a fresh link to somebody who has not joined yet."""
    member = _member_or_404(public_id)
    staff_service.invite_again(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    flash(gettext("A new invitation is on its way to %(email)s.", email=member.email), "success")
    return redirect(url_for(".people"), 303)


@bp.post("/people/<public_id:public_id>/disable")
@fresh_login_to_act
def disable(public_id: str) -> ResponseReturnValue:
    """Shut the account and log it out."""
    return _set_active(public_id, is_active=False)


@bp.post("/people/<public_id:public_id>/enable")
@fresh_login_to_act
def enable(public_id: str) -> ResponseReturnValue:
    """Open the account again."""
    return _set_active(public_id, is_active=True)


def _set_active(public_id: str, *, is_active: bool) -> ResponseReturnValue:
    member = _member_or_404(public_id)
    try:
        staff_service.set_active(
            db.session(), actor=access.actor(), public_id=public_id, is_active=is_active, now=utc_now()
        )
    except LastAdministrator:
        flash(_nobody_left(), "error")
        return redirect(url_for(".person", public_id=public_id), 303)
    text = gettext("%(name)s can log in again.") if is_active else gettext("%(name)s can no longer log in.")
    flash(text % {"name": member.name}, "success")
    return redirect(url_for(".people"), 303)
