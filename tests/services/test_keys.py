"""Changing the keys: everything is sealed with the first one afterwards, and nothing is lost on the way."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters.sealing import CannotOpen, FieldKeys, key_id_of, new_key_entry
from booking.models import Answer, AuditEvent, Base, FieldKeyCheck, Patient, QuestionnaireResponse, new_public_id
from booking.services import keys
from booking.services.keys import KeysMissing, key_states, rotate, values_by_key
from booking.services.readiness import NotReady, check_start
from booking.services.sealed import KEYS, SEALED_COLUMNS, SUFFIX, open_text, seal_text
from booking.services.transaction import transaction
from tests.factories import NOW, make_appointment, make_patient
from tests.settings import BASE_ENV

OLD = BASE_ENV["FIELD_KEYS"]
NEW = new_key_entry("t2")
BOTH = FieldKeys.parse(f"{NEW},{OLD}")


def test_every_column_with_sealed_values_is_in_the_list() -> None:
    named = {(column.table, column.sealed.key) for column in SEALED_COLUMNS}
    found = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith(SUFFIX)
    }
    assert named == found, "add the column with the key of its rows to SEALED_COLUMNS, or rotation leaves it behind"


def test_the_key_of_each_row_is_unique_and_never_empty() -> None:
    for column in SEALED_COLUMNS:
        key = Base.metadata.tables[column.table].c[column.row_key.key]
        assert (key.unique, key.nullable) == (True, False), column.place


def make_answers(session: Session, count: int) -> None:
    visit = make_appointment(session)
    response = QuestionnaireResponse(
        appointment_id=visit.id, patient_id=visit.patient_id, questionnaire="peg", form_version="1",
        status="in-progress", started_at=NOW,
    )  # fmt: skip
    session.add(response)
    session.flush()
    for number in range(count):
        row_key = new_public_id()
        sealed = seal_text(session, "answer", "value", row_key, f"answer {number}")
        session.add(
            Answer(row_key=row_key, response_id=response.id, link_id=str(number), value_sealed=sealed, saved_at=NOW)
        )
    session.commit()


def texts(session: Session) -> set[str | None]:
    rows = session.execute(sa.select(Answer.row_key, Answer.value_sealed))
    return {open_text(session, "answer", "value", row_key, sealed) for row_key, sealed in rows}


def test_everything_is_sealed_with_the_first_key_afterwards(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "BATCH", 3)
    make_answers(session, 7)
    session.info[KEYS] = BOTH
    heard: list[tuple[str, int]] = []
    rotation = rotate(session, now=NOW, progress=lambda column, count: heard.append((column.place, count)))

    assert (rotation.resealed, rotation.unreadable, dict(rotation.left)) == (7, 0, {"t2": 7})
    assert heard == [("answer.value_sealed", 3), ("answer.value_sealed", 3), ("answer.value_sealed", 1)]
    session.info[KEYS] = FieldKeys.parse(NEW)
    assert texts(session) == {f"answer {number}" for number in range(7)}
    assert session.scalars(sa.select(AuditEvent.action)).all()[-1] == "field_keys_rotated"


def test_a_second_rotation_finds_nothing_to_do(session: Session) -> None:
    make_answers(session, 2)
    session.info[KEYS] = BOTH
    rotate(session, now=NOW)
    assert rotate(session, now=NOW).resealed == 0
    assert session.scalar(sa.select(sa.func.count()).where(AuditEvent.action == "field_keys_rotated")) == 1


def test_what_a_person_saves_meanwhile_stays_and_is_sealed_in_the_next_round(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_answers(session, 1)
    [row_key] = session.scalars(sa.select(Answer.row_key)).all()
    saved = [seal_text(session, "answer", "value", row_key, "a newer answer")]
    session.info[KEYS] = BOTH
    write = keys._write

    def save_first(*arguments: object) -> int:
        if saved:
            with transaction(session):
                session.execute(sa.update(Answer).values(value_sealed=saved.pop()))
        return write(*arguments)

    monkeypatch.setattr(keys, "_write", save_first)
    rotation = rotate(session, now=NOW)
    assert (rotation.resealed, dict(rotation.left)) == (1, {"t2": 1})
    assert texts(session) == {"a newer answer"}


def test_a_value_that_does_not_open_is_counted_and_left_alone(session: Session) -> None:
    make_answers(session, 3)
    first, second, _ = session.execute(sa.select(Answer.id, Answer.value_sealed).order_by(Answer.id)).all()
    session.execute(sa.update(Answer).where(Answer.id == first.id).values(value_sealed=second.value_sealed))
    session.execute(sa.update(Answer).where(Answer.id == second.id).values(value_sealed="in plain words"))
    session.commit()
    session.info[KEYS] = BOTH
    rotation = rotate(session, now=NOW)
    assert (rotation.resealed, rotation.unreadable) == (1, 2)
    assert rotation.left == {"t2": 1, "t1": 1, keys.NO_KEY: 1}


@pytest.mark.parametrize("given", [NEW, f"{NEW},{new_key_entry('t1')}"], ids=["missing", "another"])
def test_nothing_is_begun_when_a_key_is_missing_or_another_one(session: Session, given: str) -> None:
    check_start(session)
    make_answers(session, 2)
    session.info[KEYS] = FieldKeys.parse(given)
    with pytest.raises(KeysMissing, match=r"^t1$"):
        rotate(session, now=NOW)
    assert {key_id_of(sealed) for sealed in session.scalars(sa.select(Answer.value_sealed))} == {"t1"}


def test_the_state_of_each_key_is_told(session: Session) -> None:
    make_answers(session, 2)
    session.info[KEYS] = FieldKeys.parse(f"{NEW},{new_key_entry('T1')}")
    told = [(one.key_id, one.values, one.is_given, one.is_writing) for one in key_states(session)]
    assert told == [("t2", 0, True, True), ("T1", 0, True, False), ("t1", 2, False, False)]


def test_an_old_key_may_go_when_nothing_is_sealed_with_it(session: Session) -> None:
    make_answers(session, 1)
    check_start(session)
    session.info[KEYS] = FieldKeys.parse(NEW)
    with pytest.raises(NotReady, match="key t1 is missing"):
        check_start(session)
    session.info[KEYS] = BOTH
    rotate(session, now=NOW + timedelta(minutes=1))
    session.info[KEYS] = FieldKeys.parse(NEW)
    check_start(session)
    assert session.scalars(sa.select(FieldKeyCheck.key_id)).all() == ["t2"]


def test_values_of_all_tables_are_counted(session: Session) -> None:
    patient = make_patient(session)
    note = seal_text(session, "patient", "contact_note", patient.public_id, "call after five")
    session.execute(sa.update(Patient).values(contact_note_sealed=note))
    assert values_by_key(session) == {"t1": 1}


def test_a_value_that_does_not_open_raises_an_alarm_without_its_content(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    sealed = seal_text(session, "answer", "value", "row", "a secret answer")
    with caplog.at_level(logging.ERROR), pytest.raises(CannotOpen):
        open_text(session, "answer", "value", "another row", sealed)
    [record] = caplog.records
    assert record.getMessage() == "a sealed value does not open: answer.value, key t1"
