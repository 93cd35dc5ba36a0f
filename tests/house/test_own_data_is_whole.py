"""The copy of one's own data: each table of the database is in it, or stands here with the reason why it is not."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.actor import Actor, Role
from booking.core.clock import utc_now
from booking.core.messages import MessageKind, MessageState
from booking.core.preferences import Preferences
from booking.models import (
    Account,
    AccountPatient,
    AddressChange,
    AppKey,
    AppointmentTime,
    Base,
    CarerInvitation,
    ChangeState,
    Consent,
    ConsentKind,
    ConsentText,
    FollowUp,
    FollowUpState,
    InvitationState,
    Message,
    Patient,
    PatientMerge,
    QuestionnaireResponse,
    RecoveryCode,
    Relation,
    ResponseStatus,
    SafetyAnswer,
    new_public_id,
)
from booking.services import audit
from booking.services.preferences import keep_preferences
from booking.services.sealed import SEALED_COLUMNS
from booking.services.tasks import ask_to_call
from booking.services.transaction import transaction
from tests.factories import NEXT_MONDAY_9, NOW, make_account, make_appointment, make_offer, make_passkey, make_patient
from tests.services.forms_cast import fill_peg, visit_of

PERSON = ("people", 0)
VISIT = (*PERSON, "visits", 0)

COPIED: dict[str, tuple[str | int, ...]] = {
    "account": ("account", "made_at"),
    "account_patient": (*PERSON, "who_may_act", 1, "name"),
    "account_preference": ("account", "wishes", "location"),
    "address_change": ("account", "changes_of_address", 0, "old_email"),
    "answer": (*VISIT, "forms", 0, "answers", 0, "answer"),
    "app_key": ("account", "second_steps", "app_since"),
    "appointment": (*VISIT, "reference"),
    "appointment_time": (*VISIT, "earlier_times", 0, "starts_at"),
    "audit_event": ("who_looked", 0, "what"),
    "carer_invitation": (*PERSON, "invitations", 0, "email"),
    "consent": (*PERSON, "consents", 0, "signed_by"),
    "follow_up": (*PERSON, "wanted_visits", 0, "by_when"),
    "login_session": ("account", "devices", 0, "created_at"),
    "message": (*PERSON, "messages", 0, "kind"),
    "passkey": ("account", "second_steps", "passkeys", 0, "name"),
    "patient": (*PERSON, "given_name"),
    "patient_merge": (*PERSON, "joined_records", 0, "given_name"),
    "questionnaire_response": (*VISIT, "forms", 0, "title"),
    "recovery_code": ("account", "second_steps", "recovery_codes_left"),
    "safety_answer": (*VISIT, "forms", 1, "safety_answers", 0, "question"),
    "task": (*PERSON, "work_at_the_clinic", 0, "reason_code"),
    "waiting_entry": (*PERSON, "waiting_list", 0, "service"),
    "waiting_offer": (*PERSON, "offers", 0, "starts_at"),
}
"""Where in the file a value of each table is found."""

CLINICS = "the clinic's own: about no patient"
LEFT_OUT = {
    "alert_recipient": CLINICS,
    "asked_form": "which forms a visit asks for; what was answered is in the copy",
    "consent_text": CLINICS,
    "questionnaire_definition": CLINICS,
    "account_location": "where staff work; a patient's account has none",
    "audit_seal": "hashes over events, which are in the copy themselves",
    "block": "closed time of a resource; the account in it is the colleague's who closed it",
    "clinic": CLINICS,
    "closure": CLINICS,
    "field_key_check": CLINICS,
    "freed_time": "a span that became free, without saying whose it was",
    "heartbeat": CLINICS,
    "hold": "a time that is kept for minutes while somebody types; it names a browser session and no person",
    "hours_exception": CLINICS,
    "idempotency": "hashes of forms that were sent, gone after a day",
    "kept_form": "what was being typed when a login ran out: goes back into its page at the next one, or in 12 hours",
    "known_place": "a keyed hash that says nothing, to notice a log-in from elsewhere; devices are in the copy",
    "link_token": "hashes of mailed links, which are secrets while they live; messages are in the copy",
    "location": CLINICS,
    "mail_hold": CLINICS,
    "reservation": "the times of visits once more, for the guard; visits are in the copy",
    "resource": CLINICS,
    "segment_need": CLINICS,
    "service": CLINICS,
    "service_segment": CLINICS,
    "token_bucket": "counts under keyed hashes that cannot be traced to anybody",
    "weekly_hours": CLINICS,
}


SEALED_BUT_LEFT_OUT = {
    "app_key.key_sealed": "a secret of logging in",
    "appointment.video_url_sealed": "opens a room while the visit lasts; on the page of the visit",
    "kept_form.form_sealed": LEFT_OUT["kept_form"],
    "login_session.data_sealed": "what a page remembers until the next one",
    "task.note_sealed": "which question a safety answer is of; the question and the answers are in the copy",
}
SEALED_COPIED = {
    "account_preference.wishes_sealed", "answer.value_sealed", "appointment.cancel_note_sealed",
    "appointment.needs_sealed", "appointment.reason_sealed", "login_session.network_sealed",
    "patient.contact_note_sealed", "questionnaire_response.flags_sealed", "questionnaire_response.helper_name_sealed",
    "questionnaire_response.review_note_sealed", "questionnaire_response.score_sealed", "safety_answer.value_sealed",
    "task.outcome_note_sealed",
}  # fmt: skip
"""Their values are tried in tests/web/privacy/test_own_data.py."""


def test_each_sealed_column_is_in_the_copy_or_says_why_not() -> None:
    assert {column.place for column in SEALED_COLUMNS} == SEALED_COPIED | SEALED_BUT_LEFT_OUT.keys()


def test_each_table_is_in_the_copy_or_says_why_not() -> None:
    assert set(Base.metadata.tables) == COPIED.keys() | LEFT_OUT.keys()
    assert COPIED.keys() & LEFT_OUT.keys() == set()


def test_a_value_of_each_table_is_found_in_the_file(
    session: Session, client_as: Callable[[Account], FlaskClient]
) -> None:
    file = copied(client_as(somebody_with_everything(session)))
    assert [name for name, path in COPIED.items() if not found(file, path)] == []


def test_no_secret_of_a_log_in_is_in_the_file(session: Session, client_as: Callable[[Account], FlaskClient]) -> None:
    whole = json.dumps(copied(client_as(somebody_with_everything(session))))
    assert [
        word for word in ("sealed-key", "hash-of-code", "AAAA", "password", "_sealed", "id_hash") if word in whole
    ] == []


def copied(client: FlaskClient) -> Any:
    with zipfile.ZipFile(io.BytesIO(client.post("/account/data/copy").data)) as pack:
        return json.loads(pack.read("your-data.json"))


def found(file: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        is_there = step < len(file) if isinstance(step, int) else step in file
        if not is_there:
            return None
        file = file[step]
    return file


def somebody_with_everything(session: Session) -> Account:
    """The account of Ana, about whom there is a row in each table that belongs to people."""
    ana = make_patient(session)
    account = make_account(session, patients=(ana,))
    _log_ins(session, account)
    _people(session, ana, account)
    _visits(session, ana, account)
    return account


def _log_ins(session: Session, account: Account) -> None:
    make_passkey(session, account)
    session.add_all(
        [
            AppKey(account_id=account.id, row_key="one", key_sealed="sealed-key", last_step=0, created_at=NOW),
            RecoveryCode(account_id=account.id, salt="aa", code_hash="hash-of-code", created_at=NOW),
            AddressChange(
                account_id=account.id, old_email="old@example.org", new_email="new@example.org",
                new_key="new@example.org", state=ChangeState.CONFIRMED, asked_at=NOW, expires_at=NOW, undo_until=NOW,
            ),
        ]
    )  # fmt: skip
    session.commit()
    keep_preferences(session, account_id=account.id, preferences=Preferences(location="northside"), now=NOW)


def _people(session: Session, ana: Patient, account: Account) -> None:
    double = make_patient(session, given_name="Anna", merged_into_id=ana.id)
    carer = make_account(session, name="Kim Carer")
    dora = make_account(session, Role.SCHEDULER)
    session.add_all(
        [
            AccountPatient(account_id=carer.id, patient_id=ana.id, relation=Relation.CARER),
            CarerInvitation(
                patient_id=ana.id, invited_by_account_id=account.id, email="kim@example.org",
                email_key="kim@example.org", state=InvitationState.ACCEPTED, created_at=NOW, expires_at=NOW,
            ),
            PatientMerge(
                kept_id=ana.id, merged_id=double.id, moved={}, reason_code="booked_twice", merged_at=NOW,
                merged_by_account_id=dora.id, undo_until=NOW,
            ),
        ]
    )  # fmt: skip
    text = ConsentText(
        code="privacy", version=1, language="en", kind=ConsentKind.PRIVACY, title="Privacy", body="We keep it.",
        published_at=NOW,
    )  # fmt: skip
    session.add(text)
    session.flush()
    session.add(Consent(patient_id=ana.id, text_id=text.id, signed_at=NOW, signed_by="Ana A."))
    session.commit()
    with transaction(session):
        audit.record(
            session, Actor(dora.id, Role.SCHEDULER), "patient_seen", "patient_page", ana.id, now=NOW, patient_id=ana.id
        )
        ask_to_call(session, patient_id=ana.id, appointment_id=None, reason_code="asked", cause="one", now=NOW)


def _visits(session: Session, ana: Patient, account: Account) -> None:
    visit = make_appointment(session, ana)
    actor = Actor(account.id, Role.PATIENT, frozenset({ana.id}))
    fill_peg(session, actor, visit_of(session, visit.id), 4, 5, 6)
    mood = QuestionnaireResponse(
        appointment_id=visit.id, patient_id=ana.id, questionnaire="phq-9", form_version="1.0.0",
        status=ResponseStatus.IN_PROGRESS, started_at=NOW,
    )  # fmt: skip
    session.add(mood)
    session.flush()
    session.add(SafetyAnswer(row_key="one", response_id=mood.id, link_id="44260-8", value_sealed="", saved_at=NOW))
    session.commit()
    make_offer(session, ana)
    earlier = NEXT_MONDAY_9 - timedelta(days=1)
    wanted = {"service_id": 1, "state": FollowUpState.OPEN, "wanted_by": earlier.date(), "created_at": NOW}
    session.add_all(
        [
            FollowUp(public_id=new_public_id(), patient_id=ana.id, appointment_id=visit.id, **wanted),
            AppointmentTime(
                appointment_id=visit.id, version=0, service_id=1, location_id=1, specialist_id=1, starts_at=earlier,
                ends_at=earlier + timedelta(minutes=45), replaced_at=NOW, actor_kind="patient",
            ),
            Message(
                public_id=new_public_id(), dedup_key="one", kind=MessageKind.BOOKED,
                patient_id=ana.id, appointment_id=visit.id, appointment_version=1, due_at=NOW, expires_at=utc_now(),
                state=MessageState.SENT, message_id="<one@example.org>", created_at=NOW, settled_at=NOW,
            ),
        ]
    )  # fmt: skip
    session.commit()
