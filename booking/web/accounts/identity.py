"""Please confirm it is you: a fresh proof before something that matters, and then back to it."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf import FlaskForm

from booking.core.clock import utc_now
from booking.core.errors import WrongCode, WrongLogIn
from booking.extensions import db
from booking.models import ProvenBy
from booking.queries.credentials import credential_ids, factors_of
from booking.services import own_proof
from booking.services.passkeys import question_to_prove
from booking.web import access
from booking.web.accounts.account_pages import account_id, account_page
from booking.web.accounts.asking import Purpose, asked, site, taken_challenge
from booking.web.accounts.factor_forms import CodeForm, PasskeyAnswerForm, PasswordForm
from booking.web.accounts.forms import ButtonForm
from booking.web.accounts.views import door
from booking.web.fresh import forget_act, kept_act

bp = Blueprint("identity", __name__)

HOME = "factors.overview"


@bp.route("/account/confirm", methods=["GET", "POST"])
def confirm() -> ResponseReturnValue:
    """Ask for the password, a code of the app or a passkey, whichever is at hand."""
    forms: dict[str, FlaskForm] = {"password": PasswordForm(), "code": CodeForm(), "passkey": PasskeyAnswerForm()}
    way = next((name for name in forms if name == request.form.get("way")), "")
    form = forms.get(way, forms["password"])
    if request.method == "GET" or not form.validate():
        return _page(forms, way, 422 if request.method == "POST" else 200)
    try:
        proven_by = _prove(form)
    except WrongLogIn:
        form.form_errors.append(gettext("The password is not right."))
    except WrongCode:
        form.form_errors.append(gettext("That did not work. Please try again, or use another way."))
    else:
        access.server_session().note_proven(proven_by)
        return _go_back()
    return _page(forms, way, 422)


def _prove(form: FlaskForm) -> ProvenBy:
    session, actor, now = db.session(), access.actor(), utc_now()
    if isinstance(form, PasswordForm):
        return own_proof.prove_password(session, actor=actor, door=door(), password=form.password.data or "", now=now)
    if isinstance(form, CodeForm):
        return own_proof.prove_code(session, actor=actor, door=door(), code=form.code.data or "", now=now)
    challenge = taken_challenge(form.challenge.data or "", Purpose.CONFIRM)
    return own_proof.prove_passkey(
        session, actor=actor, door=door(), site=site(), challenge=challenge, answer=form.answer.data or "", now=now
    )


def _page(forms: dict[str, FlaskForm], way: str, status: int) -> ResponseReturnValue:
    factors = factors_of(db.session(), account_id())
    question = None
    if factors.passkeys:
        question = asked(question_to_prove(site(), credential_ids(db.session(), account_id())), Purpose.CONFIRM)
    page = account_page(
        "identity/confirm.html", forms=forms, way=way, factors=factors, question=question, leave_url=_leave_url()
    )
    return page, status


def _go_back() -> ResponseReturnValue:
    act = kept_act()
    if act is None:
        return redirect(url_for(HOME), 303)
    if act.typed is None:
        forget_act()
        return redirect(act.path, 303)
    return redirect(url_for(".go_on"), 303)


@bp.get("/account/confirmed")
def go_on() -> ResponseReturnValue:
    """What was sent before the proof was asked for, to be sent with one button."""
    act = kept_act()
    if act is None or act.typed is None:
        return redirect(url_for(HOME), 303)
    return account_page("identity/go_on.html", form=ButtonForm(), act=act, leave_url=_leave_url())


def _leave_url() -> str:
    """Where somebody goes who does not want to go on: the part of the program that they came from."""
    act, administration = kept_act(), url_for("administration.index")
    return administration if act is not None and act.path.startswith(administration) else url_for(HOME)
