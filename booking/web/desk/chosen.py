"""The time that an address at the desk names: read, put into the sentence to read aloud, asked of the engine."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request
from flask_babel import gettext

from booking.adapters import dates
from booking.core.clock import local_date, utc_now
from booking.core.errors import RulesRefuse
from booking.core.scheduling.allocation import SlotRequest
from booking.core.scheduling.clinic import VisitMode
from booking.core.scheduling.intervals import to_minutes
from booking.core.scheduling.rules import Refusal
from booking.services import appointments
from booking.web import access
from booking.web.context import clinic_now
from booking.web.desk.loading import locale
from booking.web.scheduling.slot_choice import SlotChoice, choice_or_none
from booking.web.words import MODE


def own_choice_or_none(text: str | None = None) -> SlotChoice | None:
    """The time that `text` names, else the address, at a location where the actor works."""
    value = request.args.get("slot", "") if text is None else text
    choice = choice_or_none(value, clinic_now(), is_staff=True)
    return choice if choice is not None and access.actor().works_at(choice.location.id) else None


def refuse_if_past(choice: SlotChoice) -> None:
    """Before anything is read aloud: a time that is over raises RulesRefuse."""
    if choice.starts_at < utc_now():
        raise RulesRefuse((Refusal("in_past"),))


def request_of(choice: SlotChoice) -> SlotRequest:
    """The same time as the engine is asked about it."""
    starts = to_minutes(choice.starts_at)
    return SlotRequest(choice.service.id, choice.location.id, named_specialist_id(choice), starts, utc_now())


def named_specialist_id(choice: SlotChoice) -> int | None:
    """Whoever is named in the sentence: what was read aloud is what is booked, also when anybody would do."""
    return choice.specialist.id if choice.specialist else None


def sentence_of(choice: SlotChoice) -> str:
    """ "Tuesday the 24th at 10:20 am with Dr Moreau at Port Ellery", or "by video": to be read aloud."""
    tz = choice.location.tz
    when = dates.spoken_time(choice.starts_at, tz, locale(), today=local_date(utc_now(), tz))
    if choice.service.mode is not VisitMode.IN_PERSON:
        who = [choice.specialist.name] if choice.specialist else []
        return ", ".join([when, *who, str(MODE[choice.service.mode])])
    words = {"when": when, "place": choice.location.name}
    if choice.specialist is None:
        return gettext("%(when)s at %(place)s", **words)
    return gettext("%(when)s with %(who)s at %(place)s", who=choice.specialist.name, **words)


def can_be_overridden(refusals: Iterable[Refusal]) -> bool:
    """Whether a reason is all that is missing."""
    return all(refusal.code in appointments.OVERRIDABLE for refusal in refusals)
