"""Mailed links: the token of the address is exchanged for a value in the session, and the address becomes a clean one.

Opening changes nothing else, and may be done again until the link has acted or run out: mail scanners open links too.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from booking.core.clock import utc_now
from booking.core.errors import LinkDead
from booking.extensions import db
from booking.models import LinkAction
from booking.services import accounts
from booking.services.links import SeenLink, look_at
from booking.web import access
from booking.web.accounts.views import MAILED_TO, VISITS, door, link_key
from booking.web.security_headers import opened_from_mail

bp = Blueprint("links", __name__)

SPENT = "spent_link"


@bp.get("/l/<token>")
@opened_from_mail
def open_link(token: str) -> ResponseReturnValue:
    """Take the token out of the address and go on to the page that the link is for."""
    link = look_at(db.session(), token=token, now=utc_now())
    if link is None:
        raise LinkDead
    if not link.is_alive:
        return _dead(link, token)
    return _go_on(link, token)


def _go_on(link: SeenLink, token: str) -> ResponseReturnValue:
    session = access.server_session()
    if link.action is LinkAction.OPEN_VISIT:
        session[access.VISIT_GRANT] = {"appointment": link.appointment, "until": link.expires_at.isoformat()}
        return redirect(f"{VISITS}{link.appointment}", 303)
    session[link_key(link.action)] = token
    page = "accounts.verify" if link.action is LinkAction.VERIFY_ADDRESS else "accounts.reset"
    return redirect(url_for(page), 303)


def _dead(link: SeenLink, token: str) -> ResponseReturnValue:
    """A link that ran out offers a new one in one press; one that has acted does not. Who opens the link that confirmed
    their address once more is told that all is well."""
    if link.is_confirmed:
        return render_template("links/confirmed.html")
    if link.may_be_sent_again:
        access.server_session()[SPENT] = token
    return render_template("links/dead.html", may_be_sent_again=link.may_be_sent_again), 410


@bp.errorhandler(LinkDead)
def _unknown(_error: LinkDead) -> ResponseReturnValue:
    return render_template("links/dead.html", may_be_sent_again=False), 410


@bp.post("/account/link-again")
def send_link_again() -> ResponseReturnValue:
    """Mail a new link to where the old one went."""
    session = access.server_session()
    accounts.send_link_again(
        db.session(), actor=access.actor(), door=door(), token=session.pop(SPENT, ""), now=utc_now()
    )
    session.pop(MAILED_TO, None)
    return redirect(url_for("accounts.registered"), 303)
