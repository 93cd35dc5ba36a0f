"""What a change of a thing means for visits that are booked already: they stay, and people should know how."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from booking.core.clinic_file.parts import Section


class Effect(StrEnum):
    """Why somebody should look at the visits to come before the change is saved."""

    RESOURCE_RETIRED = "resource_retired"
    OTHER_KIND = "other_kind"
    FEWER_LANES = "fewer_lanes"
    LEFT_POOL = "left_pool"
    SERVICE_RETIRED = "service_retired"
    OTHER_LENGTH = "other_length"
    OTHER_MODE = "other_mode"
    OTHER_ZONE = "other_zone"


def effects_of(section: Section, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Effect, ...]:
    """What the change of a thing, as the clinic file says it, means for its visits; () for one that is new."""
    if not old or section is Section.CLINIC:
        return ()
    if section is Section.RESOURCES:
        return _of_resource(old, new)
    if section is Section.SERVICES:
        return _of_service(old, new)
    return (Effect.OTHER_ZONE,) if old["time_zone"] != new["time_zone"] else ()


def _of_resource(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Effect, ...]:
    if old.get("active", True) and not new.get("active", True):
        return (Effect.RESOURCE_RETIRED,)
    found = {
        Effect.OTHER_KIND: old["kind"] != new["kind"],
        Effect.FEWER_LANES: new.get("lanes", 1) < old.get("lanes", 1),
        Effect.LEFT_POOL: bool(set(old.get("pools", ())) - set(new.get("pools", ()))),
    }
    return tuple(effect for effect, is_so in found.items() if is_so)


def _of_service(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Effect, ...]:
    found = {
        Effect.SERVICE_RETIRED: old.get("active", True) and not new.get("active", True),
        Effect.OTHER_LENGTH: _times(old) != _times(new),
        Effect.OTHER_MODE: old.get("mode") != new.get("mode"),
    }
    return tuple(effect for effect, is_so in found.items() if is_so)


def _times(service: Mapping[str, Any]) -> tuple[object, ...]:
    """What makes up the time that a visit takes, of whom."""
    segments = [
        (part.get("offset_minutes", 0), part["minutes"], part.get("needs"), part.get("with_patient", True))
        for part in service["segments"]
    ]
    return segments, service.get("buffer_before_minutes", 0), service.get("buffer_after_minutes", 0)
