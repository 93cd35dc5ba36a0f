"""Mailed links: the token of the address is exchanged for a value in the session, and the address becomes a clean one.

Opening changes nothing else, and may be done again until the link has acted or run out: mail scanners open links too.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from booking.core.clock import utc_now
from booking.core.errors import LinkDead
from booking.extensions import db
from booking.models import LinkAction
from booking.services import accounts
from booking.services.links import ACTS, SeenLink, look_at
from booking.web import access
from booking.web.accounts.views import MAILED_TO, door, link_key
from booking.web.security_headers import opened_from_mail

bp = Blueprint("links", __name__)

SPENT = "spent_link"

PAGES: Mapping[LinkAction, str] = {
    LinkAction.VERIFY_ADDRESS: "accounts.verify",
    LinkAction.RESET_PASSWORD: "accounts.reset",
    LinkAction.JOIN_STAFF: "joining.join",
    LinkAction.OPEN_VISIT: "visits.visit",
    LinkAction.CONFIRM_VISIT: "mailed.confirm",
    LinkAction.CHANGE_VISIT: "visits.change",
    LinkAction.CANCEL_VISIT: "visits.cancel",
    LinkAction.ANSWER_OFFER: "mailed.offer",
    LinkAction.OPEN_WAIT: "waiting.entry",
    LinkAction.ACCEPT_INVITATION: "carers.invitation",
    LinkAction.CONFIRM_NEW_ADDRESS: "address.confirm",
    LinkAction.STOP_NEW_ADDRESS: "address.stop",
}
ABOUT_VISITS = frozenset({*ACTS, LinkAction.ANSWER_OFFER, LinkAction.OPEN_WAIT})
"""Links that may be opened again and again: the visit, the offer or the wait decides what is done on their pages."""


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
    page = PAGES[link.action]
    if link.action in ABOUT_VISITS:
        access.note_opened(link.id)
        return redirect(url_for(page, public_id=link.appointment or link.offer or link.wait), 303)
    access.server_session()[link_key(link.action)] = token
    return redirect(url_for(page), 303)


def _dead(link: SeenLink, token: str) -> ResponseReturnValue:
    """A link that ran out offers a new one in one press; one that has acted does not. Who opens the link that confirmed
    their address once more is told that all is well."""
    if link.is_confirmed:
        return render_template("links/confirmed.html")
    if link.action is LinkAction.ANSWER_OFFER:
        return render_template("mailed/over.html", shown=None), 410
    if link.may_be_sent_again:
        access.server_session()[SPENT] = token
    is_visit = link.action in ACTS
    return render_template("links/dead.html", may_be_sent_again=link.may_be_sent_again, is_visit=is_visit), 410


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
