"""Loading a whole clinic file in the browser: the preview keeps nothing, and only what was looked at is loaded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.clinic_file.plan import BlockPlan, ClinicPlan, ClosurePlan
from booking.core.errors import NotFound, SlotTaken
from booking.core.scheduling.clinic import BlockKind
from booking.core.scheduling.hits import HitCause
from booking.models import AuditEvent, FreedTime
from booking.queries.catalogue import catalogue
from booking.queries.clinic_plan import stored_plan
from booking.services.clinic_loading import ClinicChanged, LoadPreview, load_seen_clinic, preview_load
from booking.services.desk_changes import DeskChanged
from tests.factories import NEXT_MONDAY_9, NOW, make_appointment
from tests.services.statements import counted_statements

FAY = Actor(account_id=99, role=Role.ADMINISTRATOR)
DORA = Actor(account_id=98, role=Role.SCHEDULER)
OVER = NOW - timedelta(days=3)


def present(session: Session) -> ClinicPlan:
    session.rollback()
    plan = stored_plan(session, catalogue(session), blocks_from=NOW)
    session.rollback()
    return plan


def without_hours(plan: ClinicPlan, code: str) -> ClinicPlan:
    resources = tuple(replace(one, weekly_hours=()) if one.code == code else one for one in plan.resources)
    return replace(plan, resources=resources)


def look(session: Session, plan: ClinicPlan) -> LoadPreview:
    return preview_load(session, plan, actor=FAY, now=NOW)


def load(session: Session, plan: ClinicPlan, *, revision: int | None = None, undo_changes: bool = False) -> None:
    seen = look(session, plan).revision if revision is None else revision
    load_seen_clinic(session, plan, actor=FAY, revision=seen, undo_changes=undo_changes, now=NOW)


def test_the_present_clinic_differs_in_nothing_nor_does_a_block_that_is_over(session: Session) -> None:
    past = BlockPlan("dr-cruz", OVER, OVER + timedelta(hours=1), "Leave", BlockKind.LEAVE)
    plan = present(session)
    assert look(session, replace(plan, blocks=(past,))) == LoadPreview(1, ())


def test_looking_keeps_nothing_and_names_the_visits(session: Session) -> None:
    visit = make_appointment(session, starts_at=NEXT_MONDAY_9)
    make_appointment(session, starts_at=NEXT_MONDAY_9 + timedelta(hours=1), specialist_id=2)
    before = present(session)
    plan = replace(without_hours(before, "dr-cruz"), services=before.services[1:])
    found = look(session, plan)
    assert [(one.id, cause) for one, cause in found.hits] == [(visit.id, HitCause.OUTSIDE_HOURS)]
    assert found.coming["resources", "dr-cruz"] == 1
    assert found.coming["services", "first-consultation"] == 2
    assert found.undone is None
    assert present(session) == before
    assert session.scalars(sa.select(AuditEvent)).all() == []


def test_a_closed_day_is_told_as_closed(session: Session) -> None:
    make_appointment(session, starts_at=NEXT_MONDAY_9)
    day = NEXT_MONDAY_9.date()
    plan = replace(present(session), closures=(ClosurePlan(None, day, day, "Painters"),))
    assert [cause for _, cause in look(session, plan).hits] == [HitCause.CLOSED]


def test_what_was_looked_at_is_loaded_and_open_hours_are_told_to_the_waiting_list(session: Session) -> None:
    whole = present(session)
    load(session, without_hours(whole, "dr-cruz"))
    assert session.scalars(sa.select(FreedTime)).all() == []
    load(session, whole)
    assert present(session) == whole
    assert session.scalars(sa.select(FreedTime.resource_id).distinct()).all() == [1]


def test_another_clinic_than_the_one_looked_at_is_refused(session: Session) -> None:
    before = present(session)
    with pytest.raises(ClinicChanged):
        load(session, without_hours(before, "dr-cruz"), revision=2)
    assert present(session) == before


def test_changes_in_the_browser_are_undone_only_when_that_is_said(session: Session) -> None:
    before = present(session)
    session.add(
        AuditEvent(at=NOW, actor_kind="administrator", action="clinic_changed", object_kind="clinic", object_id=1)
    )
    session.commit()
    plan = replace(before, profile=replace(before.profile, phone="555-0199"))
    undone = look(session, plan).undone
    assert undone is not None
    assert undone.details["parts"] == ("clinic",)
    with pytest.raises(DeskChanged):
        load(session, plan)
    load(session, plan, undo_changes=True)
    assert present(session).profile.phone == "555-0199"


def test_a_block_that_meets_a_visit_is_refused_when_looking(session: Session) -> None:
    make_appointment(session, starts_at=NEXT_MONDAY_9)
    block = BlockPlan("dr-cruz", NEXT_MONDAY_9, NEXT_MONDAY_9 + timedelta(hours=1), "Leave", BlockKind.LEAVE)
    with pytest.raises(SlotTaken):
        look(session, replace(present(session), blocks=(block,)))


def test_nobody_else_loads_or_looks(session: Session) -> None:
    plan = present(session)
    with pytest.raises(NotFound):
        preview_load(session, plan, actor=DORA, now=NOW)
    with pytest.raises(NotFound):
        load_seen_clinic(session, plan, actor=DORA, revision=1, undo_changes=False, now=NOW)


def test_looking_sends_the_same_statements_however_many_visits_there_are(session: Session) -> None:
    plan = without_hours(present(session), "dr-cruz")

    def sent() -> int:
        session.rollback()
        with counted_statements(session) as statements:
            look(session, plan)
        return len(statements)

    make_appointment(session, starts_at=NEXT_MONDAY_9)
    few = sent()
    for weeks in range(1, 6):
        make_appointment(session, starts_at=NEXT_MONDAY_9 + timedelta(weeks=weeks))
    assert sent() == few
