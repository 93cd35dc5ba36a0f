"""Every status against every move."""

import pytest

from booking.core.scheduling.lifecycle import ALLOWED_MOVES, AppointmentStatus, may_move

ALLOWED = {
    "booked": "arrived cancelled no_show entered_in_error",
    "arrived": "booked in_room cancelled entered_in_error",
    "in_room": "arrived in_treatment done cancelled entered_in_error",
    "in_treatment": "in_room in_recovery done entered_in_error",
    "in_recovery": "in_treatment done entered_in_error",
    "done": "in_room in_recovery entered_in_error",
    "cancelled": "booked entered_in_error",
    "no_show": "booked arrived entered_in_error",
    "entered_in_error": "",
}


@pytest.mark.parametrize("after", AppointmentStatus)
@pytest.mark.parametrize("before", AppointmentStatus)
def test_every_move_is_in_the_table_or_refused(before: AppointmentStatus, after: AppointmentStatus) -> None:
    assert may_move(before, after) == (after.value in ALLOWED[before.value].split())


def test_every_status_has_a_row() -> None:
    assert set(ALLOWED_MOVES) == set(AppointmentStatus)


@pytest.mark.parametrize("status", AppointmentStatus)
def test_only_visits_that_do_not_happen_give_their_time_back(status: AppointmentStatus) -> None:
    assert status.occupies_time == (status.value not in {"cancelled", "no_show", "entered_in_error"})
