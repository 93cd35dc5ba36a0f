"""The time that is kept for this patient, as the screens after the choice need it, also when the hold has run out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from booking.core.clock import utc_now
from booking.core.scheduling.clinic import Catalogue, Location, Resource, Service
from booking.extensions import db
from booking.services import holds
from booking.services.holds import HeldSlot
from booking.web import access
from booking.web.scheduling.draft import Draft
from booking.web.scheduling.slot_choice import SlotChoice, choice_or_none


@dataclass(frozen=True, slots=True)
class KeptTime:
    """What was chosen. `hold` is the public id of its hold; `until` None: the hold has run out, but the time may still
    be free."""

    hold: str

    service: Service
    location: Location
    specialist: Resource | None
    starts_at: datetime
    until: datetime | None
    extensions_left: int = 0

    @property
    def change_until(self) -> datetime:
        """The last instant at which the patient could move the visit here."""
        return self.starts_at - self.service.policy.change_notice

    @property
    def cancel_until(self) -> datetime:
        """The last instant at which the patient could cancel here."""
        return self.starts_at - self.service.policy.cancel_notice


def kept_time_or_none(draft: Draft, catalogue: Catalogue) -> KeptTime | None:
    """The time of the draft; None when none was chosen, or the clinic no longer knows it."""
    choice = choice_or_none(draft.slot, catalogue)
    if choice is None:
        return None
    held = held_or_none(draft)
    if held is None:
        return KeptTime(draft.hold, choice.service, choice.location, choice.specialist, choice.starts_at, None)
    return _from_hold(held, choice, catalogue)


def held_or_none(draft: Draft) -> HeldSlot | None:
    """The hold of the draft while its row exists, expired or not."""
    if not draft.hold:
        return None
    return holds.hold_for(db.session(), actor=access.actor(), public_id=draft.hold)


def _from_hold(held: HeldSlot, choice: SlotChoice, catalogue: Catalogue) -> KeptTime:
    specialist = catalogue.resources.get(held.specialist_id) if held.specialist_id else choice.specialist
    is_kept = held.expires_at > utc_now()
    until = held.expires_at if is_kept else None
    extensions_left = held.extensions_left if is_kept else 0
    return KeptTime(held.public_id, choice.service, choice.location, specialist, held.starts_at, until, extensions_left)
