"""Which forms a service asks for, and when: as the clinic file writes it and the database keeps it. What that means for
one visit is worked out in `questionnaires/assignment.py`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

LONGEST = timedelta(days=90)

_MOMENT = re.compile(r"(\d{1,5})\s+(minute|hour|day|week)s?\s+(before|after)", re.ASCII)
_MINUTES = {"minute": 1, "hour": 60, "day": 1440, "week": 10080}


class Visits(StrEnum):
    """Of which visits a form is asked: counted among all visits of the patient that took or take place."""

    ALL = "all"
    FIRST = "first"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Moment:
    """So many minutes, hours, days or weeks before or after a visit; hours after count from its end."""

    count: int
    unit: str
    is_after: bool = False

    @property
    def length(self) -> timedelta:
        """How far it is from the visit."""
        return timedelta(minutes=self.count * _MINUTES[self.unit])

    def __str__(self) -> str:
        """As the clinic file writes it: `3 days before`."""
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'} {'after' if self.is_after else 'before'}"


AT_START = Moment(0, "minute")


@dataclass(frozen=True, slots=True)
class FormRule:
    """A service asks for this form: from `opens` (None: from the booking) on, to be sent until `due`."""

    form: str
    opens: Moment | None = None
    due: Moment = AT_START
    visits: Visits = Visits.ALL

    @property
    def is_plain(self) -> bool:
        """Whether its code says all there is to say."""
        return self == FormRule(self.form)


def moment_or_none(text: str) -> Moment | None:
    """`3 days before`, `1 day after` or `2 hours before`, at most 90 days away; None when it is no such text."""
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    found = Moment(int(match[1]), match[2], match[3] == "after")
    return found if found.length <= LONGEST else None


def rules_from(listed: Iterable[str | Mapping[str, str]]) -> tuple[FormRule, ...]:
    """The rules as they are stored: a code, or what differs from its defaults. They were checked before."""
    return tuple(FormRule(one) if isinstance(one, str) else _rule(one) for one in listed)


def _rule(stored: Mapping[str, str]) -> FormRule:
    opens = moment_or_none(stored.get("opens", ""))
    due = moment_or_none(stored.get("due", "")) or AT_START
    return FormRule(stored["form"], opens, due, Visits(stored.get("visits", Visits.ALL)))


def written_rules(rules: Iterable[FormRule]) -> list[str | dict[str, str]]:
    """The rules as the database and the clinic file keep them; `rules_from` gives them back."""
    return [rule.form if rule.is_plain else _written(rule) for rule in rules]


def _written(rule: FormRule) -> dict[str, str]:
    said = {"form": rule.form}
    if rule.opens is not None:
        said["opens"] = str(rule.opens)
    if rule.due != AT_START:
        said["due"] = str(rule.due)
    if rule.visits is not Visits.ALL:
        said["visits"] = rule.visits.value
    return said


def depend_on_history(rules: Collection[FormRule]) -> bool:
    """Whether the rules ask which visit of the patient it is."""
    return any(rule.visits is not Visits.ALL for rule in rules)
