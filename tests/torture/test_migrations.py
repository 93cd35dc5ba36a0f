"""Scoreboard 19. A released schema with many rows is brought to the newest one, by a process that is killed at each of
its statements: afterwards every row is there, and so are all guards, and they hold in the race of row 1.

The schemas in `tests/migrations/released/` are what was out in the field, as the database told it then. The control of
what a careless migration does is tests/migrations/test_batch_alter.py; here is the one for rows.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from booking.adapters.database import create_engine
from booking.adapters.table_copy import Kind, Shape, Tally, load_rows, read_rows, set_counters, shapes
from booking.cli.schemas import COPY_BEFORE_UPGRADE
from booking.extensions import db
from booking.queries.guards import HEAD_REVISION, missing_guards, schema_revision
from booking.services.readiness import check_start
from booking.web.application import create_app
from tests.backups import empty_database
from tests.databases import session_on
from tests.factories import MONDAY, make_clinic
from tests.settings import settings_for
from tests.torture.hours import CHICAGO, hours_after, open_for_years
from tests.torture.racing import CLIENTS, overlaps, racers
from tests.torture.sizes import IS_LONG, print_figures, sized
from tests.torture.test_booking_race import race, winners
from tests.torture.ways import Stage

pytestmark = pytest.mark.torture

RELEASED = Path(__file__).parents[1] / "migrations" / "released"
REVISION = "0004"
VISITS = sized(100, 10_000)
STRIDE = 1 if IS_LONG else 9
"""The long form kills at every statement, the short one at every ninth."""
ROUNDS = sized(6, 120)
START = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"])
def released(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database as that release made it, without rows."""
    if request.config.getoption("--database") not in {"both", request.param}:
        pytest.skip("another database was asked for")
    script = (RELEASED / f"{REVISION}-{request.param}.sql").read_text(encoding="utf-8")
    with empty_database(request.param, tmp_path, lambda: request.getfixturevalue("postgres_server")) as url:
        if request.param == "sqlite":
            with closing(sqlite3.connect(sa.make_url(url).database or "")) as connection:
                connection.executescript(script)
        else:
            engine = create_engine(url)
            with engine.connect() as connection:
                raw: Any = connection.connection.driver_connection
                raw.execute(script)
                raw.commit()
            engine.dispose()
        yield url


def at(minutes: int) -> str:
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S.%f")


def world(count: int) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Tables with what matters of their rows, parents first; the rest is filled in. Ten rows for each visit."""
    ids = range(1, count + 1)
    yield "clinic", [{"id": 1}]
    yield "location", [{"id": 1, "tz_name": "America/New_York"}]
    yield "resource", [{"id": 1, "kind": "specialist", "pools": "[]", "languages": "[]", "lanes": 1}]
    yield "service", [{"id": 1, "mode": "in_person", "audience": "anyone", "horizon_days": 9, "grid_minutes": 15}]
    yield "patient", [{"id": n, "public_id": f"patient-{n}"} for n in ids]
    yield "account", [{"id": n, "public_id": f"a-{n}", "email_key": f"{n}@x.example", "role": "patient"} for n in ids]
    yield "account_patient", [{"id": n, "account_id": n, "patient_id": n} for n in ids]
    yield "appointment", [
        {
            "id": n, "public_id": f"visit-{n}", "reference": f"V{n}", "patient_id": n, "service_id": 1,
            "location_id": 1, "specialist_id": 1, "starts_at": at(n * 60), "ends_at": at(n * 60 + 45),
            "status": "booked",
        }
        for n in ids
    ]  # fmt: skip
    yield (
        "reservation",
        [
            {"id": 2 * n + half, "appointment_id": n, "starts_at": at(n * 60), "ends_at": at(n * 60 + 45)}
            | ({"patient_id": n} if half else {"resource_id": 1, "lane": 0})
            for n in ids
            for half in (0, 1)
        ],
    )
    yield "message", [
        {
            "id": n, "public_id": f"m-{n}", "dedup_key": f"m|{n}", "kind": "booked", "patient_id": n,
            "appointment_id": n, "state": "sent", "message_id": f"<{n}@x>",
        }
        for n in ids
    ]  # fmt: skip
    yield "login_session", [{"id": n, "id_hash": f"hash-{n}", "account_id": n, "data_sealed": "v1.t1.x"} for n in ids]
    yield "link_token", [{"id": n, "token_hash": f"hash-{n}", "action": "open_visit", "patient_id": n} for n in ids]
    yield "audit_event", [{"seq": n, "object_id": n} for n in ids]


DEFAULTS = {
    Kind.NUMBER: 0,
    Kind.REAL: 0.5,
    Kind.TEXT: "Zoë «x»",
    Kind.FLAG: 1,
    Kind.INSTANT: at(0),
    Kind.DATE: "1980-02-29",
    Kind.JSON: "[]",
}


def fill(url: str, count: int) -> dict[Shape, tuple[int, str]]:
    """Put the rows in; each table as it is now, with its rows and their checksum."""
    engine = create_engine(url)
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        here = {shape.table: shape for shape in shapes(connection)}
        inspector = sa.inspect(connection)
        for table, rows in world(count):
            optional = {column["name"] for column in inspector.get_columns(table) if column["nullable"]}
            load_rows(connection, here[table], [filled(here[table], row, optional) for row in rows])
            set_counters(connection, here[table])
        found = {shape: tally(connection, shape) for shape in here.values()}
    engine.dispose()
    return found


def filled(shape: Shape, row: Mapping[str, Any], optional: set[str]) -> list[Any]:
    return [row.get(name, None if name in optional else DEFAULTS[kind]) for name, kind in shape.columns]


def tally(connection: sa.Connection, shape: Shape) -> tuple[int, str]:
    """Rows and checksum of these columns of the table, whatever other columns it has by now."""
    counted = Tally()
    for rows in read_rows(connection, shape):
        counted.add(rows)
    return counted.rows, counted.checksum


def program(url: str, folder: Path) -> Flask:
    app = create_app(settings_for(url, folder))
    app.config[COPY_BEFORE_UPGRADE] = False
    return app


def upgrade_and_die(app: Flask, statement: int) -> bool:
    """Migrate in a child that is killed before that statement; whether it came to its end before."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen >= statement:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        event.listen(sa.Engine, "before_cursor_execute", count)
        with app.app_context():
            flask_migrate.upgrade()
        os._exit(0)
    except BaseException as error:  # noqa: BLE001 - a child must never go on with the parent's work.
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        os._exit(1)


def revision_of(url: str) -> str | None:
    with session_on(url) as session:
        return schema_revision(session)


def upgrade_with_kills(app: Flask, url: str, stride: int) -> tuple[int, list[str]]:
    """Kill at every `stride`-th statement from wherever the migrations stand. Kills, and the revisions on the way."""
    kills, statement, met = 0, stride, [REVISION]
    while not upgrade_and_die(app, statement):
        kills += 1
        revision = revision_of(url) or ""
        if revision != met[-1]:
            met.append(revision)
            statement = stride
        else:
            statement += stride
    return kills, met


def changed(url: str, before: Mapping[Shape, tuple[int, str]]) -> list[str]:
    """Tables whose rows are not what they were."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [shape.table for shape, wanted in before.items() if tally(connection, shape) != wanted]
    engine.dispose()
    return found


def test_all_rows_and_guards_survive_an_upgrade_that_is_killed_again_and_again(released: str, tmp_path: Path) -> None:
    before = fill(released, VISITS)
    app = program(released, tmp_path)
    kills, met = upgrade_with_kills(app, released, STRIDE)
    wrong = changed(released, before)
    with session_on(released) as session:
        missing, revision = missing_guards(session), schema_revision(session)
        session.rollback()
        check_start(session)

    kind = released.partition(":")[0].partition("+")[0]
    print_figures(
        f"migrations, {kind}", rows=sum(rows for rows, _ in before.values()), kills=kills, stops=len(met),
        changed=len(wrong), guards_missing=len(missing),
    )  # fmt: skip
    assert kills > len(met)
    assert (revision, wrong, missing) == (HEAD_REVISION, [], [])


def test_after_the_upgrade_one_client_of_each_round_gets_the_time(released: str, tmp_path: Path) -> None:
    """Row 1 on a database that was not built anew."""
    app = program(released, tmp_path)
    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()
    with session_on(released) as session, racers(lambda: create_engine(released)) as field:
        make_clinic(session)
        open_for_years(session)
        session.execute(sa.text("UPDATE resource SET is_active = false WHERE code = 'room-2'"))
        session.commit()
        rounds = race(field, Stage(session, hours_after(MONDAY, CHICAGO)), ROUNDS)
        found = overlaps(session)
    won = [winners(outcomes) for outcomes in rounds.values()]
    print_figures("migrations, race afterwards", rounds=ROUNDS, clients=CLIENTS, winners=sum(won), overlaps=found)
    assert (won, found) == ([1] * ROUNDS, 0)


def test_a_row_that_a_migration_would_lose_is_missed(released: str, tmp_path: Path) -> None:
    """The control: the checksums see one row that is gone, and one letter that is another one."""
    before = fill(released, 10)
    app = program(released, tmp_path)
    with app.app_context():
        flask_migrate.upgrade()
    engine = create_engine(released)
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.exec_driver_sql("DELETE FROM link_token WHERE id = 7")
        connection.exec_driver_sql("UPDATE patient SET family_name = 'Zoe «x»' WHERE id = 3")
    engine.dispose()
    assert sorted(changed(released, before)) == ["link_token", "patient"]
