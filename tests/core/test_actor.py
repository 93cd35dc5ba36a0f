"""What an actor may do to a visit, and how much of it they are shown."""

from __future__ import annotations

import pytest

from booking.core.actor import Actor, Role, VisitAct

VISIT, OTHER, PATIENT = "visit", "other", 7
SEEN = frozenset({VISIT})


def with_link(*acts: VisitAct, **more: frozenset[str]) -> Actor:
    return Actor(visit_ids=SEEN, link_acts=frozenset((VISIT, act) for act in acts), **more)


@pytest.mark.parametrize("act", VisitAct)
@pytest.mark.parametrize(
    "actor",
    [
        Actor(role=Role.SCHEDULER),
        Actor(role=Role.PATIENT, patient_ids=frozenset({PATIENT})),
        Actor(visit_ids=SEEN, booked_ids=SEEN),
        with_link(*VisitAct),
    ],
)
def test_who_may_do_anything(actor: Actor, act: VisitAct) -> None:
    assert actor.may_act(act, public_id=VISIT, patient_id=PATIENT)


@pytest.mark.parametrize("act", VisitAct)
def test_a_link_does_its_one_thing_to_its_one_visit(act: VisitAct) -> None:
    actor = with_link(act)
    assert {one for one in VisitAct if actor.may_act(one, public_id=VISIT, patient_id=PATIENT)} == {act}
    assert not actor.may_act(act, public_id=OTHER, patient_id=PATIENT)


@pytest.mark.parametrize(
    "actor",
    [
        Actor(),
        Actor(visit_ids=SEEN),
        Actor(visit_ids=SEEN, proven_ids=SEEN),
        Actor(role=Role.PATIENT, patient_ids=frozenset({PATIENT + 1})),
    ],
)
def test_seeing_is_not_doing(actor: Actor) -> None:
    assert not any(actor.may_act(act, public_id=VISIT, patient_id=PATIENT) for act in VisitAct)


@pytest.mark.parametrize(
    ("actor", "knows"),
    [
        (Actor(role=Role.SPECIALIST), True),
        (Actor(role=Role.PATIENT, patient_ids=frozenset({PATIENT})), True),
        (Actor(visit_ids=SEEN, booked_ids=SEEN), True),
        (Actor(visit_ids=SEEN, proven_ids=SEEN), True),
        (with_link(*VisitAct), False),
        (Actor(visit_ids=SEEN, proven_ids=frozenset({OTHER})), False),
    ],
)
def test_a_link_alone_shows_the_least(actor: Actor, *, knows: bool) -> None:
    assert actor.knows(public_id=VISIT, patient_id=PATIENT) is knows
