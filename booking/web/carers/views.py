"""People who help me, people I help: asking somebody, answering, ending it. The rights are asked with every request."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.core.clock import utc_now
from booking.core.errors import CannotHelp, LinkDead
from booking.extensions import db
from booking.models import LinkAction
from booking.queries import carers as rights
from booking.queries.carers import OpenInvitation, Right
from booking.queries.own_patients import OwnPatient, own_patients
from booking.services import carers
from booking.web import access
from booking.web.accounts.forms import ButtonForm
from booking.web.accounts.views import door, link_key
from booking.web.carers.forms import InviteCarerForm
from booking.web.context import clinic_now

bp = Blueprint("carers", __name__, url_prefix="/account")

ACCEPT = LinkAction.ACCEPT_INVITATION


@bp.get("/people")
def people() -> ResponseReturnValue:
    """Who helps me, who was asked, whom I help."""
    now, account_id = utc_now(), access.actor().account_id or 0
    own = rights.own_patient_ids(db.session(), account_id=account_id, now=now)
    helpers = [one for one in rights.rights_about(db.session(), own, now=now) if not one.is_self]
    helped = [one for one in rights.rights_of_account(db.session(), account_id=account_id, now=now) if not one.is_self]
    return render_template(
        "carers/people.html",
        helpers=helpers,
        helped=helped,
        invitations=rights.open_invitations(db.session(), own, now=now),
        may_invite=bool(own),
        has_several=len(own) > 1,
        tz=_tz(),
    )


def _tz() -> object:
    return next(iter(clinic_now().locations.values())).tz


@bp.route("/people/invite", methods=["GET", "POST"])
def invite() -> ResponseReturnValue:
    """Ask somebody for help. The answer is the same whether or not the address has an account."""
    own = _own()
    if not own:
        return redirect(url_for(".people"), 303)
    form = InviteCarerForm()
    form.offer({one.public_id: f"{one.name}, {one.born_on.isoformat()}" for one in own.values()})
    if not form.validate_on_submit():
        return render_template("carers/invite.html", form=form), 422 if form.is_submitted() else 200
    patient = own[form.patient.data] if form.patient else next(iter(own.values()))
    asked = form.invitation(patient.id, clinic_now())
    try:
        carers.invite(db.session(), actor=access.actor(), door=door(), invitation=asked, now=utc_now())
    except CannotHelp:
        form.email.errors = [gettext("This is your own address. Enter that of the person who is to help you")]
        return render_template("carers/invite.html", form=form), 422
    flash(gettext("We have written to them. They can say yes for three days."), "success")
    return redirect(url_for(".people"), 303)


def _own() -> dict[str, OwnPatient]:
    """The patients who are the account's owner, by public id."""
    ids = rights.own_patient_ids(db.session(), account_id=access.actor().account_id, now=utc_now())
    return {one.public_id: one for one in own_patients(db.session(), ids)}


@bp.post("/people/invitations/<public_id:public_id>/withdraw")
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take back what was not answered yet."""
    carers.withdraw(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    flash(gettext("The invitation is taken back. Its link opens nothing any more."), "success")
    return redirect(url_for(".people"), 303)


@bp.route("/people/<public_id:public_id>/end", methods=["GET", "POST"])
def end(public_id: str) -> ResponseReturnValue:
    """End a right, from either side: looking asks once more."""
    found = _right_or_404(public_id)
    is_mine = found.account_id == access.actor().account_id
    form = ButtonForm()
    if not form.validate_on_submit():
        return render_template("carers/end.html", right=found, is_mine=is_mine, form=form)
    carers.end_right(db.session(), actor=access.actor(), public_id=public_id, now=utc_now())
    name = found.patient_name if is_mine else found.account_name
    words = (
        gettext("You help %(name)s no more.", name=name) if is_mine else gettext("%(name)s helps no more.", name=name)
    )
    flash(words, "success")
    return redirect(url_for(".people"), 303)


def _right_or_404(public_id: str) -> Right:
    return carers.right_or_none(db.session(), actor=access.actor(), public_id=public_id, now=utc_now()) or abort(404)


@bp.get("/invitation")
def invitation() -> ResponseReturnValue:
    """Who asks is said after logging in only: others may read the mail. Looking changes nothing."""
    found = _opened()
    if access.account_or_none() is None:
        return render_template("carers/invitation_closed.html", form=ButtonForm())
    is_own = found.patient_id in rights.own_patient_ids(
        db.session(), account_id=access.actor().account_id, now=utc_now()
    )
    return render_template("carers/invitation.html", asked=found, is_own=is_own, tz=_tz())


def _opened() -> OpenInvitation:
    return carers.opened_invitation(db.session(), token=_token(), now=utc_now())


def _token() -> str:
    token: str = access.server_session().get(link_key(ACCEPT), "")
    return token


@bp.post("/invitation")
def accept() -> ResponseReturnValue:
    """Say yes, as whoever is logged in."""
    found = _opened()
    carers.accept(db.session(), actor=access.actor(), token=_token(), now=utc_now())
    access.server_session().pop(link_key(ACCEPT), None)
    flash(gettext("You can now see and book appointments for %(name)s.", name=found.patient_name), "success")
    return redirect(url_for("visits.visits"), 303)


@bp.post("/invitation/no")
def decline() -> ResponseReturnValue:
    """Say no, logged in or not."""
    carers.decline(db.session(), actor=access.actor(), token=_token(), now=utc_now())
    access.server_session().pop(link_key(ACCEPT), None)
    flash(gettext("You have said no. Nothing else happens."), "success")
    return redirect(url_for("public.index"), 303)


@bp.errorhandler(LinkDead)
def _over(_error: LinkDead) -> ResponseReturnValue:
    return render_template("carers/invitation_over.html"), 410
