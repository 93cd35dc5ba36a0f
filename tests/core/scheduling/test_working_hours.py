"""When somebody works at a location again, by the calendars of its people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from booking.core.scheduling.clinic import Closure, ResourceKind
from booking.core.scheduling.working_hours import working_from
from tests.core.scheduling.clinics import HERE, MONDAY, THERE, clinic, hours, location, resource

MORNINGS = hours((540, 720), weekdays=[0, 1, 2, 3, 4])
MONDAY_10 = datetime(2026, 10, 5, 10, tzinfo=UTC)
NIGHT = MONDAY_10 + timedelta(hours=12)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(MONDAY_10, MONDAY_10, id="somebody works now"),
        pytest.param(NIGHT, datetime(2026, 10, 6, 9, tzinfo=UTC), id="the next morning"),
        pytest.param(NIGHT + timedelta(days=4), datetime(2026, 10, 12, 9, tzinfo=UTC), id="after the weekend"),
        pytest.param(MONDAY_10 + timedelta(hours=2), datetime(2026, 10, 6, 9, tzinfo=UTC), id="just closed"),
    ],
)
def test_hours_of_people_say_when_somebody_is_there(now: datetime, expected: datetime) -> None:
    here = location(tz_name="Etc/UTC")
    room = resource(12, kind=ResourceKind.ROOM, weekly_hours=hours((0, 1440)))
    gone = resource(13, weekly_hours=hours((0, 1440)), is_active=False)
    found = clinic(resources=(resource(weekly_hours=MORNINGS), room, gone), locations=(here,))
    assert working_from(found, HERE, now) == expected


def test_holidays_count_and_nobody_works_where_nobody_has_hours() -> None:
    places = (location(tz_name="Etc/UTC"), location(THERE))
    holiday = Closure(HERE, MONDAY + timedelta(days=1), MONDAY + timedelta(days=2), "Holiday")
    found = clinic(resources=(resource(weekly_hours=MORNINGS),), locations=places, closures=(holiday,))
    assert working_from(found, HERE, NIGHT) == datetime(2026, 10, 8, 9, tzinfo=UTC)
    assert working_from(found, THERE, NIGHT) is None
