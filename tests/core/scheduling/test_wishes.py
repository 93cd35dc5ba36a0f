"""Wishes only filter: what is offered with them is offered without them as well."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from booking.core.scheduling.clinic import Catalogue, MinuteSpan, Need, VisitMode, is_spoken
from booking.core.scheduling.slots import SlotQuery, busy_window, find_slots
from booking.core.scheduling.wishes import Wishes
from tests.core.scheduling.clinics import (
    DR_CRUZ,
    DR_DIAZ,
    HERE,
    LONG_BEFORE,
    MONDAY,
    THERE,
    VISIT,
    clinic,
    hours,
    location,
    resource,
    segment,
    service,
)

SUNDAY = MONDAY + timedelta(days=6)
NURSE = 21


def offered(catalogue: Catalogue, wishes: Wishes, first_on: date = MONDAY, last_on: date = SUNDAY) -> list[str]:
    """`weekday hour:minute` of everything offered, in the wall-clock of its location."""
    query = SlotQuery(VISIT, None, None, first_on, last_on, LONG_BEFORE, wishes=wishes)
    found = find_slots(catalogue, query, {})
    return [f"{s.starts_at.astimezone(catalogue.locations[s.location_id].tz):%a %H:%M}" for s in found]


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        pytest.param(Wishes((MinuteSpan(540, 600),), frozenset({1})), ["Tue 09:00", "Tue 09:30"], id="both"),
        pytest.param(
            Wishes((MinuteSpan(0, 570), MinuteSpan(690, 1440)), frozenset({0})), ["Mon 09:00", "Mon 11:30"], id="edges"
        ),
        pytest.param(Wishes((MinuteSpan(720, 1440),)), [], id="never open then"),
        pytest.param(Wishes((MinuteSpan(1440, 2880),)), [], id="no start is on the day after its own"),
    ],
)
def test_time_of_day_and_weekday(wishes: Wishes, expected: list[str]) -> None:
    assert offered(clinic(), wishes) == expected


def test_weekdays_alone_leave_whole_days() -> None:
    assert {text[:3] for text in offered(clinic(), Wishes(weekdays=frozenset({5, 6})))} == {"Sat", "Sun"}


def test_a_repeated_hour_is_wished_twice() -> None:
    at_night = clinic(resources=[resource(weekly_hours=hours((0, 300)))])
    wishes = Wishes((MinuteSpan(120, 180),))
    on = date(2026, 10, 25)
    assert offered(at_night, wishes, on, on) == ["Sun 02:00", "Sun 02:30", "Sun 02:00", "Sun 02:30"]


def people(*languages: tuple[str, ...]) -> list[object]:
    return [resource(id_, languages=spoken) for id_, spoken in zip((DR_CRUZ, DR_DIAZ), languages, strict=True)]


def specialists(catalogue: Catalogue, wishes: Wishes) -> set[int | None]:
    query = SlotQuery(VISIT, None, None, MONDAY, MONDAY, LONG_BEFORE, wishes=wishes)
    assert set(busy_window(catalogue, query)[2]) >= {s for s in catalogue.resources if s == NURSE}
    return {slot.specialist_id for slot in find_slots(catalogue, query, {})}


@pytest.mark.parametrize(("language", "expected"), [("es", {DR_DIAZ}), ("en", {DR_CRUZ, DR_DIAZ}), ("fr", set())])
def test_a_wished_language_is_spoken_by_the_specialist(language: str, expected: set[int]) -> None:
    catalogue = clinic(resources=people(("en-GB",), ("es", "en")))
    assert specialists(catalogue, Wishes(language=language)) == expected


def test_a_service_is_given_by_who_speaks_one_of_its_languages() -> None:
    catalogue = clinic(service(languages=("fr", "es")), people(("en-GB",), ("es", "en")))
    assert specialists(catalogue, Wishes()) == {DR_DIAZ}


def test_without_a_specialist_no_language_is_promised() -> None:
    catalogue = clinic(service(segment(30, Need("nurses"))), [resource(NURSE, "nurses", languages=("es",))])
    query = SlotQuery(VISIT, None, None, MONDAY, MONDAY, LONG_BEFORE, wishes=Wishes(language="es"))
    assert find_slots(catalogue, query, {}) == []
    assert busy_window(catalogue, query) == (0, 0, ())


@pytest.mark.parametrize(("mode", "expected"), [(VisitMode.IN_PERSON, {HERE}), (VisitMode.VIDEO, {HERE, THERE})])
def test_step_free_access_matters_to_who_comes(mode: VisitMode, expected: set[int]) -> None:
    places = [location(HERE), location(THERE, is_step_free=False)]
    open_at = hours((540, 600)) + hours((600, 660), location_id=THERE)
    catalogue = clinic(service(mode=mode), [resource(weekly_hours=open_at)], places)
    query = SlotQuery(VISIT, None, None, MONDAY, MONDAY, LONG_BEFORE, wishes=Wishes(step_free=True))
    assert {slot.location_id for slot in find_slots(catalogue, query, {})} == expected


@pytest.mark.parametrize(
    ("language", "languages", "expected"),
    [
        ("en", ("en",), True),
        ("EN", ("en-us",), True),
        ("en-GB", ("en",), False),
        ("en", ("eng",), False),
        ("en", (), False),
    ],
)
def test_a_language_has_its_varieties(language: str, languages: tuple[str, ...], expected: bool) -> None:
    assert is_spoken(language, languages) is expected
