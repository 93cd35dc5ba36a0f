"""Rights from before carers: who is the patient goes by the name, and nobody loses sight of answers they saw."""

from __future__ import annotations

import sqlalchemy as sa

from tests.databases import session_on
from tests.migrations.conftest import Schema

ACCOUNT = (
    "INSERT INTO account (id, public_id, email, email_key, password_hash, role, name, is_active, created_at) "
    "VALUES (1, 'a', 'a@example.org', 'a@example.org', '!', 'patient', "
    "'José Álvarez', true, '2026-11-01 00:00:00.000000')"
)
PATIENT = (
    "INSERT INTO patient (id, public_id, given_name, family_name, name_key, born_on, language, created_at) "
    "VALUES (:id, :key, :given, 'Alvarez', 'x', '1980-05-17', 'en', '2026-11-01 00:00:00.000000')"
)
RIGHT = "INSERT INTO account_patient (account_id, patient_id) VALUES (1, :id)"


def test_rights_that_exist_say_who_is_who_and_keep_what_they_saw(schema: Schema) -> None:
    schema.upgrade("0006")
    with session_on(schema.url) as session:
        session.execute(sa.text(ACCOUNT))
        for number, given in ((1, "Jose"), (2, "Leo")):
            session.execute(sa.text(PATIENT), {"id": number, "key": given, "given": given})
            session.execute(sa.text(RIGHT), {"id": number})
        session.commit()
    schema.upgrade("0007")
    with session_on(schema.url) as session:
        wanted = "SELECT relation, sees_answers, length(public_id) FROM account_patient ORDER BY patient_id"
        rows = [tuple(row) for row in session.execute(sa.text(wanted))]
    assert rows == [("self", True, 22), ("carer", True, 22)]
