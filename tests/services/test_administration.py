"""What administrators change: the words of `clinic load`, nobody's change lost, and the same file after."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.clinic_files import plan_text
from booking.core.actor import SYSTEM, Actor, Role
from booking.core.clinic_file.parts import Section, codes_in, shown_of
from booking.core.clinic_file.read import read_clinic_file
from booking.core.errors import NotFound
from booking.core.questionnaires.library import SHIPPED
from booking.models import AuditEvent, Clinic, FreedTime, Resource, WeeklyHours
from booking.queries.catalogue import catalogue
from booking.queries.clinic_plan import stored_plan
from booking.services import locks
from booking.services.administration import (
    ChangeRefused,
    PartChange,
    PartChanged,
    checked,
    clinic_mistakes,
    move_service,
    present_values,
    save_part,
    seen_part,
)
from booking.services.clinic_loading import load_clinic
from booking.services.desk_changes import DeskChanged
from tests.databases import Database, session_on
from tests.factories import NOW
from tests.services.cast import DORA, DR_CRUZ

FAY = Actor(role=Role.ADMINISTRATOR, owner="fay")
A_ROOM = {"kind": "room", "name": "Quiet room", "pools": ["consulting"], "languages": [], "lanes": 2}


def values_of(session: Session) -> dict[str, Any]:
    return present_values(session, catalogue(session), now=NOW)


def change_of(session: Session, section: Section, code: str | None, **changes: Any) -> PartChange:
    """What the form of the thing sends when these keys were changed in it."""
    values = values_of(session)
    return PartChange(section, {**shown_of(values, section, code), **changes}, code, seen_part(values, section, code))


def save(session: Session, section: Section, code: str | None, **changes: Any) -> str:
    return save_part(session, change_of(session, section, code, **changes), actor=FAY, now=NOW)


def refused(session: Session, section: Section, code: str | None, **changes: Any) -> list[tuple[str, Any, str]]:
    with pytest.raises(ChangeRefused) as refusal:
        save(session, section, code, **changes)
    session.rollback()
    return [(one.thing, one.steps, one.mistake.sentence) for one in refusal.value.mistakes]


def events(session: Session) -> list[tuple[object, ...]]:
    columns = (AuditEvent.action, AuditEvent.object_kind, AuditEvent.object_id, AuditEvent.reason_code)
    return [tuple(row) for row in session.execute(sa.select(*columns).order_by(AuditEvent.seq))]


CHANGES: list[tuple[Section, str | None, dict[str, Any]]] = [
    (Section.CLINIC, None, {"name": "Harbor Clinic", "crisis_line": "988"}),
    (Section.LOCATIONS, "lakeview", {"street": "5 Lake Road", "step_free": False, "directions": "Ring.\n\nTwice."}),
    (Section.RESOURCES, "dr-cruz", {"title": "Neurologist", "languages": ["en", "es"], "lanes": 2}),
    (Section.SERVICES, "follow-up", {"book_notice": "3 hours", "visit_limit": {"count": 2, "days": 30}}),
]


@pytest.mark.parametrize(("section", "code", "changes"), CHANGES, ids=[str(one[0]) for one in CHANGES])
def test_what_was_changed_is_what_the_export_says_and_the_file_loads_again(
    session: Session, section: Section, code: str | None, changes: dict[str, Any]
) -> None:
    before = values_of(session)
    save(session, section, code, **changes)
    after = values_of(session)
    assert shown_of(after, section, code) == {**shown_of(before, section, code), **changes}
    plan = stored_plan(session, catalogue(session), blocks_from=NOW)
    load_clinic(session, read_clinic_file(plan_text(plan), questionnaires=SHIPPED.codes), actor=SYSTEM, now=NOW)
    assert values_of(session) == after
    assert {**after, section.value: None} == {**before, section.value: None}


def test_the_same_again_changes_nothing_and_leaves_no_trace(session: Session) -> None:
    revision = session.scalar(sa.select(Clinic.revision))
    save(session, Section.SERVICES, "follow-up")
    assert (session.scalar(sa.select(Clinic.revision)), events(session)) == (revision, [])
    assert save(session, Section.CLINIC, None) == ""


def test_a_new_resource_gets_a_code_of_its_name(session: Session) -> None:
    assert save_part(session, PartChange(Section.RESOURCES, A_ROOM), actor=FAY, now=NOW) == "quiet-room"
    assert save_part(session, PartChange(Section.RESOURCES, A_ROOM, seen=""), actor=FAY, now=NOW) == "quiet-room-2"
    named = PartChange(Section.RESOURCES, {**A_ROOM, "code": "blue"})
    assert save_part(session, named, actor=FAY, now=NOW) == "blue"
    assert codes_in(values_of(session), Section.RESOURCES)[-3:] == ["quiet-room", "quiet-room-2", "blue"]


def test_hours_of_the_desk_stay(session: Session) -> None:
    hours = sa.select(sa.func.count()).select_from(WeeklyHours)
    before = session.scalar(hours)
    save(session, Section.RESOURCES, "dr-cruz", name="Dr Maria Cruz-Vega")
    assert session.scalar(hours) == before


def test_the_words_are_those_of_clinic_load(session: Session) -> None:
    found = refused(session, Section.SERVICES, "follow-up", grid_minutes=7, book_notice="soon", horizon_days=10**30)
    text = plan_text(stored_plan(session, catalogue(session), blocks_from=NOW))
    assert found == [
        (
            "",
            ("book_notice",),
            "soon is no length of time up to a year; write a number of minutes, or text like 2 hours.",
        ),
        ("", ("grid_minutes",), "7 minutes do not divide a day of 1440 minutes."),
        ("", ("horizon_days",), "This number is not between 1 and 730."),
    ]
    assert "soon" not in text


def test_a_code_is_used_once(session: Session) -> None:
    with pytest.raises(ChangeRefused) as refusal:
        save_part(session, PartChange(Section.RESOURCES, {**A_ROOM, "code": "room-1"}), actor=FAY, now=NOW)
    [one] = refusal.value.mistakes
    assert (one.steps, one.mistake.code) == (("code",), "duplicate_code")


def test_whoever_leaves_a_service_without_anybody_is_told(session: Session) -> None:
    found = refused(session, Section.RESOURCES, "chair-1", active=False)
    assert [(thing, steps) for thing, steps, _ in found] == [
        ("services infusion", ("services", 3, "segments", number, "needs")) for number in (0, 1)
    ]
    assert clinic_mistakes(session, now=NOW) == ()


def test_what_was_wrong_before_is_told_and_holds_up_nobody(session: Session) -> None:
    session.execute(sa.delete(WeeklyHours).where(WeeklyHours.resource_id == 8))
    session.execute(sa.update(Clinic).values(revision=77))
    session.commit()
    assert [one.thing for one in clinic_mistakes(session, now=NOW)] == ["services infusion"]
    save(session, Section.CLINIC, None, phone="555-0199")
    assert values_of(session)["clinic"]["phone"] == "555-0199"


def test_somebody_elses_change_is_not_written_over(session: Session) -> None:
    mine = change_of(session, Section.SERVICES, "follow-up", name="Second visit")
    other = change_of(session, Section.SERVICES, "first-consultation", name="First visit")
    save(session, Section.SERVICES, "follow-up", summary="Other words.")
    with pytest.raises(PartChanged):
        save_part(session, mine, actor=FAY, now=NOW)
    # Negative control: without what the form has shown, the other's words are lost.
    save_part(session, replace(mine, seen=None), actor=FAY, now=NOW)
    assert shown_of(values_of(session), Section.SERVICES, "follow-up")["summary"] != "Other words."
    save_part(session, other, actor=FAY, now=NOW)


def test_a_change_of_hours_at_the_desk_is_no_change_of_the_form(session: Session) -> None:
    mine = change_of(session, Section.RESOURCES, "dr-cruz", title="Neurologist")
    session.execute(sa.delete(WeeklyHours).where(WeeklyHours.resource_id == DR_CRUZ, WeeklyHours.weekday == 4))
    session.execute(sa.update(Clinic).values(revision=78))
    session.commit()
    save_part(session, mine, actor=FAY, now=NOW)
    assert session.scalar(sa.select(sa.func.count()).where(WeeklyHours.resource_id == DR_CRUZ)) == 8


def test_events_say_which_thing_and_how(session: Session) -> None:
    save(session, Section.CLINIC, None, phone="555-0199")
    save(session, Section.LOCATIONS, "lakeview", street="5 Lake Road")
    save(session, Section.RESOURCES, "room-2", active=False)
    save(session, Section.RESOURCES, "room-2", active=True)
    save_part(session, PartChange(Section.RESOURCES, A_ROOM), actor=FAY, now=NOW)
    move_service(session, code="follow-up", is_up=True, actor=FAY, now=NOW)
    number = catalogue(session).resource_by_code["quiet-room"].id
    assert events(session) == [
        ("clinic_changed", "clinic", 1, "changed"),
        ("location_changed", "location", 2, "changed"),
        ("resource_changed", "resource", 5, "retired"),
        ("resource_changed", "resource", 5, "offered_again"),
        ("resource_changed", "resource", number, "added"),
        ("service_changed", "service", 2, "moved"),
    ]
    assert codes_in(values_of(session), Section.SERVICES)[:2] == ["follow-up", "first-consultation"]


def test_a_resource_that_takes_visits_again_is_told_to_the_waiting_list(session: Session) -> None:
    save(session, Section.RESOURCES, "dr-adeyemi", active=False)
    assert session.scalar(sa.select(sa.func.count()).select_from(FreedTime)) == 0
    save(session, Section.RESOURCES, "dr-adeyemi", active=True)
    assert set(session.scalars(sa.select(FreedTime.resource_id))) == {2}


@pytest.mark.parametrize("actor", [DORA, Actor(role=Role.PATIENT), Actor()])
def test_nobody_else_changes_the_clinic(session: Session, actor: Actor) -> None:
    change = change_of(session, Section.CLINIC, None, phone="555-0199")
    session.rollback()
    with pytest.raises(NotFound):
        save_part(session, change, actor=actor, now=NOW)
    with pytest.raises(NotFound):
        move_service(session, code="follow-up", is_up=True, actor=actor, now=NOW)
    save_part(session, change, actor=SYSTEM, now=NOW)


def test_what_there_is_not_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        checked(session, PartChange(Section.SERVICES, {}, "nowhere"), now=NOW)
    with pytest.raises(NotFound):
        move_service(session, code="nowhere", is_up=True, actor=FAY, now=NOW)


def test_loading_an_older_file_does_not_undo_silently(session: Session) -> None:
    plan = stored_plan(session, catalogue(session), blocks_from=NOW)
    load_clinic(session, plan, actor=SYSTEM, now=NOW)
    save(session, Section.CLINIC, None, phone="555-0199")
    save(session, Section.LOCATIONS, "lakeview", street="5 Lake Road")
    save(session, Section.RESOURCES, "dr-cruz", title="Neurologist")
    save_part(session, PartChange(Section.RESOURCES, A_ROOM), actor=FAY, now=NOW)
    save_part(session, PartChange(Section.LOCATIONS, {
        "name": "Hill", "street": "1 Hill", "city": "Springfield", "phone": "555-0188", "time_zone": "America/New_York",
    }), actor=FAY, now=NOW)  # fmt: skip
    with pytest.raises(DeskChanged) as refusal:
        load_clinic(session, plan, actor=SYSTEM, now=NOW)
    assert refusal.value.details["parts"] == (
        "clinic", "locations lakeview", "resources dr-cruz", "resources quiet-room"
    )  # fmt: skip
    load_clinic(session, stored_plan(session, catalogue(session), blocks_from=NOW), actor=SYSTEM, now=NOW)
    load_clinic(session, plan, actor=SYSTEM, now=NOW)


def test_a_clinic_that_changes_while_the_locks_are_waited_for_is_read_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, waits = locks.take_resources, iter([True, False])

    def wait(own: Session, numbers: Any) -> None:
        take(own, numbers)
        if next(waits):
            own.execute(sa.update(Clinic).values(revision=4711))

    change = change_of(session, Section.CLINIC, None, phone="555-0199")
    session.rollback()
    monkeypatch.setattr(locks, "take_resources", wait)
    save_part(session, change, actor=FAY, now=NOW)
    assert values_of(session)["clinic"]["phone"] == "555-0199"
    assert next(waits, None) is None


def test_of_two_administrators_at_once_one_is_told(session: Session, database: Database) -> None:
    change = change_of(session, Section.SERVICES, "follow-up")
    session.rollback()
    outcomes, begin = [], threading.Barrier(2)

    def work(name: str) -> None:
        with session_on(database.url) as own:
            begin.wait()
            try:
                save_part(own, replace(change, values={**change.values, "name": name}), actor=FAY, now=NOW)
                outcomes.append("saved")
            except PartChanged:
                outcomes.append("told")

    threads = [threading.Thread(target=work, args=(name,)) for name in ("One", "Two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["saved", "told"]
    assert session.scalar(sa.select(sa.func.count()).select_from(Resource)) == 8
