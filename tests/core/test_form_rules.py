"""The rules of when forms are asked for, as the database and the clinic file keep them."""

from __future__ import annotations

import pytest

from booking.core.form_rules import FormRule, Visits, moment_or_none, rules_from, written_rules

THREE_DAYS_BEFORE = moment_or_none("3 days before")


@pytest.mark.parametrize(
    "rule",
    [
        FormRule("peg"),
        FormRule("peg", opens=THREE_DAYS_BEFORE),
        FormRule("peg", visits=Visits.FIRST),
        FormRule("peg", opens=THREE_DAYS_BEFORE, visits=Visits.LATER),
    ],
)
def test_a_rule_that_is_written_is_read_again(rule: FormRule) -> None:
    assert tuple(rules_from(written_rules([rule]))) == (rule,)
