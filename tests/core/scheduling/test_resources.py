"""Roles, demands and the filling of roles from pools that may share their members."""

from __future__ import annotations

import pytest

from booking.core.scheduling.clinic import Need, Resource
from booking.core.scheduling.intervals import Span
from booking.core.scheduling.resources import (
    Demand,
    Piece,
    Place,
    Role,
    RoleWithCandidates,
    assignments,
    demand_of,
    independent_groups,
    roles_of,
    starts_served,
)
from tests.core.scheduling.clinics import MONDAY, at, hours, location, resource, segment, service

NINE = at("2026-10-05T09:00")
NURSE = resource(21, "nurse", weekly_hours=hours((540, 600)))
OTHER_NURSE = resource(22, "nurse", weekly_hours=hours((540, 600)))


def place(busy: dict[tuple[int, int], list[Span]] | None = None, before: int = 0, after: int = 0) -> Place:
    return Place(location(tz_name="Etc/UTC"), (), MONDAY, MONDAY, busy or {}, before, after)


def test_one_pool_in_several_segments_is_one_role() -> None:
    infusion = service(
        segment(10, Need("nurse", 2)),
        segment(40, Need("chair"), Need("nurse"), offset=10),
        segment(10, Need("chair"), offset=50),
    )
    assert roles_of(infusion) == (
        Role("nurse", ((0, 10, 2), (10, 50, 1))),
        Role("chair", ((10, 50, 1), (50, 60, 1))),
    )


def test_two_needs_of_one_pool_in_one_segment_are_two_roles() -> None:
    both = Role("nurse", ((0, 30, 1),))
    assert roles_of(service(segment(30, Need("nurse"), Need("nurse")))) == (both, both)


def test_the_chosen_specialist_is_one_role_however_often_named() -> None:
    assert roles_of(service(segment(30, Need(), Need()))) == (Role(None, ((0, 30, 1), (0, 30, 1))),)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param(((0, 30, 1),), Demand(((0, 30),), (((-5, 40),),)), id="one"),
        pytest.param(((0, 10, 1), (10, 30, 1)), Demand(((0, 30),), (((-5, 40),),)), id="in a row: no buffer between"),
        pytest.param(
            ((0, 10, 1), (60, 70, 1)), Demand(((0, 10), (60, 70)), (((-5, 20), (55, 80)),)), id="apart: buffers at each"
        ),
        pytest.param(((0, 10, 1), (20, 30, 1)), Demand(((0, 10), (20, 30)), (((-5, 40),),)), id="buffers meet"),
        pytest.param(
            ((0, 10, 3), (10, 30, 1)),
            Demand(((0, 30),), (((-5, 40),), ((-5, 20),), ((-5, 20),))),
            id="more lanes at first",
        ),
        pytest.param(
            ((0, 20, 1), (10, 30, 1)), Demand(((0, 30),), (((-5, 40),), ((5, 30),))), id="overlapping needs add up"
        ),
    ],
)
def test_buffers_stand_around_what_a_resource_does_without_a_break(pieces: tuple[Piece, ...], expected: Demand) -> None:
    assert demand_of(pieces, 5, 10) == expected


@pytest.mark.parametrize(
    ("busy", "pieces", "served"),
    [
        pytest.param([], ((0, 30, 1),), [(NINE, NINE + 31)], id="free"),
        pytest.param([], ((0, 60, 1),), [(NINE, NINE + 1)], id="exactly the span"),
        pytest.param([], ((0, 61, 1),), [], id="longer than the span"),
        pytest.param([], ((30, 60, 1),), [(NINE - 30, NINE + 1)], id="needed later in the visit"),
        pytest.param([], ((0, 30, 2),), [], id="more lanes than there are"),
        pytest.param([(NINE, NINE + 20)], ((0, 30, 1),), [(NINE + 20, NINE + 31)], id="touching a reservation"),
        pytest.param([(NINE + 10, NINE + 20)], ((0, 30, 1),), [(NINE + 20, NINE + 31)], id="reservation inside"),
    ],
)
def test_starts_at_which_one_resource_can_serve(
    busy: list[Span], pieces: tuple[Piece, ...], served: list[Span]
) -> None:
    assert starts_served(place({(21, 0): busy}), NURSE, pieces, [(NINE - 600, NINE + 600)]) == served


def test_buffers_hang_over_the_edges_of_hours_but_not_into_reservations() -> None:
    busy = {(21, 0): [(NINE - 5, NINE)]}
    assert starts_served(place(busy, before=10, after=600), NURSE, ((0, 30, 1),), [(NINE, NINE + 60)]) == [
        (NINE + 10, NINE + 31)
    ]


def test_one_lane_must_be_free_throughout() -> None:
    two_lanes = resource(21, "nurse", lanes=2, weekly_hours=hours((540, 600)))
    busy = {(21, 0): [(NINE, NINE + 30)], (21, 1): [(NINE + 30, NINE + 60)]}
    assert starts_served(place(busy), two_lanes, ((0, 20, 1), (20, 40, 1)), [(NINE, NINE + 60)]) == []


def filled(*roles: RoleWithCandidates, busy: dict[tuple[int, int], list[Span]] | None = None) -> list[list[int]]:
    """The ids of each way to fill the roles at nine."""
    found = assignments(place(busy), roles, [(NINE, NINE + 1)])
    return [[member.id for member, _ in taken] for _, taken in found]


ROLE = Role("nurse", ((0, 30, 1),))


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        pytest.param([(ROLE, [NURSE, OTHER_NURSE])], [[21]], id="the first who can"),
        pytest.param([(ROLE, [NURSE]), (ROLE, [NURSE])], [], id="one nurse in two pools is not two"),
        pytest.param([(ROLE, [NURSE, OTHER_NURSE]), (ROLE, [NURSE])], [[22, 21]], id="a choice is taken back"),
        pytest.param([(ROLE, [])], [], id="nobody in the pool"),
    ],
)
def test_filling_roles(roles: list[RoleWithCandidates], expected: list[list[int]]) -> None:
    assert filled(*roles) == expected


def test_one_nurse_with_two_lanes_fills_two_roles() -> None:
    double = resource(21, "nurse", lanes=2, weekly_hours=hours((540, 600)))
    assert filled((ROLE, [double]), (ROLE, [double])) == [[21]]


def ids(groups: list[tuple[RoleWithCandidates, ...]]) -> list[list[list[int]]]:
    return [[[r.id for r in candidates] for _, candidates in group] for group in groups]


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        pytest.param([[21], [22]], [[[21]], [[22]]], id="apart"),
        pytest.param([[21, 22], [22]], [[[21, 22], [22]]], id="sharing"),
        pytest.param([[21], [22], [21, 22]], [[[21], [22], [21, 22]]], id="joined by a third"),
    ],
)
def test_only_roles_that_share_candidates_are_searched_together(
    candidates: list[list[int]], expected: list[list[list[int]]]
) -> None:
    people: dict[int, Resource] = {21: NURSE, 22: OTHER_NURSE}
    assert ids(independent_groups((ROLE, [people[i] for i in who]) for who in candidates)) == expected
