"""The page of an offered time: what is offered instead of what, and until when; yes, no, or no more offers.

A mailed link opens it without a login and shows date, time and place only.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.core.clock import utc_now
from booking.core.errors import HoldExpired, MoveNotAllowed, OfferOver, PatientBusy, RulesRefuse, SlotTaken
from booking.core.scheduling.clinic import Location, Resource, Service
from booking.extensions import db
from booking.models import OfferState
from booking.queries.waiting import Offer
from booking.services.offers import OfferContext, accept_offer, decline_offer, offer_context
from booking.web import access
from booking.web.context import clinic_now
from booking.web.mailed.forms import AnswerOfferForm
from booking.web.mailed.visit import bp
from booking.web.words import where_words

NOT_TO_BE_HAD = (SlotTaken, HoldExpired, OfferOver, PatientBusy, RulesRefuse, MoveNotAllowed)


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """An offer with the clinic's words for it. `is_brief`: the reader has the link, and no more is known of them.

    `visit_location` is where the visit is that they have: another place may have another clock.
    """

    offer: Offer
    service: Service
    location: Location
    specialist: Resource | None
    visit_location: Location | None
    is_open: bool
    may_be_tried: bool
    is_brief: bool

    @property
    def where(self) -> str:
        """The address, or how clinic and patient talk."""
        return where_words(self.service.mode, self.location)

    @property
    def is_taken(self) -> bool:
        """It was accepted."""
        return self.offer.state is OfferState.ACCEPTED

    @property
    def is_declined(self) -> bool:
        """They have said no."""
        return self.offer.state is OfferState.DECLINED


def shown_offer_or_404(public_id: str) -> ShownOffer:
    """The offer for whoever may answer it: its patient's account, or the browser session that opened its link.

    A visitor is led to log in, whether the offer exists or not; everybody else gets 404.
    """
    actor = access.actor()
    found = offer_context(db.session(), actor=actor, offer_public_id=public_id, now=utc_now())
    if found is None and actor.role is None:
        abort(redirect(url_for("accounts.log_in", next=request.path), 303))
    if found is None:
        abort(404)
    return _shown(found)


def _shown(found: OfferContext) -> ShownOffer:
    offer, clinic = found.offer, clinic_now()
    return ShownOffer(
        offer,
        clinic.services[offer.service_id],
        clinic.locations[offer.location_id],
        clinic.resources[offer.specialist_id] if offer.specialist_id else None,
        clinic.locations[offer.visit_location_id] if offer.visit_location_id else None,
        is_open=found.is_open,
        may_be_tried=found.may_be_tried,
        is_brief=offer.patient_id not in access.actor().patient_ids,
    )


@bp.get("/offers/<public_id:public_id>")
def offer(public_id: str) -> ResponseReturnValue:
    """What is offered, or what became of it. Looking changes nothing."""
    return _page(shown_offer_or_404(public_id))


def _page(shown: ShownOffer, status: int = 200, *, is_refused: bool = False) -> ResponseReturnValue:
    page = "mailed/offer.html" if shown.is_open and not is_refused else "mailed/over.html"
    # A page that says no is rendered with a form of its own, since the nonce of the posted one is used.
    form = AnswerOfferForm(formdata=None)
    return render_template(page, shown=shown, form=form, is_refused=is_refused), status


@bp.post("/offers/<public_id:public_id>")
def answer_offer(public_id: str) -> ResponseReturnValue:
    """Take the time, decline it, or leave the waiting list."""
    shown = shown_offer_or_404(public_id)
    form = AnswerOfferForm()
    if not form.validate_on_submit():
        return _page(shown, 422)
    if form.is_yes:
        return _accept(shown, form.nonce.data or "")
    decline_offer(
        db.session(),
        actor=access.actor(),
        offer_public_id=public_id,
        keep_looking=form.keeps_looking,
        now=utc_now(),
    )
    return redirect(url_for(".offer", public_id=public_id), 303)


def _accept(shown: ShownOffer, nonce: str) -> ResponseReturnValue:
    """Take it, and go to the page that says so; when it cannot be had any more, say that and what can be done."""
    try:
        accept_offer(
            db.session(),
            actor=access.owning_actor(),
            offer_public_id=shown.offer.public_id,
            now=utc_now(),
            nonce=nonce,
        )
    except NOT_TO_BE_HAD:
        return _page(shown, 409, is_refused=True)
    return redirect(url_for(".offer", public_id=shown.offer.public_id), 303)
