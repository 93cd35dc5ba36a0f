"""Every constraint of the models is in the database that migrations built, by name, and some are tried out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.models import Base

Constraint = sa.CheckConstraint | sa.UniqueConstraint | sa.ForeignKeyConstraint


def of_the_models() -> set[tuple[str, str]]:
    """(table, name) of each named constraint, as the database will call it."""
    return {
        (table.name, str(constraint.name))
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, Constraint)
    }


def of_the_database(session: Session) -> Iterator[tuple[str, str]]:
    inspector = sa.inspect(session.connection())
    for table in Base.metadata.tables:
        for found in (
            *inspector.get_check_constraints(table),
            *inspector.get_unique_constraints(table),
            *inspector.get_foreign_keys(table),
        ):
            yield table, str(found["name"] or foreign_key_name(table, found))


def foreign_key_name(table: str, found: Mapping[str, Any]) -> str:
    """SQLite does not tell the name of a key that came with its column: then it is what the convention makes it."""
    return f"fk_{table}_{found['constrained_columns'][0]}_{found['referred_table']}"


def test_every_constraint_of_the_models_is_in_the_database(at_head: Session) -> None:
    wanted = of_the_models()
    assert len(wanted) > 80
    assert wanted - set(of_the_database(at_head)) == set()


def test_every_index_of_the_models_is_in_the_database(at_head: Session) -> None:
    inspector = sa.inspect(at_head.connection())
    wanted = {(table.name, str(index.name)) for table in Base.metadata.tables.values() for index in table.indexes}
    found = {(table, str(index["name"])) for table in Base.metadata.tables for index in inspector.get_indexes(table)}
    assert wanted - found == set()


EIGHT, NINE = "2026-11-30 08:00:00.000000", "2026-11-30 09:00:00.000000"


def reservation(**changes: object) -> sa.TextClause:
    """An INSERT of one reservation; SQLite's foreign keys would refuse it last, after every CHECK."""
    row: dict[str, object] = {
        "resource_id": 1, "lane": 0, "patient_id": None, "starts_at": EIGHT, "ends_at": NINE,
        "appointment_id": None, "hold_id": None, "block_id": 1,
    }  # fmt: skip
    row |= changes
    names = ", ".join(row)
    values = ", ".join("NULL" if value is None else repr(value) for value in row.values())
    return sa.text(f"INSERT INTO reservation ({names}) VALUES ({values})")


@pytest.mark.parametrize(
    ("changes", "refused_by"),
    [
        ({"ends_at": EIGHT}, "ck_reservation_order"),
        ({"patient_id": 1}, "ck_reservation_one_subject"),
        ({"resource_id": None, "lane": None}, "ck_reservation_one_subject"),
        ({"lane": None}, "ck_reservation_lane_of_resource"),
        ({"block_id": None}, "ck_reservation_one_owner"),
        ({"hold_id": 1}, "ck_reservation_one_owner"),
    ],
    ids=["no length", "two subjects", "no subject", "no lane", "nobody's", "two owners"],
)
def test_a_reservation_that_makes_no_sense_is_refused(
    at_head: Session, changes: dict[str, object], refused_by: str
) -> None:
    with pytest.raises(IntegrityError, match=refused_by):
        at_head.execute(reservation(**changes))


def test_a_reservation_of_nothing_that_exists_is_refused(at_head: Session) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        at_head.execute(reservation())


SENSELESS = {
    "a second clinic": (
        "INSERT INTO clinic (id, revision, name, sender_name, phone, email, emergency_number, crisis_line)"
        " VALUES (2, 1, 'Second', 'S', '5', 'a@b.example', '911', '988')"
    ),
    "a third extension": (
        "INSERT INTO hold (public_id, owner, service_id, location_id, starts_at, ends_at, created_at, expires_at,"
        f" extensions, purpose) VALUES ('a', 'o', 1, 1, '{EIGHT}', '{NINE}', '{EIGHT}', '{NINE}', 3, 'booking')"
    ),
    "a state nobody knows": (
        "INSERT INTO task (public_id, dedup_key, kind, role, state, due_at, created_at)"
        f" VALUES ('a', 'a', 'call_back', 'scheduler', 'forgotten', '{EIGHT}', '{EIGHT}')"
    ),
}


@pytest.mark.parametrize("statement", SENSELESS.values(), ids=SENSELESS.keys())
def test_other_senseless_rows_are_refused(at_head: Session, statement: str) -> None:
    with pytest.raises(IntegrityError, match="ck_"):
        at_head.execute(sa.text(statement))
