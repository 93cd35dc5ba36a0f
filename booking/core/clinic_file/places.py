"""Reads the clinic's own words, its locations and its closures from the clinic file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from booking.core.clinic_file.findings import near_miss
from booking.core.clinic_file.plan import ClosurePlan, LocationPlan
from booking.core.clinic_file.table import Table
from booking.core.scheduling.clinic import ClinicProfile

_EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@.,;<>]+(\.[^\s@.,;<>]+)+")
_PHONE = re.compile(r"\+?[0-9 ().-]+", re.ASCII)
_NO_DAY = date(2000, 1, 1)


def read_profile(table: Table) -> ClinicProfile:
    """What the installation says of itself."""
    profile = ClinicProfile(
        name=table.name("name"),
        sender_name=table.name("sender_name"),
        phone=_phone(table, "phone", least_digits=6),
        emergency_number=_phone(table, "emergency_number", least_digits=2),
        crisis_line=_phone(table, "crisis_line", least_digits=2),
        email=_email(table, "email"),
    )
    table.finish()
    return profile


def read_location(table: Table) -> LocationPlan:
    """One location; its code is declared, so that hours, closures and services can refer to it."""
    code = table.code("code")
    table.findings.declare("location", code, table.at("code"))
    location = LocationPlan(
        code=code,
        name=table.name("name"),
        street=table.name("street"),
        city=table.name("city"),
        phone=_phone(table, "phone", least_digits=6),
        tz_name=_zone(table, "time_zone"),
        directions=table.prose("directions", ""),
        is_step_free=table.flag("step_free", default=True),
    )
    table.finish()
    return location


def read_closure(table: Table) -> ClosurePlan:
    """One closure, of one day unless it says `to`."""
    location = table.reference("location", "location", is_required=False)
    starts_on = table.day("from")
    ends_on = table.day_or_none("to") or starts_on
    if starts_on and ends_on and ends_on < starts_on:
        table.findings.add(table.at("to"), "dates_backwards", starts=str(starts_on), ends=str(ends_on))
    closure = ClosurePlan(location, starts_on or _NO_DAY, ends_on or _NO_DAY, table.name("name"))
    table.finish()
    return closure


def zones_of(locations: list[LocationPlan]) -> Mapping[str, ZoneInfo]:
    """The zones of the locations, by code, as far as they are known."""
    return {place.code: ZoneInfo(place.tz_name) for place in locations if place.tz_name in _zones()}


def _zone(table: Table, key: str) -> str:
    name = table.name(key)
    if name and name not in _zones():
        table.findings.add(table.at(key), "unknown_zone", value=name, **near_miss(name, _zones()))
    return name


def _phone(table: Table, key: str, *, least_digits: int) -> str:
    phone = table.name(key, most=40)
    digits = sum(letter.isdigit() for letter in phone)
    if phone and not (_PHONE.fullmatch(phone) and least_digits <= digits <= 15):
        table.findings.add(table.at(key), "bad_phone", value=phone)
    return phone


def _email(table: Table, key: str) -> str:
    email = table.name(key, most=254)
    if email and not _EMAIL.fullmatch(email):
        table.findings.add(table.at(key), "bad_email", value=email)
    return email


@cache
def _zones() -> frozenset[str]:
    """All IANA names on this machine; asked once, since it walks the files of the zone database."""
    return frozenset(available_timezones())
