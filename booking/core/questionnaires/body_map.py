"""The 40 regions of the body map, by stable ids (clinical guide, 5). A new drawing never changes an id.

A region is where people point, not an anatomical unit: a wrist counts as hand, an ankle as foot, the groin as pelvis.
Left and right are the person's own on both views; on the back view they swap places on the screen, not their names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class View(StrEnum):
    FRONT = "front"
    BACK = "back"


class Side(StrEnum):
    LEFT = "l"
    RIGHT = "r"
    CENTER = "c"


@dataclass(frozen=True, slots=True)
class Region:
    """One region; `views` are the drawings that show it, `side` is None for one that has no sides."""

    id: str
    views: tuple[View, ...]
    side: Side | None = None


_FRONT = (View.FRONT,)
_BACK = (View.BACK,)
_BOTH = (View.FRONT, View.BACK)
_LEFT_RIGHT = (Side.LEFT, Side.RIGHT)
_ACROSS = (Side.LEFT, Side.CENTER, Side.RIGHT)
_PARTS: tuple[tuple[str, tuple[View, ...], tuple[Side, ...]], ...] = (
    ("head", _BOTH, ()),
    ("face", _FRONT, ()),
    ("jaw", _FRONT, _LEFT_RIGHT),
    ("neck-front", _FRONT, ()),
    ("neck-back", _BACK, ()),
    ("shoulder", _BOTH, _LEFT_RIGHT),
    ("upper-arm", _BOTH, _LEFT_RIGHT),
    ("elbow", _BOTH, _LEFT_RIGHT),
    ("forearm", _BOTH, _LEFT_RIGHT),
    ("hand", _BOTH, _LEFT_RIGHT),
    ("chest", _FRONT, ()),
    ("abdomen", _FRONT, ()),
    ("pelvis", _FRONT, ()),
    ("back-upper", _BACK, _ACROSS),
    ("back-mid", _BACK, _ACROSS),
    ("back-lower", _BACK, _ACROSS),
    ("buttock", _BACK, _LEFT_RIGHT),
    ("hip", _BOTH, _LEFT_RIGHT),
    ("thigh", _BOTH, _LEFT_RIGHT),
    ("knee", _BOTH, _LEFT_RIGHT),
    ("lower-leg", _BOTH, _LEFT_RIGHT),
    ("foot", _BOTH, _LEFT_RIGHT),
)


def _regions() -> Iterator[Region]:
    for name, views, sides in _PARTS:
        if not sides:
            yield Region(name, views)
        yield from (Region(f"{name}-{side}", views, side) for side in sides)


REGIONS = tuple(_regions())
"""From head to foot, left before right: the order of the list beside the drawing and of all reports."""
REGION_IDS = tuple(region.id for region in REGIONS)


def regions_of(view: View) -> tuple[Region, ...]:
    """The regions that one of the two drawings shows."""
    return tuple(region for region in REGIONS if view in region.views)
