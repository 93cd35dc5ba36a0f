"""Reads which forms a service asks for: a code alone, or a table with its times."""

from __future__ import annotations

from booking.core.clinic_file.table import Table
from booking.core.form_rules import AT_START, FormRule, Moment, Visits, moment_or_none
from booking.core.questionnaires.assignment import is_in_order


def read_form_rules(table: Table) -> tuple[FormRule, ...]:
    """The forms of a service in their order; each once."""
    found: dict[str, FormRule] = {}
    for path, entry in table.texts_or_tables("questionnaires"):
        rule = FormRule(entry) if isinstance(entry, str) else _rule(entry)
        named = path if isinstance(entry, str) else entry.at("form")
        if isinstance(entry, str) and not entry:
            table.findings.add(path, "empty")
        if rule.form in found:
            table.findings.add(named, "duplicate_value", value=rule.form)
        table.findings.refer("questionnaire", rule.form, named)
        found.setdefault(rule.form, rule)
    return tuple(found.values())


def _rule(table: Table) -> FormRule:
    mistakes_before = table.findings.count
    rule = FormRule(
        form=table.name("form"),
        opens=_moment(table, "opens"),
        due=_moment(table, "due") or AT_START,
        visits=table.choice("visits", Visits, Visits.ALL),
    )
    if table.findings.count == mistakes_before and not is_in_order(rule):
        table.findings.add(table.at("due") if table.has("due") else table.at("opens"), "form_due_too_early")
    table.finish()
    return rule


def _moment(table: Table, key: str) -> Moment | None:
    if not table.has(key):
        return None
    text = table.name(key)
    found = moment_or_none(text)
    if found is None and text:
        table.findings.add(table.at(key), "bad_moment", value=text)
    return found
