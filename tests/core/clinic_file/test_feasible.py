"""A file that no visit could ever be booked from is refused, and each reason is told once."""

from __future__ import annotations

import pytest

from tests.core.clinic_file.sample import SAMPLE, mistakes_in, read, spoiled

LANES_2 = 'pools = ["rooms"]\nlanes = 2'
CASES = {
    "nobody at a named location": (
        'locations = ["quay"]',
        'locations = ["quay", "bay"]',
        [("services[0]", "no_specialist"), ("services[0]", "no_pool_member")],
    ),
    "too few lanes": (LANES_2, 'pools = ["rooms"]', [("services[0]", "no_pool_member")]),
    "too few lanes anywhere": (
        'needs = ["specialist", "2 lanes of rooms"]',
        'needs = ["specialist", "3 lanes of rooms"]',
        [("services[0]", "no_pool_member")],
    ),
    "all members inactive": (
        LANES_2,
        f"{LANES_2}\nactive = false",
        [("services[0].segments[0].needs", "pool_without_members")],
    ),
    "nobody speaks a language of the service": (
        "horizon_days = 60",
        'horizon_days = 60\nlanguages = ["de", "fr"]',
        [("services[0]", "no_specialist")],
    ),
    "specialist inactive": ('languages = ["en", "es"]', "active = false", [("services[0]", "no_specialist")]),
    "specialist with misspelt hours is still there": (
        'spans = ["09:00-12:00", "13:00-17:00"]',
        'spans = ["nine to five"]',
        [("resources[0].hours[0].spans[0]", "bad_span")],
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES.keys())
def test_a_service_that_no_one_can_give_is_refused(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert [(m.path, m.code) for m in mistakes_in(spoiled(old, new))] == expected


def test_a_service_for_all_locations_needs_one_good_location() -> None:
    assert read(spoiled('locations = ["quay"]\n', "")).services[0].locations is None


def test_a_service_for_all_locations_is_refused_for_the_location_that_lacks_least() -> None:
    text = spoiled('specialists = ["dr-cruz"]\nlocations = ["quay"]\n', "").replace(LANES_2, 'pools = ["rooms"]')

    (mistake,) = mistakes_in(text)

    assert (mistake.code, mistake.params["location"]) == ("no_pool_member", "quay")


def test_a_retired_service_needs_nobody() -> None:
    text = spoiled(LANES_2, f"{LANES_2}\nactive = false").replace("[[services]]", "[[services]]\nactive = false", 1)
    assert not read(text).services[0].is_active


def test_a_service_for_all_specialists_needs_any_of_them() -> None:
    assert read(spoiled('specialists = ["dr-cruz"]\n', "")).services[0].specialists is None


def test_a_clinic_without_locations_is_told_only_what_it_lacks() -> None:
    closures = SAMPLE.index("[[closures]]")
    text = SAMPLE[: SAMPLE.index("[[locations]] # quay")] + SAMPLE[closures:].replace('locations = ["quay"]\n', "")

    assert {m.code for m in mistakes_in(text)} == {"missing", "unknown_location"}
