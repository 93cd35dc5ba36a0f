"""The regions of the body map: 40 stable ids, each on a drawing, left and right in pairs."""

from __future__ import annotations

from booking.core.questionnaires.body_map import REGION_IDS, REGIONS, Side, View, regions_of


def test_the_ids_are_those_of_the_guide_for_good() -> None:
    assert " ".join(REGION_IDS) == (
        "head face jaw-l jaw-r neck-front neck-back shoulder-l shoulder-r upper-arm-l upper-arm-r elbow-l elbow-r "
        "forearm-l forearm-r hand-l hand-r chest abdomen pelvis back-upper-l back-upper-c back-upper-r back-mid-l "
        "back-mid-c back-mid-r back-lower-l back-lower-c back-lower-r buttock-l buttock-r hip-l hip-r thigh-l thigh-r "
        "knee-l knee-r lower-leg-l lower-leg-r foot-l foot-r"
    )
    assert len(set(REGION_IDS)) == 40


def test_every_left_has_its_right_on_the_same_drawings() -> None:
    sided = {(r.id[:-2], r.side): r.views for r in REGIONS if r.side}
    lefts = {name: views for (name, side), views in sided.items() if side is Side.LEFT}
    rights = {name: views for (name, side), views in sided.items() if side is Side.RIGHT}
    assert lefts == rights


def test_the_two_drawings_show_all_regions() -> None:
    front, back = ({r.id for r in regions_of(view)} for view in (View.FRONT, View.BACK))
    assert front | back == set(REGION_IDS)
    assert {"face", "chest"} <= front - back
    assert {"neck-back", "buttock-l", "back-lower-c"} <= back - front
