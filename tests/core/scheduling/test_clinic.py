"""The catalogue finds its parts by code, and nobody can change it."""

from __future__ import annotations

import pytest

from tests.core.scheduling.clinics import DR_CRUZ, HERE, VISIT, clinic, resource, segment, service

CLINIC = clinic(resources=[resource(), resource(21, "nurse"), resource(22, "nurse", is_active=False)])


def test_parts_are_found_by_code() -> None:
    assert CLINIC.service_by_code["s"].id == VISIT
    assert CLINIC.location_by_code["loc1"].id == HERE
    assert CLINIC.resource_by_code["r11"].id == DR_CRUZ


def test_pools_hold_active_members_only() -> None:
    assert [member.id for member in CLINIC.pools["nurse"]] == [21]


def test_a_visit_ends_for_the_patient_before_the_turnover() -> None:
    visit = service(segment(30), segment(10, offset=30, with_patient=False))
    assert (visit.minutes, visit.occupied_minutes) == (30, 40)


def test_the_mappings_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CLINIC.resources[99] = resource()  # type: ignore[index]
