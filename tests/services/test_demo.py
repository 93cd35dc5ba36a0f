"""The demo's people and visits: believable, placed by the engine, and no mail about the past."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.clinic_files import read_plan
from booking.core.actor import SYSTEM, Actor, Role
from booking.core.demo_logins import DEMO_LOGINS, PATIENT, SPECIALIST
from booking.core.messages import MessageKind, MessageState
from booking.core.questionnaires.library import SHIPPED
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.models import (
    Account,
    AccountPatient,
    Answer,
    Appointment,
    AskedForm,
    Block,
    BlockKind,
    Message,
    Patient,
    QuestionnaireResponse,
    Reservation,
    Resource,
    ResponseStatus,
    Service,
    Task,
    WeeklyHours,
)
from booking.queries.appointments import visit_for
from booking.queries.demo import demo_filled_at
from booking.queries.waiting import everyone_waiting, open_offers
from booking.services.clinic_loading import load_clinic
from booking.services.demo import NotEmpty, fill_demo
from booking.services.filled_forms import form_of_visit
from booking.services.passwords import is_password
from tests.factories import NOW, make_appointment, make_patient
from tests.web.clinic_change import clinic_changed

PASSWORD = "lanterns by the quay"
# A Monday at 10:07 in New York: visits are over, under way and still to come.
MIDDAY = NOW + timedelta(hours=2, minutes=7)


def load(session: Session) -> None:
    plan = read_plan(Path("demo/clinic.toml"), questionnaires=SHIPPED.codes)
    load_clinic(session, plan, actor=SYSTEM, now=MIDDAY)


@pytest.fixture
def filled(session: Session) -> Session:
    """Fewer days than the real demo, and few tests with many questions: filling takes its time."""
    load(session)
    fill_demo(session, password=PASSWORD, now=MIDDAY, days=1, load=0.5)
    return session


def visits(session: Session) -> list[Appointment]:
    return list(session.scalars(sa.select(Appointment)))


def check_past_present_and_future(filled: Session) -> None:
    statuses = {visit.status for visit in visits(filled)}
    assert {AppointmentStatus.BOOKED, AppointmentStatus.DONE, AppointmentStatus.IN_ROOM} <= statuses
    for visit in visits(filled):
        assert visit.booked_at <= min(MIDDAY, visit.starts_at)
        if visit.ends_at <= MIDDAY:
            assert visit.status in {AppointmentStatus.DONE, AppointmentStatus.NO_SHOW, AppointmentStatus.CANCELLED}
        if visit.starts_at > MIDDAY:
            assert visit.status not in {AppointmentStatus.DONE, AppointmentStatus.IN_ROOM, AppointmentStatus.NO_SHOW}


def check_reservations(filled: Session) -> None:
    reserved = set(filled.scalars(sa.select(Reservation.appointment_id).where(Reservation.appointment_id.is_not(None))))
    assert reserved == {visit.id for visit in visits(filled) if visit.status.occupies_time}


def check_messages(filled: Session) -> None:
    pending = list(filled.scalars(sa.select(Message).where(Message.state == MessageState.PENDING)))
    now = {m.kind for m in pending if m.due_at <= MIDDAY}
    assert now == {MessageKind.BOOKED, MessageKind.WAITING_OFFER, MessageKind.URGENT_TASK}
    assert len(pending) > 1
    sent = list(filled.scalars(sa.select(Message).where(Message.state == MessageState.SENT)))
    assert sent
    assert all(message.settled_at == message.due_at for message in sent)


def check_cancelled_visits(filled: Session) -> None:
    cancelled = sa.select(Appointment.id).where(Appointment.status == AppointmentStatus.CANCELLED)
    rows = filled.scalars(sa.select(Message).where(Message.appointment_id.in_(cancelled)))
    assert {message.state for message in rows} <= {MessageState.CANCELLED, MessageState.SENT}
    for visit in visits(filled):
        assert (visit.cancelled_at is None) == (visit.status is not AppointmentStatus.CANCELLED)


def check_accounts(filled: Session) -> None:
    accounts = {account.email: account for account in filled.scalars(sa.select(Account))}
    assert set(accounts) == {login.email for login in DEMO_LOGINS}
    assert {account.role for account in accounts.values()} == {login.role for login in DEMO_LOGINS}
    assert is_password(accounts[PATIENT.email].password_hash, PASSWORD)
    code = filled.scalar(sa.select(Resource.code).where(Resource.id == accounts[SPECIALIST.email].resource_id))
    assert code == SPECIALIST.resource_code


def check_patient_login(filled: Session) -> None:
    account = filled.scalars(sa.select(Account).where(Account.email == PATIENT.email)).one()
    links = sa.select(AccountPatient.patient_id).where(AccountPatient.account_id == account.id)
    names = set(filled.scalars(sa.select(Patient.given_name).where(Patient.id.in_(links))))
    assert names == {"Ana", "Leo"}
    own = list(filled.scalars(sa.select(Appointment).where(Appointment.patient_id.in_(links))))
    assert sorted(visit.status for visit in own) == [AppointmentStatus.BOOKED, AppointmentStatus.DONE]


def check_answers(filled: Session) -> None:
    states = set(filled.scalars(sa.select(QuestionnaireResponse.status)))
    assert states == set(ResponseStatus)
    system = Actor(role=Role.SCHEDULER, is_system=True)
    for response in filled.scalars(sa.select(QuestionnaireResponse)).all():
        public_id = filled.get_one(Appointment, response.appointment_id).public_id
        visit = visit_for(filled, system, public_id)
        assert visit is not None
        form = form_of_visit(filled, visit=visit, code=response.questionnaire)
        assert all(stored.is_readable for stored in form.stored.values())
        assert form.is_sent == (response.status is ResponseStatus.COMPLETED)
    assert filled.scalar(sa.select(sa.func.count()).select_from(Answer))


def check_forms_of_login(filled: Session) -> None:
    """One sent and read, the same one asked again and begun."""
    own = sa.select(Patient.id).where(Patient.given_name == "Ana", Patient.email == PATIENT.email)
    intakes = filled.scalars(
        sa.select(QuestionnaireResponse)
        .where(QuestionnaireResponse.patient_id.in_(own), QuestionnaireResponse.questionnaire == "intake")
        .order_by(QuestionnaireResponse.id)
    ).all()
    assert [(one.status, one.reviewed_at is not None) for one in intakes] == [
        (ResponseStatus.COMPLETED, True), (ResponseStatus.IN_PROGRESS, False),
    ]  # fmt: skip
    again = sa.select(AskedForm.appointment_id).where(AskedForm.questionnaire == "intake")
    assert filled.scalars(again).all() == [intakes[1].appointment_id]


def check_waiting_list(filled: Session) -> None:
    """People wait, and the login's own patient is offered an earlier time in place of her visit."""
    [offer] = open_offers(filled)
    assert len(everyone_waiting(filled, now=MIDDAY)) == 5
    assert (offer.patient_name, offer.is_mailed) == (PATIENT.name, True)
    assert offer.visit_starts_at is not None
    assert offer.starts_at < offer.visit_starts_at


def check_blocks(filled: Session) -> None:
    """A meeting of every week, which is one series, and a leave."""
    added = filled.scalars(sa.select(Block).where(Block.created_at.is_not(None))).all()
    assert sorted(block.kind for block in added) == [BlockKind.LEAVE] + [BlockKind.MEETING] * 26
    assert len({block.series_key for block in added}) == 2


def test_the_calendar_is_believable_and_nobody_is_written_to_about_the_past(filled: Session) -> None:
    check_blocks(filled)
    check_past_present_and_future(filled)
    check_reservations(filled)
    check_cancelled_visits(filled)
    check_messages(filled)


def test_logins_and_answers_can_be_used(filled: Session) -> None:
    check_accounts(filled)
    check_patient_login(filled)
    check_answers(filled)
    check_forms_of_login(filled)
    check_waiting_list(filled)
    assert demo_filled_at(filled) == MIDDAY


def test_progress_is_told(session: Session) -> None:
    load(session)
    told: list[tuple[int, int]] = []
    fill_demo(session, password=PASSWORD, now=MIDDAY, days=1, load=0.5, tell=lambda *done: told.append(done))
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1] > 0


def test_patients_who_are_there_are_never_mixed_with_invented_ones(session: Session) -> None:
    make_patient(session)
    with pytest.raises(NotEmpty):
        fill_demo(session, password=PASSWORD, now=MIDDAY, days=1)
    assert demo_filled_at(session) is None
    assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 0


def test_a_clinic_of_another_kind_is_filled_as_far_as_it_goes(session: Session) -> None:
    """The test clinic has no specialist and hardly a service that the demo knows of."""
    fill_demo(session, password=PASSWORD, now=MIDDAY, days=1, load=0.3)
    specialist = session.scalars(sa.select(Account).where(Account.email == SPECIALIST.email)).one()
    assert specialist.resource_id is None
    assert visits(session)
    make_appointment(session, starts_at=MIDDAY + timedelta(days=300))


def test_a_clinic_without_forms_gets_no_answers(session: Session) -> None:
    session.execute(sa.update(Service).values(questionnaires=[]))
    clinic_changed(session)
    fill_demo(session, password=PASSWORD, now=MIDDAY, days=1, load=0.3)
    assert visits(session)
    assert session.scalar(sa.select(sa.func.count()).select_from(QuestionnaireResponse)) == 0


@pytest.mark.parametrize("emptied", [{"is_active": False}, {"horizon_days": 60}], ids=["no services", "no hours"])
def test_a_clinic_with_nothing_to_offer_gets_its_logins_all_the_same(
    session: Session, emptied: dict[str, object]
) -> None:
    session.execute(sa.delete(WeeklyHours))
    session.execute(sa.update(Service).values(emptied))
    clinic_changed(session)
    assert fill_demo(session, password=PASSWORD, now=MIDDAY, days=1, load=0.3) == 0
    assert session.scalars(sa.select(Account.email).where(Account.email == PATIENT.email)).one()


def test_something_urgent_waits_for_the_specialist_and_calls_for_the_desk(filled: Session) -> None:
    found = list(filled.scalars(sa.select(Task).order_by(Task.is_urgent.desc(), Task.id)))
    assert [task.kind for task in found] == ["safety_answer", "call_patient", "call_patient"]
    assert found[0].escalation == 0
