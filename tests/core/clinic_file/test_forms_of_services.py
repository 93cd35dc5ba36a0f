"""Which forms a service asks for, as the clinic file says it."""

from __future__ import annotations

from booking.adapters.clinic_files import plan_text
from booking.core.clinic_file.read import read_clinic_file
from booking.core.form_rules import FormRule, Moment, Visits
from tests.core.clinic_file.sample import SAMPLE

KNOWN = {"peg", "intake", "day-after"}
TIMED = (
    '["peg", { form = "intake", opens = "2 weeks before", due = "1 day before", visits = "first" }, '
    '{ form = "day-after", opens = "1 day after", due = "36 hours after" }]'
)


def test_codes_and_tables_are_read_and_written_back() -> None:
    plan = read_clinic_file(SAMPLE.replace('["peg"]', TIMED, 1), questionnaires=KNOWN)
    service = next(one for one in plan.services if one.form_rules)
    assert service.form_rules == (
        FormRule("peg"),
        FormRule("intake", Moment(2, "week"), Moment(1, "day"), Visits.FIRST),
        FormRule("day-after", Moment(1, "day", is_after=True), Moment(36, "hour", is_after=True)),
    )
    assert service.questionnaires == ("peg", "intake", "day-after")
    assert read_clinic_file(plan_text(plan), questionnaires=KNOWN) == plan
