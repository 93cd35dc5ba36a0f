"""Our own drawing of a person, front and back, as shapes for the template; each covers one region of the body map.

Units are those of a picture 320 wide: on a phone about one pixel each, so no target is smaller than 44. The half that
stands on the left of the screen is drawn, the other half is its mirror image. From the front that is the person's right
side, from the back their left: the names swap on the screen, never on the person (clinical guide, 5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from booking.core.questionnaires.body_map import View

WIDTH: Final = 320
HEIGHT: Final = 644


@dataclass(frozen=True, slots=True)
class Shape:
    """One region in one view: its outline, whether that is mirrored, and the box that is pressed."""

    region: str
    path: str
    x: int
    y: int
    width: int
    height: int
    is_mirrored: bool = False

    @property
    def middle(self) -> tuple[float, float]:
        """Where the mark of a chosen region stands."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Drawing:
    """One of the two views; `left_is_right` says that the person's right is on the left of the screen."""

    view: View
    shapes: tuple[Shape, ...]

    @property
    def left_is_right(self) -> bool:
        return self.view is View.FRONT


# Region, outline, box (x, y, width, height). Regions with two sides are named without them.
_MIDDLE_FRONT: Final = (
    ("head", "M112 54 C112 20 130 4 160 4 C190 4 208 20 208 54 Z", (112, 4, 96, 50)),
    ("face", "M112 56 H208 V78 C208 88 207 94 205 102 H115 C113 94 112 88 112 78 Z", (112, 56, 96, 46)),
    ("neck-front", "M134 151 Q160 162 186 151 V190 Q160 198 134 190 Z", (134, 150, 52, 44)),
    ("chest", "M98 200 Q118 192 136 193 Q160 202 184 193 Q202 192 222 200 L220 257 H100 Z", (97, 194, 126, 63)),
    ("abdomen", "M100 259 H220 Q214 290 217 304 L220 347 H100 L103 304 Q106 290 100 259 Z", (100, 259, 120, 88)),
    ("pelvis", "M124 349 H196 L190 386 Q176 402 160 404 Q144 402 130 386 Z", (128, 349, 64, 55)),
)
_MIDDLE_BACK: Final = (
    ("head", "M112 68 C112 24 130 4 160 4 C190 4 208 24 208 68 C208 100 196 128 186 149 H134 C124 128 112 100 112 68 Z",
     (112, 4, 96, 144)),
    ("neck-back", "M134 151 H186 V190 Q160 196 134 190 Z", (134, 150, 52, 44)),
    ("back-upper-c", "M139 194 Q160 199 181 194 L182 249 H138 Z", (138, 194, 44, 55)),
    ("back-mid-c", "M138 251 H182 V299 H138 Z", (138, 251, 44, 48)),
    ("back-lower-c", "M138 301 H182 V349 H138 Z", (138, 301, 44, 48)),
)  # fmt: skip
_ARM: Final = (
    ("upper-arm", "M38 246 Q60 236 82 244 L77 296 H31 Z", (32, 241, 48, 55)),
    ("elbow", "M30 298 H77 L73 344 H25 Z", (27, 298, 48, 46)),
    ("forearm", "M24 346 H73 Q69 382 63 406 H19 Q19 376 24 346 Z", (20, 346, 48, 60)),
    ("hand", "M19 408 H63 Q67 424 64 440 Q61 460 45 468 Q27 472 18 456 Q11 440 19 408 Z", (15, 408, 50, 60)),
)
_LEG: Final = (
    ("knee", "M97 472 H155 L153 518 H99 Z", (98, 472, 56, 46)),
    ("lower-leg", "M98 520 H153 Q157 548 148 590 H106 Q94 552 98 520 Z", (98, 520, 54, 70)),
    ("foot", "M106 592 H148 Q154 612 154 624 Q154 640 134 640 H98 Q80 640 84 626 Q90 612 106 592 Z", (90, 592, 62, 48)),
)
_SIDE_FRONT: Final = (
    ("jaw", "M115 104 H159 V149 Q130 144 115 104 Z", (113, 104, 46, 46)),
    ("shoulder", "M96 200 L98 230 Q98 240 88 242 Q60 233 40 243 Q40 204 96 200 Z", (44, 196, 53, 45)),
    *_ARM,
    ("hip", "M100 349 H122 L128 386 Q138 398 152 404 H91 Q92 374 100 349 Z", (84, 349, 44, 55)),
    ("thigh", "M91 406 H158 L155 470 H97 Z", (92, 406, 66, 64)),
    *_LEG,
)
_SIDE_BACK: Final = (
    ("shoulder", "M92 200 L92 230 Q92 240 86 242 Q60 233 40 243 Q40 204 92 200 Z", (44, 196, 48, 45)),
    ("back-upper", "M94 200 Q116 192 137 194 L136 249 H98 Q94 230 94 200 Z", (93, 194, 44, 55)),
    ("back-mid", "M98 251 H136 V299 H102 Z", (92, 251, 44, 48)),
    ("back-lower", "M102 301 H136 V349 H99 Q100 324 102 301 Z", (92, 301, 44, 48)),
    *_ARM,
    ("hip", "M99 351 H113 V404 H90 Q92 374 99 351 Z", (69, 351, 44, 54)),
    ("buttock", "M115 351 H159 V398 Q140 410 115 404 Z", (115, 351, 44, 54)),
    ("thigh", "M90 407 Q130 414 158 402 L155 470 H97 Z", (92, 408, 66, 62)),
    *_LEG,
)  # fmt: skip
_Part = tuple[str, str, tuple[int, int, int, int]]


def _both_sides(parts: tuple[_Part, ...], *, shown_left: str, shown_right: str) -> Iterator[Shape]:
    for region, path, (x, y, width, height) in parts:
        yield Shape(f"{region}-{shown_left}", path, x, y, width, height)
        yield Shape(f"{region}-{shown_right}", path, WIDTH - x - width, y, width, height, is_mirrored=True)


def _drawing(view: View, middle: tuple[_Part, ...], side: tuple[_Part, ...]) -> Drawing:
    shown_left, shown_right = ("r", "l") if view is View.FRONT else ("l", "r")
    alone = (Shape(region, path, *box) for region, path, box in middle)
    return Drawing(view, (*alone, *_both_sides(side, shown_left=shown_left, shown_right=shown_right)))


DRAWINGS: Final = (
    _drawing(View.FRONT, _MIDDLE_FRONT, _SIDE_FRONT),
    _drawing(View.BACK, _MIDDLE_BACK, _SIDE_BACK),
)
