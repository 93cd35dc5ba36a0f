"""Scoreboard 13. Keys are changed while people save answers and the rotation is killed; values are damaged and swapped.

Nothing may become unreadable, and nothing that was changed or moved may open.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.adapters import sealing
from booking.adapters.sealing import CannotOpen, FieldKeys, new_key_entry, open_, seal
from booking.core.clock import utc_now
from booking.models import Answer, QuestionnaireResponse, new_public_id
from booking.services.keys import rotate, values_by_key
from booking.services.sealed import KEYS
from booking.services.transaction import transaction
from tests.databases import Database, session_on
from tests.factories import NOW, make_appointment
from tests.settings import BASE_ENV, FIELD_KEYS
from tests.torture.sizes import IS_LONG, SEED, print_figures, sized

pytestmark = [pytest.mark.torture, pytest.mark.on_demand]

ANSWERS_EACH = 4
QUESTIONNAIRES = sized(500, 20_000)
KILLS = sized(3, 20)
DAMAGED = sized(50, 1_000)
LONGEST_SECONDS = 60.0
NEW = new_key_entry("t2")
GIVEN = f"{NEW},{BASE_ENV['FIELD_KEYS']}"
BOTH = FieldKeys.parse(GIVEN)
FLIPPABLE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def fill_in(session: Session, count: int) -> None:
    """Questionnaires with sealed answers, four each, all of one visit: the rotation sees no difference."""
    visit = make_appointment(session)
    for number in range(count):
        response = QuestionnaireResponse(
            appointment_id=visit.id, patient_id=visit.patient_id, questionnaire=f"form-{number}", form_version="1",
            status="completed", started_at=NOW, completed_at=NOW,
        )  # fmt: skip
        session.add(response)
        session.flush()
        session.execute(sa.insert(Answer), [answer(response.id, item) for item in range(ANSWERS_EACH)])
    session.commit()


def answer(response_id: int, item: int) -> dict[str, object]:
    row_key = new_public_id()
    value = seal(FIELD_KEYS, "answer", "value", row_key, f"{response_id}/{item}/{row_key}")
    return {
        "row_key": row_key, "response_id": response_id, "link_id": str(item), "value_sealed": value, "version": 1,
        "saved_at": NOW,
    }  # fmt: skip


@contextmanager
def people_saving(url: str) -> Iterator[dict[str, str]]:
    """Somebody saves answers without a pause, sealing with the old key like a process that was not restarted.

    Gives what was saved last, by row."""
    saved: dict[str, str] = {}
    is_over = threading.Event()

    def save() -> None:
        chance = Random(SEED)
        with session_on(url) as session:
            rows = session.scalars(sa.select(Answer.row_key).order_by(Answer.id)).all()
            while not is_over.is_set():
                row_key, text = chance.choice(rows), f"saved at {time.monotonic_ns()}"
                value = seal(FIELD_KEYS, "answer", "value", row_key, text)
                with transaction(session):
                    session.execute(sa.update(Answer).where(Answer.row_key == row_key).values(value_sealed=value))
                saved[row_key] = text
                time.sleep(0.005)

    thread = threading.Thread(target=save)
    thread.start()
    try:
        yield saved
    finally:
        is_over.set()
        thread.join()


def start_rotation(url: str, pause: float) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.torture.rotating", url, GIVEN, str(pause)])


def rotate_with_kills(url: str, kills: int) -> int:
    """Start the rotation and kill it, again and again, each time after it has come further. How many did come so."""
    moved = 0
    for _ in range(kills):
        before = sealed_anew(url)
        process = start_rotation(url, 0.05)
        while process.poll() is None and sealed_anew(url) <= before:
            time.sleep(0.02)
        process.kill()
        process.wait()
        moved += sealed_anew(url) > before
    return moved


def sealed_anew(url: str) -> int:
    with session_on(url) as session:
        return values_by_key(session)["t2"]


def finish(url: str) -> None:
    """Two rotations at once, to the end."""
    both = [start_rotation(url, 0), start_rotation(url, 0)]
    assert [process.wait() for process in both] == [0, 0]


def unreadable(session: Session, saved: dict[str, str]) -> list[str]:
    """Rows that do not open, or that hold something else than was saved last."""
    wrong = []
    for row_key, sealed in session.execute(sa.select(Answer.row_key, Answer.value_sealed)):
        try:
            text = open_(BOTH, "answer", "value", row_key, sealed)
        except CannotOpen:
            wrong.append(row_key)
            continue
        if text != saved[row_key] if row_key in saved else not text.endswith(row_key):
            wrong.append(row_key)
    return wrong


def test_nothing_becomes_unreadable_when_rotations_are_killed_amid_writes(database: Database, tmp_path: Path) -> None:
    with database.copy(tmp_path) as url:
        with session_on(url) as session:
            fill_in(session, QUESTIONNAIRES)
        began = time.monotonic()
        with people_saving(url) as saved:
            moved = rotate_with_kills(url, KILLS)
            finish(url)
        seconds = time.monotonic() - began
        with session_on(url) as session:
            session.info[KEYS] = BOTH
            rotate(session, now=utc_now())
            wrong, left = unreadable(session, saved), values_by_key(session)

    print_figures(
        f"encryption, {database.name}", answers=QUESTIONNAIRES * ANSWERS_EACH, kills=KILLS, saved_meanwhile=len(saved),
        unreadable=len(wrong), seconds=round(seconds, 1),
    )  # fmt: skip
    assert moved
    assert saved
    assert (wrong, dict(left)) == ([], {"t2": QUESTIONNAIRES * ANSWERS_EACH})
    assert seconds <= LONGEST_SECONDS or not IS_LONG


def values(count: int) -> list[tuple[str, str]]:
    """Row keys, each with what is sealed for it."""
    rows = [new_public_id() for _ in range(count)]
    return [(row_key, seal(FIELD_KEYS, "answer", "value", row_key, f"the answer of {row_key}")) for row_key in rows]


def opens(row_key: str, sealed: str) -> bool:
    try:
        open_(FIELD_KEYS, "answer", "value", row_key, sealed)
    except CannotOpen:
        return False
    return True


def flipped(sealed: str, chance: Random) -> str:
    """The same value with one bit of one character of its payload turned over."""
    start = sealed.rindex(".") + 1
    place = chance.randrange(start, len(sealed))
    number = FLIPPABLE.index(sealed[place]) ^ (1 << chance.randrange(6))
    return sealed[:place] + FLIPPABLE[number] + sealed[place + 1 :]


def swaps_accepted(rows: list[tuple[str, str]]) -> int:
    """How many values open in the row of their neighbour."""
    return sum(opens(row_key, rows[number - 1][1]) for number, (row_key, _) in enumerate(rows))


def test_whatever_was_changed_or_moved_is_refused() -> None:
    chance, rows = Random(SEED), values(DAMAGED)
    flips = sum(opens(row_key, flipped(sealed, chance)) for row_key, sealed in rows)
    swaps = swaps_accepted(rows)
    print_figures("encryption", flips=DAMAGED, swaps=DAMAGED, flips_accepted=flips, swaps_accepted=swaps)
    assert all(opens(row_key, sealed) for row_key, sealed in rows)
    assert (flips, swaps) == (0, 0)


def test_without_the_place_in_the_seal_swaps_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: it is the additional data, and nothing else, that keeps a value in its row."""
    monkeypatch.setattr(sealing, "_place", lambda *_parts: b"")
    rows = values(DAMAGED)
    accepted = swaps_accepted(rows)
    print_figures("encryption without the place", swaps=DAMAGED, swaps_accepted=accepted)
    assert accepted == DAMAGED
