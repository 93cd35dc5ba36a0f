"""Calendar files: valid, neutral, in UTC, and the same entry from the booking to the cancellation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from booking.adapters.ics import CalendarFacts, CalendarMethod, calendar_file

FACTS = CalendarFacts(
    uid="appt-01J9ZK4T8Q@visits.example",
    sequence=0,
    starts_at=datetime(2026, 3, 9, 13, tzinfo=UTC),
    ends_at=datetime(2026, 3, 9, 14, tzinfo=UTC),
    place="12 Main Street, Springfield",
    stamped_at=datetime(2026, 3, 2, 15, 0, 0, 999999, tzinfo=UTC),
    organizer_name="Harbour Appointments",
    organizer_address="appointments@visits.example",
    attendee_address="ana@mail.example",
    phone="+1 416 555 0100",
)


def in_new_york(year: int, month: int, day: int, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo("America/New_York"), fold=fold)


def unfolded(facts: CalendarFacts, method: CalendarMethod = CalendarMethod.REQUEST) -> list[str]:
    return calendar_file(facts, method).decode().replace("\r\n ", "").split("\r\n")


def event_of(facts: CalendarFacts, method: CalendarMethod = CalendarMethod.REQUEST) -> Event:
    (event,) = Calendar.from_ical(calendar_file(facts, method)).events
    return event


def test_the_whole_file() -> None:
    assert sorted(unfolded(FACTS)) == sorted(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Clinic//Booking 1.0//EN",
            "METHOD:REQUEST",
            "BEGIN:VEVENT",
            "UID:appt-01J9ZK4T8Q@visits.example",
            "SEQUENCE:0",
            "DTSTAMP:20260302T150000Z",
            "DTSTART:20260309T130000Z",
            "DTEND:20260309T140000Z",
            "STATUS:CONFIRMED",
            "SUMMARY:Appointment",
            "LOCATION:12 Main Street\\, Springfield",
            "CLASS:PRIVATE",
            "DESCRIPTION:+1 416 555 0100",
            'ORGANIZER;CN="Harbour Appointments":mailto:appointments@visits.example',
            "ATTENDEE;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=FALSE:mailto:ana@mail.example",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    )


def test_a_cancellation_is_the_same_entry_with_a_higher_sequence() -> None:
    lines = unfolded(replace(FACTS, sequence=1), CalendarMethod.CANCEL)
    for line in ("METHOD:CANCEL", f"UID:{FACTS.uid}", "SEQUENCE:1", "STATUS:CANCELLED", "DTSTART:20260309T130000Z"):
        assert line in lines


def test_a_moved_visit_updates_the_entry() -> None:
    later = replace(
        FACTS, sequence=1, starts_at=FACTS.starts_at + timedelta(days=1), ends_at=FACTS.ends_at + timedelta(days=1)
    )
    before, after = event_of(FACTS), event_of(later)
    assert (before["UID"], before["SEQUENCE"]) == (after["UID"], after["SEQUENCE"] - 1)


@pytest.mark.parametrize(
    ("wall_clock", "utc"),
    [
        pytest.param(in_new_york(2026, 3, 7, 9), "20260307T140000Z", id="before-the-spring-change"),
        pytest.param(in_new_york(2026, 3, 8, 9), "20260308T130000Z", id="after-the-spring-change"),
        pytest.param(in_new_york(2026, 11, 1, 1, 30), "20261101T053000Z", id="first-of-a-repeated-hour"),
        pytest.param(in_new_york(2026, 11, 1, 1, 30, fold=1), "20261101T063000Z", id="second-of-a-repeated-hour"),
        pytest.param(in_new_york(2026, 11, 1, 9), "20261101T140000Z", id="after-the-autumn-change"),
        pytest.param(in_new_york(2026, 3, 9, 0), "20260309T040000Z", id="midnight"),
    ],
)
def test_local_times_become_utc_on_both_sides_of_both_changes(wall_clock: datetime, utc: str) -> None:
    ends_at = wall_clock.astimezone(UTC) + timedelta(hours=1)
    assert f"DTSTART:{utc}" in unfolded(replace(FACTS, starts_at=wall_clock, ends_at=ends_at))


def test_no_alarm_no_zone_and_no_name_are_in_the_file() -> None:
    text = calendar_file(FACTS, CalendarMethod.REQUEST).decode()
    for word in ("VALARM", "VTIMEZONE", "TZID", "PUBLISH", "http", "Ana"):
        assert word not in text


def test_a_patient_without_an_address_is_no_attendee() -> None:
    assert "ATTENDEE" not in calendar_file(replace(FACTS, attendee_address=None), CalendarMethod.REQUEST).decode()


def test_without_a_phone_there_is_no_description() -> None:
    assert "DESCRIPTION" not in calendar_file(replace(FACTS, phone=""), CalendarMethod.REQUEST).decode()


def test_a_visit_by_phone_is_nowhere() -> None:
    assert "LOCATION" not in calendar_file(replace(FACTS, place=""), CalendarMethod.REQUEST).decode()


def test_text_is_escaped_and_cannot_add_a_property() -> None:
    place = "A; B, C\\D\nATTENDEE:mailto:eve@evil.example"
    assert "LOCATION:A\\; B\\, C\\\\D\\nATTENDEE:mailto:eve@evil.example" in unfolded(replace(FACTS, place=place))
    assert event_of(replace(FACTS, place=place))["LOCATION"] == place


def test_a_sender_name_cannot_leave_its_parameter() -> None:
    lines = unfolded(replace(FACTS, organizer_name='A"B;X=1:C\r\nATTENDEE:x'))
    assert 'ORGANIZER;CN="A B;X=1:C ATTENDEE:x":mailto:appointments@visits.example' in lines


@pytest.mark.parametrize("address", ["", "ana", "ana@mail.example\r\nX:1", "ana@mail.example;X=1", "a@b,c@d"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        calendar_file(replace(FACTS, attendee_address=address), CalendarMethod.REQUEST)
    with pytest.raises(ValueError, match="address"):
        calendar_file(replace(FACTS, organizer_address=address), CalendarMethod.REQUEST)


def test_a_visit_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="ends"):
        calendar_file(replace(FACTS, ends_at=FACTS.starts_at), CalendarMethod.REQUEST)


printable = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=120)


@given(place=printable, name=printable)
def test_lines_are_folded_at_75_octets_and_end_with_crlf(place: str, name: str) -> None:
    raw = calendar_file(replace(FACTS, place=place, organizer_name=name), CalendarMethod.REQUEST)
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 75
    assert event_of(replace(FACTS, place=place))["LOCATION"] == place
