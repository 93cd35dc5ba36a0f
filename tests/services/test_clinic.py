"""Loading the clinic file: what it says is what is stored; again changes nothing; a clash loads nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM, Actor, Role
from booking.core.clinic_file.plan import BlockPlan, ClinicPlan
from booking.core.clinic_file.read import read_clinic_file
from booking.core.errors import SlotTaken
from booking.core.questionnaires.library import SHIPPED
from booking.core.scheduling.calendar_change import BlockChange, CalendarChange, ClosureChange, DateChange, WeekChange
from booking.core.scheduling.clinic import Audience, BlockKind, Policy, VisitLimit
from booking.core.scheduling.intervals import to_minutes
from booking.models import Appointment, Block, Clinic, Resource, Service
from booking.queries.catalogue import catalogue
from booking.queries.clinic_plan import stored_plan
from booking.services import calendar_changes
from booking.services.blocks import BlockDetails, remove_block
from booking.services.calendar_changes import AskedChange
from booking.services.clinic_loading import load_clinic
from booking.services.desk_changes import DeskChanged
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment
from tests.services.cast import new_nonce

HALF_HOUR = timedelta(minutes=30)
EARLY = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def plan() -> ClinicPlan:
    return read_clinic_file(Path("demo/clinic.toml").read_text(encoding="utf-8"), questionnaires=SHIPPED.codes)


def load(session: Session, plan: ClinicPlan) -> ClinicPlan:
    load_clinic(session, plan, actor=SYSTEM, now=NOW)
    return stored_plan(session, catalogue(session), blocks_from=EARLY)


def only_named(stored: ClinicPlan, plan: ClinicPlan) -> ClinicPlan:
    """Without what an earlier clinic left behind, in the order of the plan."""
    by_code = {row.code: row for row in (*stored.locations, *stored.resources, *stored.services)}
    return replace(
        stored,
        locations=tuple(by_code[p.code] for p in plan.locations),
        resources=tuple(by_code[r.code] for r in plan.resources),
        services=tuple(by_code[s.code] for s in plan.services),
        closures=tuple(sorted(stored.closures, key=repr)),
        blocks=tuple(sorted(stored.blocks, key=repr)),
    )


def in_order(plan: ClinicPlan) -> ClinicPlan:
    return replace(
        plan,
        closures=tuple(sorted(plan.closures, key=repr)),
        blocks=tuple(sorted(plan.blocks, key=repr)),
    )


def test_what_the_file_says_is_what_is_stored(session: Session, plan: ClinicPlan) -> None:
    assert only_named(load(session, plan), plan) == in_order(plan)


def test_every_rule_for_patients_is_stored(session: Session, plan: ClinicPlan) -> None:
    policy = Policy(
        Audience.VERIFIED,
        change_notice=timedelta(hours=3),
        visit_limit=VisitLimit(2, 14),
        min_gap_days=3,
        contact_to_book=True,
    )
    strict = replace(plan.services[0], policy=policy, languages=("es", "fr"))
    plan = replace(plan, services=(strict, *plan.services[1:]))
    assert only_named(load(session, plan), plan).services == plan.services


def test_an_empty_database_gets_its_clinic(session: Session, plan: ClinicPlan) -> None:
    session.execute(sa.delete(Clinic))
    session.commit()
    assert load(session, plan).profile == plan.profile


def test_loading_twice_changes_nothing(session: Session, plan: ClinicPlan) -> None:
    first = load(session, plan)
    assert load(session, plan) == first


def test_what_the_file_no_longer_names_becomes_inactive(session: Session, plan: ClinicPlan) -> None:
    load(session, plan)
    inactive = set(session.scalars(sa.select(Resource.code).where(~Resource.is_active)))
    gone = set(session.scalars(sa.select(Service.code).where(~Service.is_active)))
    assert {"dr-cruz", "chair-1"} - {r.code for r in plan.resources} <= inactive
    assert {"phone-call", "infusion"} - {s.code for s in plan.services} <= gone


def with_block(plan: ClinicPlan, resource: str, starts_at: datetime) -> ClinicPlan:
    block = BlockPlan(resource, starts_at, starts_at + timedelta(hours=1), "Leave")
    return replace(plan, blocks=(*plan.blocks, block))


def test_a_block_that_meets_a_visit_loads_nothing(session: Session, plan: ClinicPlan) -> None:
    first = plan.resources[0].code
    load(session, plan)
    resource_id = session.scalars(sa.select(Resource.id).where(Resource.code == first)).one()
    make_appointment(session, specialist_id=resource_id)
    changed = with_block(replace(plan, profile=replace(plan.profile, name="Other")), first, NEXT_MONDAY_9)
    with pytest.raises(SlotTaken) as refused:
        load_clinic(session, changed, actor=SYSTEM, now=NOW)
    assert refused.value.details == {"resource": first, "starts_at": NEXT_MONDAY_9}
    assert catalogue(session).clinic.name == plan.profile.name
    assert session.scalar(sa.select(sa.func.count()).select_from(Appointment)) == 1


def test_a_broken_constraint_that_is_not_the_guard_is_a_bug(session: Session, plan: ClinicPlan) -> None:
    block = BlockPlan(plan.resources[0].code, NEXT_MONDAY_9, NEXT_MONDAY_9, "")
    with pytest.raises(IntegrityError):
        load_clinic(session, replace(plan, blocks=(block,)), actor=SYSTEM, now=NOW)


def test_blocks_are_added_once_and_stay(session: Session, plan: ClinicPlan) -> None:
    blocked = with_block(plan, plan.resources[0].code, NEXT_MONDAY_9)
    load(session, blocked)
    load(session, blocked)
    load(session, plan)
    count = session.scalar(sa.select(sa.func.count()).select_from(Block).where(Block.starts_at == NEXT_MONDAY_9))
    assert count == 1


def test_blocks_may_overlap_and_keep_their_kind(session: Session, plan: ClinicPlan) -> None:
    first = plan.resources[0].code
    twice = tuple(
        BlockPlan(first, NEXT_MONDAY_9 + n * HALF_HOUR, NEXT_MONDAY_9 + 2 * HALF_HOUR + n * HALF_HOUR, "", kind)
        for n, kind in enumerate((BlockKind.LEAVE, BlockKind.MEETING))
    )
    stored = load(session, replace(plan, blocks=(*plan.blocks, *twice)))
    assert set(twice) <= set(stored.blocks)


def desk_changes(session: Session, change: CalendarChange) -> None:
    form = AskedChange(change, new_nonce(), details=BlockDetails(BlockKind.LEAVE, "Leave"))
    calendar_changes.save(session, form, actor=Actor(role=Role.ADMINISTRATOR, owner="fay"), now=NOW)


def stored_resource(session: Session, code: str) -> tuple[int, int]:
    """Its id and that of its first location."""
    resource = catalogue(session).resource_by_code[code]
    return resource.id, min(resource.location_ids)


ON = date(2027, 5, 3)
CHANGES: dict[str, tuple[Callable[[int, int], CalendarChange], tuple[bool, bool, bool]]] = {
    "hours": (lambda one, place: WeekChange(one, place, ((),) * 7, ON), (True, False, False)),
    "a date": (lambda one, place: DateChange(one, place, ON, ()), (True, False, False)),
    "a closure": (lambda _one, place: ClosureChange(place, ON, ON, "Flood"), (False, True, False)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_the_desk_has_changed_is_not_undone_silently(session: Session, plan: ClinicPlan, name: str) -> None:
    load(session, plan)
    code = plan.resources[0].code
    make, (hours, closures, blocks) = CHANGES[name]
    desk_changes(session, make(*stored_resource(session, code)))
    with pytest.raises(DeskChanged) as refused:
        load(session, plan)
    undone = {"resources": (code,) if hours else (), "closures": closures, "blocks": blocks, "parts": ()}
    assert refused.value.details == undone
    written_back = stored_plan(session, catalogue(session), blocks_from=NOW)
    load(session, replace(plan, resources=only_named(written_back, plan).resources, closures=written_back.closures))
    load_clinic(session, plan, actor=SYSTEM, now=NOW, undo_desk_changes=True)
    assert only_named(stored_plan(session, catalogue(session), blocks_from=EARLY), plan) == in_order(plan)


def test_a_block_that_the_desk_has_removed_does_not_come_back_silently(session: Session, plan: ClinicPlan) -> None:
    blocked = with_block(plan, plan.resources[0].code, NEXT_MONDAY_9)
    load(session, blocked)
    row = session.scalars(sa.select(Block).where(Block.starts_at == NEXT_MONDAY_9)).one()
    remove_block(session, actor=SYSTEM, resource_id=row.resource_id, public_id=row.public_id, with_later=False, now=NOW)
    with pytest.raises(DeskChanged) as refused:
        load(session, blocked)
    assert refused.value.details == {"resources": (), "closures": False, "blocks": True, "parts": ()}
    load(session, plan)


def test_a_block_of_the_desk_stays_when_the_file_is_loaded_again(session: Session, plan: ClinicPlan) -> None:
    load(session, plan)
    number, _ = stored_resource(session, plan.resources[0].code)
    starts = to_minutes(NEXT_MONDAY_9)
    desk_changes(session, BlockChange(number, ((starts, starts + 60),)))
    load(session, plan)
    assert session.scalars(sa.select(Block.label).where(Block.starts_at == NEXT_MONDAY_9)).all() == ["Leave"]
