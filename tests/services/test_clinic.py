"""Loading the clinic file: what it says is what is stored; again changes nothing; a clash loads nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.core.actor import SYSTEM
from booking.core.clinic_file.plan import BlockPlan, ClinicPlan
from booking.core.clinic_file.read import read_clinic_file
from booking.core.errors import SlotTaken
from booking.core.questionnaires.library import SHIPPED
from booking.core.scheduling.clinic import Audience, Policy, VisitLimit
from booking.models import Appointment, Block, Clinic, Resource, Service
from booking.queries.catalogue import catalogue
from booking.queries.clinic_plan import stored_plan
from booking.services.clinic import load_clinic
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment

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
