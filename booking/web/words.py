"""Words of the clinic's own lists, as people read them: needs, statuses, reasons for cancelling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString, gettext, lazy_gettext
from wtforms.fields.choices import SelectChoice

from booking.core.scheduling.clinic import Location, VisitMode
from booking.core.scheduling.lifecycle import AppointmentStatus

NEEDS: dict[str, LazyString] = {
    "interpreter": lazy_gettext("An interpreter"),
    "wheelchair": lazy_gettext("Room for a wheelchair"),
    "lie_down": lazy_gettext("A place to lie down while I wait"),
    "low_light": lazy_gettext("Low light and quiet"),
    "companion": lazy_gettext("Someone will come with me"),
}

STATUS: dict[AppointmentStatus, LazyString] = {
    AppointmentStatus.BOOKED: lazy_gettext("Booked"),
    AppointmentStatus.ARRIVED: lazy_gettext("You have arrived"),
    AppointmentStatus.IN_ROOM: lazy_gettext("You are with us"),
    AppointmentStatus.IN_TREATMENT: lazy_gettext("You are with us"),
    AppointmentStatus.IN_RECOVERY: lazy_gettext("You are with us"),
    AppointmentStatus.DONE: lazy_gettext("Done"),
    AppointmentStatus.CANCELLED: lazy_gettext("Canceled"),
    AppointmentStatus.NO_SHOW: lazy_gettext("Missed"),
    AppointmentStatus.ENTERED_IN_ERROR: lazy_gettext("Entered by mistake"),
}
"""What a patient reads; the desk has shorter words."""

STATUS_TONE: dict[AppointmentStatus, str] = {
    AppointmentStatus.BOOKED: "good",
    AppointmentStatus.ARRIVED: "busy",
    AppointmentStatus.IN_ROOM: "busy",
    AppointmentStatus.IN_TREATMENT: "busy",
    AppointmentStatus.IN_RECOVERY: "busy",
}

MODE: dict[VisitMode, LazyString] = {
    VisitMode.IN_PERSON: lazy_gettext("at the clinic"),
    VisitMode.VIDEO: lazy_gettext("by video"),
    VisitMode.PHONE: lazy_gettext("by phone"),
}

MODE_TITLE: dict[VisitMode, LazyString] = {
    VisitMode.IN_PERSON: lazy_gettext("At the clinic"),
    VisitMode.VIDEO: lazy_gettext("By video"),
    VisitMode.PHONE: lazy_gettext("By phone"),
}
"""The same as words that stand alone."""

# Codes of http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason, in the words of patients.
CANCEL_REASONS: dict[str, LazyString] = {
    "pat-fb": lazy_gettext("I feel better"),
    "pat-lt": lazy_gettext("I have no way to get there"),
    "pat-mv": lazy_gettext("I moved"),
    "pat-ucp": lazy_gettext("I would like another specialist"),
    "pat": lazy_gettext("I would rather not say"),
}
NO_REASON_ON_SITE = "pat-cpp"
"""Cancelled through the site, no reason given."""


def where_words(mode: VisitMode, location: Location, phone: str | None = None) -> str:
    """The address of a visit, or how clinic and patient talk. `phone` is the patient's, if it may be said."""
    if mode is VisitMode.VIDEO:
        return gettext("By video. You join from the page of your visit.")
    if mode is VisitMode.PHONE and phone:
        return gettext("By phone, we call you at %(phone)s", phone=phone)
    if mode is VisitMode.PHONE:
        return gettext("By phone, we call you")
    return ", ".join((location.name, location.street, location.city))


def choices_of(words: Mapping[str, Any]) -> list[SelectChoice]:
    """Code → word as the choices of a field; lazy words become text when the page is written."""
    return [SelectChoice(code, word) for code, word in words.items()]
