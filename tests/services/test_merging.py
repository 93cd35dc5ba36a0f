"""Two records become one and are taken apart again: nothing is lost, nothing is copied, nobody books into the gap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.errors import CannotMerge, NotFound
from booking.core.messages import MessageKind
from booking.core.waiting import WaitingWish
from booking.models import (
    AccountPatient,
    Appointment,
    Base,
    CarerInvitation,
    Consent,
    ConsentKind,
    ConsentText,
    FollowUp,
    FollowUpState,
    InvitationState,
    LinkAction,
    Message,
    Patient,
    PatientMerge,
    Relation,
    Reservation,
    WaitingEntry,
)
from booking.queries.accounts import acts_for
from booking.queries.desk_patients import DeskPatient, patient_or_none, patients_alike, patients_matching
from booking.queries.merging import Conflict, ConflictKind, conflicts_of, merges_of, side_of
from booking.services import merging, outbox
from booking.services.links import mint_link
from booking.services.merging import POINTING, UNDO_FOR, merge_patients, undo_merge
from booking.services.sealed import open_text, seal_text
from booking.services.tasks import ask_to_call
from booking.services.transaction import transaction
from booking.services.waiting_list import join
from tests.factories import MONDAY, NEXT_MONDAY_9, NOW, make_account, make_appointment, make_patient
from tests.outbox import NEW_YORK
from tests.services.forms_cast import fill_peg, visit_of

WISH = WaitingWish(1, MONDAY, MONDAY + timedelta(days=30))
UNTOUCHED = {"audit_event", "patient_merge", "idempotency", "token_bucket"}
TUESDAY_9 = NEXT_MONDAY_9 + timedelta(days=1)


@dataclass
class Two:
    """Ana's record, and a second one of hers with a bit of everything; Dora at Northside."""

    session: Session
    kept: Patient
    merged: Patient
    dora: Actor

    def merge(self, now: datetime = NOW, actor: Actor | None = None) -> str:
        ids = {"kept_id": self.kept.id, "merged_id": self.merged.id}
        self.session.rollback()
        return merge_patients(self.session, actor=actor or self.dora, reason_code="booked_twice", now=now, **ids)

    def undo(self, public_id: str, now: datetime = NOW, actor: Actor | None = None) -> None:
        self.session.rollback()
        undo_merge(self.session, actor=actor or self.dora, public_id=public_id, now=now)

    def owners(self, table: Any) -> set[int]:
        self.session.rollback()
        return set(self.session.scalars(sa.select(table.patient_id).where(table.patient_id.is_not(None))))


@pytest.fixture
def two(session: Session) -> Two:
    account = make_account(session, Role.SCHEDULER, location_ids=(1,))
    dora = Actor(account.id, Role.SCHEDULER, location_ids=frozenset({1}))
    kept, merged = make_patient(session, email="ana@example.org"), make_patient(session, given_name="Anna")
    make_appointment(session, kept)
    return Two(session, kept, merged, dora)


def fill(two: Two) -> Appointment:
    """A visit with letters, answers, a link, a task and what shall follow; a wait, an account, an invitation, a note, a
    consent."""
    session, merged = two.session, two.merged
    account = make_account(session, patients=(merged,))
    actor = Actor(account.id, Role.PATIENT, frozenset({merged.id}))
    visit = make_appointment(session, merged, starts_at=TUESDAY_9)
    fill_peg(session, actor, visit_of(session, visit.id), 4, 5, 6)
    join(session, actor=actor, patient_id=merged.id, wish=WaitingWish(2, WISH.first_on, WISH.last_on), now=NOW)
    asked = CarerInvitation(
        patient_id=merged.id, invited_by_account_id=account.id, email="kim@example.org", email_key="kim@example.org",
        state=InvitationState.OPEN, created_at=NOW, expires_at=NOW + timedelta(days=3), live_key="one",
    )  # fmt: skip
    text = ConsentText(code="mail", version=1, language="en", kind=ConsentKind.CHANNEL, title="Mail", body="Yes.")
    session.add_all([asked, text])
    session.flush()
    session.add(Consent(patient_id=merged.id, text_id=text.id, signed_at=NOW, signed_by="Anna Ito"))
    session.add(
        FollowUp(
            patient_id=merged.id, appointment_id=visit.id, service_id=visit.service_id, wanted_by=TUESDAY_9.date(),
            state=FollowUpState.OPEN, created_at=NOW,
        )
    )  # fmt: skip
    session.commit()
    with transaction(session):
        outbox.plan_for_booking(
            session, appointment=session.get_one(Appointment, visit.id), tz=NEW_YORK, has_email=True, now=NOW
        )
        ask_to_call(session, patient_id=merged.id, appointment_id=visit.id, reason_code="x", cause="one", now=NOW)
        mint_link(
            session, action=LinkAction.OPEN_VISIT, now=NOW, expires_at=TUESDAY_9, patient_id=merged.id,
            appointment_id=visit.id,
        )  # fmt: skip
        row = session.get_one(Patient, merged.id)
        row.contact_note_sealed = seal_text(session, "patient", "contact_note", row.public_id, "after six")
    return visit


def contents(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but those that tell of the merge itself."""
    session.rollback()
    tables = [table for table in Base.metadata.sorted_tables if table.name not in UNTOUCHED]
    return {
        table.name: [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key.columns))]
        for table in tables
    }


def test_everything_that_belongs_to_a_patient_is_known_here() -> None:
    """A new table with a patient is a decision for whoever adds it."""
    pointing = {
        table.name
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.target_fullname == "patient.id"
    }
    assert pointing - set(POINTING) == {"patient", "patient_merge"}


def test_all_rows_move_and_the_other_record_keeps_its_own_data(two: Two) -> None:
    fill(two)
    two.merge()
    assert {name: two.owners(table) for name, table in POINTING.items()} == {name: {two.kept.id} for name in POINTING}
    merged = two.session.get_one(Patient, two.merged.id)
    assert (merged.merged_into_id, merged.given_name) == (two.kept.id, "Anna")
    note = open_text(two.session, "patient", "contact_note", merged.public_id, merged.contact_note_sealed)
    assert note == "after six"


def test_undoing_restores_exactly(two: Two) -> None:
    fill(two)
    before = contents(two.session)
    two.undo(two.merge())
    assert contents(two.session) == before


def test_control_without_the_notes_of_what_moved_undoing_leaves_it_with_the_other_record(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(two)
    before = contents(two.session)
    public_id = two.merge()
    monkeypatch.setattr(merging, "_still_there", lambda *_: [])
    two.undo(public_id)
    assert contents(two.session) != before
    assert two.owners(Appointment) == {two.kept.id}


def test_the_guard_watches_over_both_calendars_as_one(two: Two) -> None:
    visit = fill(two)
    two.merge()
    own = two.session.scalars(sa.select(Reservation.patient_id).where(Reservation.appointment_id == visit.id)).all()
    assert [one for one in own if one] == [two.kept.id]


def test_visits_at_the_same_time_are_refused_and_named(two: Two) -> None:
    free_room(two.session)
    other = make_appointment(
        two.session, two.merged, starts_at=NEXT_MONDAY_9 + timedelta(minutes=30), location_id=2, specialist_id=3
    )
    everywhere = Actor(two.dora.account_id, Role.ADMINISTRATOR)
    with pytest.raises(CannotMerge) as refused:
        two.merge(actor=everywhere)
    assert refused.value.conflicts == (Conflict(ConflictKind.OVERLAP, NEXT_MONDAY_9, 1),)
    assert two.session.get_one(Appointment, other.id).patient_id == two.merged.id


def free_room(session: Session) -> None:
    """The visit that is there goes to another room, so that only the patient is in the way of the next one."""
    session.execute(sa.update(Reservation).where(Reservation.resource_id == 4).values(resource_id=5))
    session.commit()


def test_without_the_check_the_database_itself_refuses(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    times = {"starts_at": NEXT_MONDAY_9 + timedelta(minutes=30), "location_id": 2, "specialist_id": 3}
    free_room(two.session)
    make_appointment(two.session, two.merged, **times)
    monkeypatch.setattr("booking.services.merging.conflicts_of", lambda *_args: ())
    with pytest.raises(sa.exc.IntegrityError):
        two.merge()
    two.session.rollback()
    assert two.session.scalars(sa.select(PatientMerge)).all() == []
    assert two.session.get_one(Patient, two.merged.id).merged_into_id is None


def test_two_waits_for_one_service_are_refused(two: Two) -> None:
    for patient in (two.kept, two.merged):
        actor = Actor(None, Role.PATIENT, frozenset({patient.id}))
        join(two.session, actor=actor, patient_id=patient.id, wish=WISH, now=NOW)
    with pytest.raises(CannotMerge) as refused:
        two.merge()
    assert refused.value.conflicts == (Conflict(ConflictKind.BOTH_WAIT, service_id=1),)


def test_whoever_waits_moves_with_the_key_that_guards_it(two: Two) -> None:
    actor = Actor(None, Role.PATIENT, frozenset({two.merged.id}))
    join(two.session, actor=actor, patient_id=two.merged.id, wish=WISH, now=NOW)
    merge = two.merge()
    entry = two.session.scalars(sa.select(WaitingEntry)).one()
    assert entry.live_key == f"{two.kept.id}:1"
    two.undo(merge)
    two.session.refresh(entry)
    assert entry.live_key == f"{two.merged.id}:1"


def test_a_scheduler_decides_only_about_visits_at_their_places(two: Two) -> None:
    make_appointment(two.session, two.merged, starts_at=TUESDAY_9, location_id=2, specialist_id=3)
    with pytest.raises(CannotMerge) as refused:
        two.merge()
    assert refused.value.conflicts == (Conflict(ConflictKind.ELSEWHERE, location_id=2),)
    merge = two.merge(actor=Actor(two.dora.account_id, Role.ADMINISTRATOR))
    with pytest.raises(CannotMerge):
        two.undo(merge)


@pytest.mark.parametrize("role", [Role.PATIENT, Role.SPECIALIST, Role.NURSE, None])
def test_nobody_but_the_desk_joins_records_or_takes_them_apart(two: Two, role: Role | None) -> None:
    with pytest.raises(NotFound):
        two.merge(actor=Actor(two.dora.account_id, role))
    merge = two.merge()
    with pytest.raises((NotFound, CannotMerge)):
        two.undo(merge, actor=Actor(two.dora.account_id, role))
    assert two.session.get_one(Patient, two.merged.id).merged_into_id == two.kept.id


def test_a_record_is_joined_once_and_not_with_itself(two: Two) -> None:
    two.merge()
    with pytest.raises(NotFound):
        two.merge()
    with pytest.raises(NotFound):
        merge_patients(
            two.session, actor=two.dora, kept_id=two.kept.id, merged_id=two.kept.id, reason_code="misspelled", now=NOW
        )


def test_a_reason_has_to_be_one_of_ours(two: Two) -> None:
    with pytest.raises(ValueError, match="no reason"):
        merge_patients(
            two.session, actor=two.dora, kept_id=two.kept.id, merged_id=two.merged.id, reason_code="why not", now=NOW
        )


def test_it_can_be_undone_for_some_days(two: Two) -> None:
    merge = two.merge()
    assert [one.public_id for one in merges_of(two.session, two.kept.id, now=NOW)] == [merge]
    assert merges_of(two.session, two.kept.id, now=NOW + UNDO_FOR) == []
    with pytest.raises(NotFound):
        two.undo(merge, now=NOW + UNDO_FOR)
    two.undo(merge, now=NOW + UNDO_FOR - timedelta(seconds=1))
    with pytest.raises(NotFound):
        two.undo(merge)


def test_what_came_of_moved_visits_goes_back_with_them_and_the_rest_stays(two: Two) -> None:
    visit = fill(two)
    merge = two.merge()
    new = make_appointment(
        two.session, two.session.get_one(Patient, two.kept.id), starts_at=TUESDAY_9 + timedelta(days=1)
    )
    with transaction(two.session):
        row = two.session.get_one(Appointment, visit.id)
        row.version += 1
        outbox.plan_for_booking(two.session, appointment=row, tz=NEW_YORK, has_email=True, now=NOW)
    two.undo(merge)
    letters = set(two.session.scalars(sa.select(Message.patient_id).where(Message.appointment_id == visit.id)))
    assert letters == {two.merged.id}
    assert two.session.get_one(Appointment, new.id).patient_id == two.kept.id
    assert MessageKind.BOOKED in set(two.session.scalars(sa.select(Message.kind)))


def test_records_that_came_in_before_lead_to_the_last_one(two: Two) -> None:
    third = make_patient(two.session, given_name="Anne")
    first = two.merge()
    second = merge_patients(
        two.session, actor=two.dora, kept_id=third.id, merged_id=two.kept.id, reason_code="misspelled", now=NOW
    )
    assert two.session.get_one(Patient, two.merged.id).merged_into_id == third.id
    with pytest.raises(NotFound):
        two.undo(first)
    two.undo(second)
    assert two.session.get_one(Patient, two.merged.id).merged_into_id == two.kept.id
    two.undo(first)
    assert two.session.get_one(Patient, two.merged.id).merged_into_id is None


def test_accounts_act_for_the_one_record_at_once(two: Two) -> None:
    account = make_account(two.session, patients=(two.merged,))
    merge = two.merge()
    assert acts_for(two.session, account_id=account.id, now=NOW).patient_ids == {two.kept.id}
    two.undo(merge)
    assert acts_for(two.session, account_id=account.id, now=NOW).patient_ids == {two.merged.id}


def test_an_account_of_both_keeps_one_right_and_gets_the_other_back(two: Two) -> None:
    account = make_account(two.session, patients=(two.kept, two.merged))
    of_merged = sa.update(AccountPatient).where(AccountPatient.patient_id == two.merged.id)
    two.session.execute(of_merged.values(relation=Relation.CARER, ends_at=NOW + timedelta(days=9)))
    two.session.commit()
    before = contents(two.session)
    merge = two.merge()
    assert acts_for(two.session, account_id=account.id, now=NOW).patient_ids == {two.kept.id}
    two.undo(merge)
    assert contents(two.session) == before


def test_the_kept_record_is_found_by_what_the_other_was_called(two: Two) -> None:
    name = two.merged.family_name
    two.merge()
    found = patients_matching(two.session, name, 10, now=NOW)
    assert [one.patient.id for one in found] == [two.kept.id]
    shown = patient_or_none(two.session, two.merged.public_id)
    assert shown is not None
    assert shown.id == two.kept.id
    alike = patients_alike(two.session, given_name="Anna", family_name=name, born_on=two.merged.born_on)
    assert two.merged.id not in {one.id for one in alike}


def test_the_preview_shows_what_each_has(two: Two) -> None:
    fill(two)
    found = patient_or_none(two.session, two.merged.public_id)
    assert isinstance(found, DeskPatient)
    side = side_of(two.session, found, now=NOW)
    assert (len(side.visits), side.waits_for, len(side.rights), len(side.invitations)) == (1, (2,), 1, 1)
    assert conflicts_of(two.session, two.dora, two.kept.id, two.merged.id) == ()
