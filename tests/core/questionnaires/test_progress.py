"""How far the forms of a visit are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.core.questionnaires.assignment import AskedForm
from booking.core.questionnaires.progress import FormLine, Progress, VisitForms, overall_of
from booking.core.questionnaires.sections import Completion
from tests.core.questionnaires.test_assignment import BOOKED, STARTS, VISIT

NOW = STARTS - timedelta(days=5)


def line(*, begun: bool = False, sent: bool = False, reviewed: bool = False, later: bool = False) -> FormLine:
    opens_at = STARTS - timedelta(days=1) if later else BOOKED
    return FormLine(AskedForm("peg", opens_at, STARTS), is_begun=begun, is_sent=sent, is_reviewed=reviewed)


NEW, LATER, BEGUN = line(), line(later=True), line(begun=True)
DONE, REVIEWED = line(begun=True, sent=True), line(begun=True, sent=True, reviewed=True)


@pytest.mark.parametrize(
    ("lines", "overall", "completion"),
    [
        ((), None, None),
        ((LATER,), Progress.NOT_SENT, Completion.NOT_STARTED),
        ((NEW, LATER), Progress.SENT, Completion.NOT_STARTED),
        ((NEW, NEW), Progress.SENT, Completion.NOT_STARTED),
        ((NEW, DONE), Progress.STARTED, Completion.IN_PROGRESS),
        ((BEGUN,), Progress.STARTED, Completion.IN_PROGRESS),
        ((DONE, REVIEWED), Progress.DONE, Completion.DONE),
        ((REVIEWED, LATER), Progress.REVIEWED, Completion.IN_PROGRESS),
    ],
)
def test_one_state_for_all_forms(
    lines: tuple[FormLine, ...], overall: Progress | None, completion: Completion | None
) -> None:
    forms = VisitForms(VISIT, lines)
    assert forms.overall(NOW) is overall
    assert forms.completion is completion


def test_what_is_open_and_late_is_counted() -> None:
    forms = VisitForms(VISIT, (NEW, LATER, BEGUN, DONE))
    assert (forms.asked, forms.begun, forms.sent) == (4, 2, 1)
    assert [one.code for one in forms.open_lines(NOW)] == ["peg", "peg"]
    assert len(forms.current_lines(NOW)) == 3
    assert (forms.late_count(NOW), forms.late_count(STARTS)) == (0, 3)
    assert overall_of(()) is Progress.NOT_SENT
