"""A small clinic file without mistakes, and helpers to spoil it in one place."""

from __future__ import annotations

import pytest

from booking.core.clinic_file.mistakes import ClinicFileRefused, Mistake
from booking.core.clinic_file.plan import ClinicPlan
from booking.core.clinic_file.read import read_clinic_file

KNOWN_QUESTIONNAIRES = frozenset({"day-after", "intake", "intake-short", "peg", "phq-2", "pre-session"})
MARK = "# <- here"

SAMPLE = """\
format = 1
[clinic]
name = "Harbour"
sender_name = "Harbour Appointments"
phone = "(904) 555-0100"
email = "desk@example.org"
emergency_number = "911"
crisis_line = "988"

[[locations]] # quay
code = "quay"
name = "Quay"
street = "1 Quay Street"
city = "Port Ellery"
phone = "(904) 555-0101"
time_zone = "America/New_York"

[[locations]] # bay
code = "bay"
name = "Bay"
street = "2 Bay Street"
city = "Carrow Bay"
phone = "(850) 555-0102"
time_zone = "America/Chicago"

[[closures]]
name = "Inventory"
location = "bay"
from = 2027-03-01
to = 2027-03-02

[[resources]] # Dr Cruz
code = "dr-cruz"
kind = "specialist"
name = "Dr. Ana Cruz"
languages = ["en", "es"]

[[resources.hours]] # quay hours
location = "quay"
days = ["mon", "tue"]
spans = ["09:00-12:00", "13:00-17:00"]
valid_from = 2026-01-01
valid_to = 2027-12-31

[[resources.exceptions]]
location = "quay"
on = 2026-12-23
spans = ["09:00-10:00", "10:00-11:00"]

[[resources]] # room
code = "room-1"
kind = "room"
name = "Room 1"
pools = ["rooms"]
lanes = 2

[[resources.hours]] # room hours
location = "quay"
days = ["mon"]
spans = ["08:00-18:00"]

[[services]]
code = "visit"
name = "Visit"
summary = "A visit."
mode = "in_person"
audience = "anyone"
book_notice = "2 hours"
horizon_days = 60
cancel_notice = 30
grid_minutes = 15
specialists = ["dr-cruz"]
locations = ["quay"]
questionnaires = ["peg"]
preparation = ["Bring your medicines."]

[[services.segments]] # talk
name = "Talk"
minutes = 30
needs = ["specialist", "2 lanes of rooms"]

[[services.segments]] # rest
name = "Rest"
offset_minutes = 30
minutes = 15

[[blocks]] # leave
resource = "dr-cruz"
from = 2027-01-04T08:00:00-05:00
to = 2027-01-09T00:00:00-05:00

[[blocks]] # painting
resource = "room-1"
from = 2027-01-04T08:00:00Z
to = 2027-01-09T00:00:00Z
note = "Painting"
"""


def read(text: str) -> ClinicPlan:
    return read_clinic_file(text, questionnaires=KNOWN_QUESTIONNAIRES)


def spoiled(old: str, new: str) -> str:
    """The sample with its one `old` replaced by `new`."""
    assert SAMPLE.count(old) == 1, f"{old!r} is not in the sample exactly once"
    return SAMPLE.replace(old, new)


def mistakes_in(text: str) -> tuple[Mistake, ...]:
    with pytest.raises(ClinicFileRefused) as refusal:
        read(text)
    return refusal.value.mistakes


def marked_lines(text: str) -> list[int]:
    """The numbers, from 1, of the lines that carry MARK."""
    return [number for number, line in enumerate(text.split("\n"), start=1) if MARK in line]
