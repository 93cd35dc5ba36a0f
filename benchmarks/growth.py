"""Whether a search or a booking costs more when there is more history: two clinics that differ in nothing else.

Case b of `slots.py`, and a booking as in `bookings.py`, on a clinic with many past visits against one with few.
Unit: milliseconds a call.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from benchmarks import data
from benchmarks.measure import Goal, Row, in_turn, milliseconds, row
from benchmarks.slots import DAYS, search
from benchmarks.visits import Booker, add_patients

CLINIC = data.Size(specialists=10, groups=1)
FEW = 10_000
TIMES = 50


def rows(label: str, urls: tuple[str, str], folder: Path, *, many: int) -> list[Row]:
    """Both rows on one kind of database; `urls` are two empty ones."""
    environs = [data.environment_for(url, folder) for url in urls]
    with (
        data.measured_clinic(environs[0], CLINIC, past=many) as old,
        data.measured_clinic(environs[1], CLINIC, past=FEW) as young,
    ):
        add_patients(old, 1)
        add_patients(young, 1)
        return [_searching(label, old, young, many), _booking(label, old, young, many)]


def _searching(label: str, old: Session, young: Session, many: int) -> Row:
    calls = []
    for session in (old, young):
        one = frozenset({min(data.ids_of_doctors(session))})
        call = search(session, data.query(session, "visit", DAYS, specialist_ids=one))
        calls.append(milliseconds(call, times=100))
    figures = in_turn(calls[0], calls[1])
    return row(f"growth: case b, {many:,} past visits, {label}", "ms", f"with {FEW:,}", figures, Goal(1.1))


def _booking(label: str, old: Session, young: Session, many: int) -> Row:
    calls = [milliseconds(Booker(session, group=0).book, times=TIMES) for session in (old, young)]
    figures = in_turn(calls[0], calls[1])
    return row(f"growth: book, {many:,} past visits, {label}", "ms", f"with {FEW:,}", figures, Goal(1.2))
