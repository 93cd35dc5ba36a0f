"""How long records are kept, and from when on nothing obliges the clinic to keep one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

ADULT_AT = 18
"""A minor's record is kept as if the last visit had been on this birthday, where that is later.

Source: the usual rule of US state law and of AHIMA's retention guidance; the clinic sets the years.
"""


@dataclass(frozen=True, slots=True)
class Retention:
    """What the settings say: whole years that a record is kept after the last visit."""

    record_years: int = 10


def record_ends_on(*, born_on: date, last_visit_on: date | None, retention: Retention) -> date | None:
    """The first date on which the record need not be kept; None when there is no visit, and so no record."""
    if last_visit_on is None:
        return None
    adult_on = years_after(born_on, ADULT_AT)
    return years_after(max(last_visit_on, adult_on), retention.record_years)


def years_after(on: date, years: int) -> date:
    """The same day so many years later; 29 February becomes 1 March where there is none."""
    year = on.year + years
    try:
        return on.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
