"""What loading a clinic file would change in the stored clinic, thing by thing, for people to look at before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from booking.core.clinic_file.effects import Effect, effects_of
from booking.core.clinic_file.parts import Section, Values

CLOSURES, BLOCKS = "closures", "blocks"
HOURS = frozenset({"hours", "exceptions"})
"""Keys of a resource that are told as one: its calendar."""


class How(StrEnum):
    """What becomes of a thing. `REORDERED` is of a whole section."""

    ADDED = "added"
    CHANGED = "changed"
    RETIRED = "retired"
    REMOVED = "removed"
    REORDERED = "reordered"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that would not be as it is.

    `section` is a table of the file; `code` and `name` are "" where a thing has none; `keys` are those that differ;
    `effects` say what it means for visits that are booked."""

    section: str
    how: How
    code: str = ""
    name: str = ""
    keys: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()


def differences(before: Values, after: Values) -> tuple[Difference, ...]:
    """What differs between two clinics as `write.clinic_file_values` gives them, in the order of the file.

    Locations that the file does not name stay; resources and services become inactive; blocks are only added."""
    return (
        *_of_clinic(before["clinic"], after["clinic"]),
        *_of_section(Section.LOCATIONS, before, after),
        *_of_closures(before, after),
        *_of_section(Section.RESOURCES, before, after),
        *_of_section(Section.SERVICES, before, after),
        *_of_order(before, after),
        *_of_blocks(before, after),
    )


def _of_clinic(before: Values, after: Values) -> Iterator[Difference]:
    keys = _differing(before, after)
    if keys:
        yield Difference(Section.CLINIC, How.CHANGED, keys=keys)


def _of_section(section: Section, before: Values, after: Values) -> Iterator[Difference]:
    old, new = _by_code(before, section), _by_code(after, section)
    for code, thing in new.items():
        known = old.get(code)
        if known is None:
            yield Difference(section, How.ADDED, code, thing["name"])
        elif known != thing:
            yield _changed(section, known, thing)
    if section is Section.LOCATIONS:
        return
    for code, thing in old.items():
        if code not in new and thing.get("active", True):
            effects = effects_of(section, thing, {**thing, "active": False})
            yield Difference(section, How.RETIRED, code, thing["name"], effects=effects)


def _changed(section: Section, old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
    effects = effects_of(section, old, new)
    is_retired = old.get("active", True) and not new.get("active", True)
    how = How.RETIRED if is_retired else How.CHANGED
    return Difference(section, how, new["code"], new["name"], _differing(old, new), effects)


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """Keys whose values differ; a key that is left out has its default, which differs from what is written."""
    return tuple(key for key in {**old, **new} if old.get(key) != new.get(key))


def _of_closures(before: Values, after: Values) -> Iterator[Difference]:
    old, new = before.get(CLOSURES, []), after.get(CLOSURES, [])
    yield from (Difference(CLOSURES, How.ADDED, name=one["name"]) for one in new if one not in old)
    yield from (Difference(CLOSURES, How.REMOVED, name=one["name"]) for one in old if one not in new)


def _of_order(before: Values, after: Values) -> Iterator[Difference]:
    """Services stand in the order in which patients see them."""
    old, new = list(_by_code(before, Section.SERVICES)), list(_by_code(after, Section.SERVICES))
    if [code for code in old if code in new] != [code for code in new if code in old]:
        yield Difference(Section.SERVICES, How.REORDERED)


def _of_blocks(before: Values, after: Values) -> Iterator[Difference]:
    known = {_block_key(one) for one in before.get(BLOCKS, [])}
    for one in after.get(BLOCKS, []):
        if _block_key(one) not in known:
            yield Difference(BLOCKS, How.ADDED, one["resource"], one.get("note", ""))


def _block_key(block: Mapping[str, Any]) -> tuple[object, ...]:
    return block["resource"], block["from"], block["to"]


def _by_code(values: Values, section: Section) -> dict[str, Mapping[str, Any]]:
    return {thing["code"]: thing for thing in values[section]}
