"""The day as lists, one for each specialist, to read on a phone or to print. Words only, no queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import gettext

from booking.adapters import dates
from booking.core.scheduling.clinic import Catalogue
from booking.core.scheduling.lifecycle import AppointmentStatus
from booking.queries.desk import DayVisit, LocationDay
from booking.web.desk.board import WITHOUT_COLUMN, Board, column_id
from booking.web.desk.form_words import forms_text
from booking.web.desk.loading import locale
from booking.web.desk.visit_words import link_of, mark_of, name_of, status_of

_S = AppointmentStatus
WITH_SIGN = " · "
IN_HOUSE = frozenset({_S.ARRIVED, _S.IN_ROOM, _S.IN_TREATMENT, _S.IN_RECOVERY})


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One visit in a list; every field is text. `where` is the room or chair, `note` says how far the forms are."""

    time: str
    patient: str
    born: str
    service: str
    who: str
    where: str
    status: str
    status_text: str
    phone: str
    note: str
    href: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The list of one column of the day."""

    title: str
    rows: list[SheetRow]


@dataclass(frozen=True, slots=True)
class DayCounts:
    """How many visits are still expected, in the house, done, missed, cancelled."""

    expected: int
    in_house: int
    done: int
    missed: int
    cancelled: int


def sheet_rows(day: LocationDay, clinic: Catalogue, visits: Sequence[DayVisit], now: datetime) -> list[SheetRow]:
    """All visits by time."""
    return [_row(day, clinic, visit, now) for visit in visits]


def sheets_by_column(
    day: LocationDay, clinic: Catalogue, visits: Sequence[DayVisit], board: Board, now: datetime
) -> list[Sheet]:
    """One list for each column that has visits, in the order of the board. Under its name, only the others are said."""
    found: dict[str, list[DayVisit]] = {column.id: [] for column in board.columns}
    for visit in visits:
        number = column_id(visit, clinic)
        key = "column-none" if number == WITHOUT_COLUMN else f"column-{clinic.resources[number].code}"
        found[key].append(visit)
    return [
        Sheet(column.name, [_under(column.name, row) for row in sheet_rows(day, clinic, found[column.id], now)])
        for column in board.columns
        if found[column.id]
    ]


def _under(name: str, row: SheetRow) -> SheetRow:
    """The row without the name that stands above its list."""
    others = [one for one in (row.who, *row.where.split(WITH_SIGN)) if one and one != name]
    return replace(row, who=WITH_SIGN.join(others), where="")


def counts_of(visits: Sequence[DayVisit]) -> DayCounts:
    """The counts of the day."""
    found = Counter(visit.visit.status for visit in visits)
    return DayCounts(
        expected=found[_S.BOOKED],
        in_house=sum(found[status] for status in IN_HOUSE),
        done=found[_S.DONE],
        missed=found[_S.NO_SHOW],
        cancelled=found[_S.CANCELLED],
    )


def _row(day: LocationDay, clinic: Catalogue, visit: DayVisit, now: datetime) -> SheetRow:
    one = visit.visit
    others = [clinic.resources[i].name for i in visit.resource_ids if i != one.specialist_id]
    return SheetRow(
        time=dates.time_only(one.starts_at, day.location.tz, locale()),
        patient=name_of(visit),
        born=gettext("Born %(date)s", date=dates.birth_date_text(visit.born_on, locale())),
        service=clinic.services[one.service_id].name,
        who=clinic.resources[one.specialist_id].name if one.specialist_id else "",
        where=WITH_SIGN.join(others),
        status=mark_of(visit),
        status_text=status_of(visit),
        phone=visit.phone or "",
        note=forms_text(visit.forms, now) if one.status.occupies_time else "",
        href=link_of(visit),
    )
