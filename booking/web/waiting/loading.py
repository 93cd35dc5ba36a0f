"""The one way from an id in an address to an entry of the waiting list: it loads and it authorises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import abort, redirect, request, url_for

from booking.core.clock import utc_now
from booking.core.scheduling.clinic import Catalogue, Service
from booking.extensions import db
from booking.models import WaitingState
from booking.queries.waiting import Waiting, entries_of_patients, open_offers, waiting_for
from booking.services.waiting_guests import may_join_again
from booking.web import access
from booking.web.context import clinic_now
from booking.web.waiting.words import wish_line


@dataclass(frozen=True, slots=True)
class ShownWait:
    """An entry with the clinic's words for it. `offer_url` answers the time that is offered just now, if one is;
    `visit_tz` is the zone of the visit that an earlier one is wished for; `is_brief`: the reader has the link, and no
    more is known of them."""

    waiting: Waiting
    service: Service
    words: str
    offer_url: str
    may_join_again: bool
    visit_tz: ZoneInfo | None
    is_brief: bool

    @property
    def is_waiting(self) -> bool:
        """They still wait."""
        return self.waiting.state is WaitingState.WAITING

    @property
    def is_placed(self) -> bool:
        """They took a time."""
        return self.waiting.state is WaitingState.PLACED


def wait_or_404(public_id: str) -> ShownWait:
    """The entry for whoever may see it: its patient's account, the browser session that made it or opened
    its link, or one that knows the visit an earlier one is wished for.

    A visitor is led to log in, whether the entry exists or not; everybody else gets 404.
    """
    actor, now = access.actor(), utc_now()
    found = waiting_for(db.session(), actor, public_id, now=now)
    if found is None and actor.role is None:
        abort(redirect(url_for("accounts.log_in", next=request.path), 303))
    if found is None:
        abort(404)
    if not _knows(found) and public_id not in actor.opened_waits:
        # A mailed link alone does not tell what the visit is for.
        wanted = request.path if request.method == "GET" else None
        abort(redirect(url_for("mailed.prove", public_id=found.visit_public_id, next=wanted), 303))
    return _shown(found, clinic_now(), now)


def _knows(found: Waiting) -> bool:
    actor = access.actor()
    if found.public_id in actor.waiting_ids:
        return True
    return actor.knows(public_id=found.visit_public_id or "", patient_id=found.patient_id)


def waits_of_patients(now: datetime) -> list[ShownWait]:
    """What the patients of this account wait for; one statement, and one more while something is offered."""
    actor = access.actor()
    if not actor.patient_ids:
        return []
    found = entries_of_patients(db.session(), actor, actor.patient_ids, now=now)
    return [_shown(one, clinic_now(), now) for one in found]


def _shown(found: Waiting, clinic: Catalogue, now: datetime) -> ShownWait:
    return ShownWait(
        found,
        clinic.services[found.wish.service_id],
        wish_line(found.wish, clinic),
        _offer_url(found) if found.offered_until and found.offered_until > now else "",
        may_join_again(found.state, found.ended_at, now=now),
        clinic.locations[found.visit_location_id].tz if found.visit_location_id else None,
        is_brief=not _knows(found),
    )


def _offer_url(found: Waiting) -> str:
    """Where the offered time is answered, for those who may: the account of the patient. Others have the letter."""
    if found.patient_id not in access.actor().patient_ids:
        return ""
    offers = open_offers(db.session(), entry_id=found.id)
    return next((url_for("mailed.offer", public_id=one.public_id) for one in offers), "")
