"""The calendar file of one visit, which says nothing that a shared calendar may not show.

One UID for the life of the appointment, a SEQUENCE that rises with every change, instants in UTC (no VTIMEZONE to get
wrong). Neither service nor specialist has a place here. Sources: RFC 5545, RFC 5546 (REQUEST, CANCEL).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from icalendar import Calendar, Event, vCalAddress, vText

from booking.adapters.addresses import is_plain_address

PRODUCT_ID = "-//Clinic//Booking 1.0//EN"
"""Neutral as well: the name of a product for pain clinics would say what the visit is for."""

_NOT_IN_A_NAME = re.compile(r'[\x00-\x1f\x7f"^]+')


class CalendarMethod(StrEnum):
    """REQUEST enters or updates the visit, CANCEL takes it out. PUBLISH is for feeds: Outlook copies such events."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFacts:
    """What the file says. Addresses are bare; `organizer_address` is the mailbox the letter comes from.

    `attendee_address` None: a file handed over in the browser to somebody without e-mail. `summary` is the neutral
    word "Appointment" in the reader's language; `place` is empty when nobody has to come anywhere; `phone` becomes the
    description when it is not empty.
    """

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    place: str
    stamped_at: datetime
    organizer_name: str
    organizer_address: str
    attendee_address: str | None = None
    summary: str = "Appointment"
    phone: str = ""


def calendar_file(facts: CalendarFacts, method: CalendarMethod) -> bytes:
    """The file in UTF-8 with CRLF, lines folded at 75 octets.

    Raises ValueError for an address that is none, or a visit that does not end after its start.
    """
    if facts.starts_at >= facts.ends_at:
        raise ValueError("a visit ends after its start")
    calendar = Calendar()
    calendar.add("prodid", PRODUCT_ID)
    calendar.add("version", "2.0")
    calendar.add("method", method.value)
    calendar.add_component(_event(facts, method))
    return bytes(calendar.to_ical())


def _event(facts: CalendarFacts, method: CalendarMethod) -> Event:
    event = Event()
    event.add("uid", facts.uid)
    event.add("sequence", facts.sequence)
    event.add("dtstamp", _utc_second(facts.stamped_at))
    event.add("dtstart", _utc_second(facts.starts_at))
    event.add("dtend", _utc_second(facts.ends_at))
    event.add("status", "CANCELLED" if method is CalendarMethod.CANCEL else "CONFIRMED")
    event.add("summary", facts.summary)
    if facts.place:
        event.add("location", facts.place)
    event.add("class", "PRIVATE")
    if facts.phone:
        event.add("description", facts.phone)
    event.add("organizer", _organizer(facts))
    if facts.attendee_address is not None:
        event.add("attendee", _attendee(facts.attendee_address))
    return event


def _organizer(facts: CalendarFacts) -> vCalAddress:
    organizer = _mailbox(facts.organizer_address)
    organizer.params["CN"] = vText(_NOT_IN_A_NAME.sub(" ", facts.organizer_name).strip())
    return organizer


def _attendee(address: str) -> vCalAddress:
    """The patient, without a name. No reply is asked for: declining in a calendar cancels nothing."""
    attendee = _mailbox(address)
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("NEEDS-ACTION")
    attendee.params["RSVP"] = vText("FALSE")
    return attendee


def _mailbox(address: str) -> vCalAddress:
    if not is_plain_address(address):
        raise ValueError("not an e-mail address that a calendar file can name")
    return vCalAddress(f"mailto:{address}")


def _utc_second(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)
