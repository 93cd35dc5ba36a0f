"""What a change means for visits that are booked already."""

from __future__ import annotations

from typing import Any

import pytest

from booking.core.clinic_file.effects import Effect, effects_of
from booking.core.clinic_file.parts import Section

ROOM: dict[str, Any] = {"kind": "room", "name": "Room", "pools": ["rooms"], "lanes": 2}
SERVICE: dict[str, Any] = {"name": "Talk", "segments": [{"name": "Talk", "minutes": 30, "needs": ["specialist"]}]}
PLACE: dict[str, Any] = {"name": "Hill", "time_zone": "America/New_York"}


@pytest.mark.parametrize(
    ("section", "old", "changes", "effects"),
    [
        (Section.RESOURCES, ROOM, {"name": "Blue room", "lanes": 3}, ()),
        (Section.RESOURCES, ROOM, {"active": False, "lanes": 1}, (Effect.RESOURCE_RETIRED,)),
        (Section.RESOURCES, ROOM, {"kind": "chair", "lanes": 1, "pools": []},
         (Effect.OTHER_KIND, Effect.FEWER_LANES, Effect.LEFT_POOL)),
        (Section.RESOURCES, {**ROOM, "active": False}, {"active": True}, ()),
        (Section.SERVICES, SERVICE, {"name": "Long talk"}, ()),
        (Section.SERVICES, SERVICE, {"active": False, "mode": "video", "buffer_after_minutes": 5},
         (Effect.SERVICE_RETIRED, Effect.OTHER_LENGTH, Effect.OTHER_MODE)),
        (Section.LOCATIONS, PLACE, {"name": "Dale"}, ()),
        (Section.LOCATIONS, PLACE, {"time_zone": "America/Denver"}, (Effect.OTHER_ZONE,)),
        (Section.CLINIC, {"name": "Clinic"}, {"name": "Other"}, ()),
    ],
)  # fmt: skip
def test_effects(section: Section, old: dict[str, Any], changes: dict[str, Any], effects: tuple[Effect, ...]) -> None:
    assert effects_of(section, old, {**old, **changes}) == effects


def test_what_is_new_has_no_visits() -> None:
    assert effects_of(Section.SERVICES, {}, SERVICE) == ()
