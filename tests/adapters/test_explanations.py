"""Each removal has its sentence; days in a row of which the same can be said are told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from booking.adapters.explanations import TEXTS, ExplanationWords, plain_gettext, plain_ngettext, told_days
from booking.core.scheduling.explain import DayExplanation, Removal
from booking.core.scheduling.intervals import Span
from tests.core.scheduling.clinics import DR_CRUZ, HERE, MONDAY, at, clinic, location, resource

# Monday in Berlin, in summer time.
NINE, TEN, NOON = (at(f"2026-10-05T{hour:02}:00") for hour in (7, 8, 10))
ROOMS = [resource(20 + n, "room", name=f"Room {n}") for n in range(1, 8)]
CLINIC = clinic(
    resources=[resource(name="Dr Cruz"), *ROOMS[:2], *(replace(room, pools=frozenset({"many"})) for room in ROOMS[2:])],
    locations=[replace(location(), name="Mitte")],
)
WORDS = ExplanationWords(CLINIC, "en", plain_gettext, plain_ngettext)
DAY = DayExplanation(MONDAY, HERE, DR_CRUZ, (), (), 0)
ROOM = {"pools": ("room",)}


def said(code: str, params: dict[str, object] | None = None, **details: tuple[Span, ...]) -> list[str]:
    removal = Removal(code, params or {}, ((NINE, TEN),), details)
    return list(WORDS.sentences(replace(DAY, removals=(removal,))))


@pytest.mark.parametrize(
    ("code", "params", "details", "sentence"),
    [
        ("specialist_not_for_service", {}, {}, "Dr Cruz does not give this kind of visit."),
        ("not_step_free", {}, {}, "Mitte has no step-free access."),
        ("never_here", {}, {}, "Dr Cruz never works at Mitte."),
        ("no_hours", {}, {}, "Dr Cruz has no hours at Mitte on this day of the week."),
        ("hours_not_begun", {"from_on": MONDAY}, {}, "The hours of Dr Cruz at Mitte begin on Mon 5 Oct."),
        ("hours_ended", {"last_on": MONDAY}, {}, "The hours of Dr Cruz at Mitte ended on Mon 5 Oct."),
        ("closed", {"name": "Paint"}, {"minutes": ((NINE, TEN),)}, "Mitte is closed: Paint."),
        ("other_hours", {}, {}, "There are other hours on this date."),
        ("other_hours", {}, {"minutes": ((NINE, TEN),)}, "Other hours on this date leave out 9:00 am – 10:00 am."),
        ("too_long", {"minutes": 90}, {}, "The visit takes 90 minutes, longer than these hours."),
        ("gaps_too_short", {"minutes": 120}, {}, "What is left is too short for 2 hours."),
        ("gaps_too_short", {"minutes": 1}, {"gaps": ((NINE, TEN),)}, "Too short for 1 minute: 9:00 am – 10:00 am."),
        ("in_past", {}, {}, "9:00 am – 10:00 am has passed."),
        ("too_soon", {"notice": timedelta(days=1)}, {}, "Notice of 24 hours removes 9:00 am – 10:00 am."),
        ("too_soon", {"notice": timedelta(hours=60)}, {}, "Notice of 60 hours removes 9:00 am – 10:00 am."),
        ("too_soon", {"notice": timedelta(days=3)}, {}, "Notice of 3 days removes 9:00 am – 10:00 am."),
        ("too_soon", {"notice": timedelta(minutes=125)}, {}, "Notice of 125 minutes removes 9:00 am – 10:00 am."),
        ("beyond_horizon", {"last_on": MONDAY}, {}, "Patients may book up to Mon 5 Oct."),
        ("patient_busy", {}, {}, "The patient has another visit."),
        ("patient_busy", {}, {"visits": ((NINE, NOON),)}, "The patient has another visit 9:00 am – 12:00 pm."),
        ("gap_too_short", {"min_gap_days": 1}, {}, "Visits of a patient must be at least 1 day apart."),
        ("gap_too_short", {"min_gap_days": 7}, {}, "Visits of a patient must be at least 7 days apart."),
        ("visit_limit", {"count": 2, "days": 30}, {}, "A patient may have no more than 2 in 30 days."),
        ("nobody_open", ROOM, {}, "Not open long enough: Room 1, Room 2."),
        ("nobody_open", ROOM, {"closed": ((NINE, TEN),)}, "Not open 9:00 am – 10:00 am: Room 1, Room 2."),
        ("pool_full", ROOM, {}, "None is free for the whole visit: Room 1, Room 2."),
        ("pool_full", ROOM, {"full": ((NINE, TEN),)}, "None is free 9:00 am – 10:00 am: Room 1, Room 2."),
        ("pool_full", {"pools": ("mri",)}, {}, "None is free for the whole visit: mri."),
        ("off_grid", {"grid_minutes": 30}, {}, "Visits begin every 30 minutes, and what is free lies in between."),
        ("other_time", {}, {"minutes": ((NINE, TEN),)}, "Another time of day is wished than 9:00 am – 10:00 am."),
        ("taken", {}, {}, "Taken: 9:00 am – 10:00 am."),
    ],
)  # fmt: skip
def test_each_removal_has_its_sentence(
    code: str, params: dict[str, object], details: dict[str, tuple[Span, ...]], sentence: str
) -> None:
    assert said(code, params, **details) == [sentence]


def test_the_time_of_a_specialist_is_told_by_what_it_is_taken_for() -> None:
    spans = {"visit": ((NINE, TEN),), "hold": ((TEN, TEN + 30), (TEN + 45, TEN + 60)), "block": ((TEN + 60, NOON),)}
    assert said("taken", **spans) == [
        "Visits take 9:00 am – 10:00 am.",
        "Kept for people who are booking: 10:00 am – 10:30 am, 10:45 am – 11:00 am.",
        "Blocked: 11:00 am – 12:00 pm.",
    ]


def test_names_of_many_rooms_are_cut() -> None:
    removal = Removal("pool_full", {"pools": ("room", "many")}, ((NINE, TEN),))
    [sentence] = WORDS.sentences(replace(DAY, removals=(removal,)))
    assert sentence.endswith("Room 1, Room 2, Room 3, Room 4, Room 5 ….")


def test_what_would_be_free_without_a_rule_is_said_when_it_is_something() -> None:
    words = [WORDS.sentences(replace(DAY, removals=(Removal("staff_only", slots_without=n),)))[1:] for n in (0, 1, 2)]
    assert words == [
        (),
        ("Without this, 1 time would be free.",),
        ("Without this, 2 times would be free.",),
    ]


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({}, ("Dr Cruz is at Mitte 9:00 am – 12:00 pm.", "1 time is left.")),
        ({"specialist_id": None}, ("Open at Mitte: 9:00 am – 12:00 pm.", "1 time is left.")),
    ],
)
def test_a_day_begins_with_its_hours_and_ends_with_what_is_left(
    changes: dict[str, Any], sentences: tuple[str, ...]
) -> None:
    assert WORDS.sentences(replace(DAY, open_spans=((NINE, NOON),), slots=1, **changes)) == sentences


def test_nothing_needs_a_place_where_there_is_none() -> None:
    day = DayExplanation(MONDAY, None, None, (), (Removal("service_not_offered"),), 0)
    assert WORDS.sentences(day) == ("This kind of visit is not given any more.",)
    assert (WORDS.who(day), WORDS.where(day)) == ("", "")


def days(*codes: str) -> list[DayExplanation]:
    return [
        replace(DAY, on=MONDAY + timedelta(days=number), removals=(Removal(code),)) for number, code in enumerate(codes)
    ]


def test_days_in_a_row_are_told_once() -> None:
    told = told_days(days("no_hours", "no_hours", "staff_only", "no_hours"), WORDS)
    assert [WORDS.when(one) for one in told] == ["Mon 5 Oct – Tue 6 Oct", "Wed 7 Oct", "Thu 8 Oct"]
    assert told[0].last_on == date(2026, 10, 6)


def test_days_with_another_day_between_are_told_apart() -> None:
    first, _, third = days("no_hours", "no_hours", "no_hours")
    assert len(told_days([first, third], WORDS)) == 2


def test_every_text_can_be_filled() -> None:
    names = ("who", "place", "spans", "day", "length", "grid", "notice", "name", "names")
    words = dict.fromkeys([*names, *(key.partition(" ")[2] for key in TEXTS)], "x")
    assert all("%" not in text % words for text in TEXTS.values())
