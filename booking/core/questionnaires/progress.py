"""How far the forms of a visit are, for people who see states and counts and never answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from booking.core.questionnaires.assignment import AskedForm, Stage, VisitTimes
from booking.core.questionnaires.sections import Completion


class Progress(StrEnum):
    """`NOT_SENT`: the patient was not asked yet; `SENT`: asked, and nothing answered; `DONE`: the patient has sent it;
    `REVIEWED`: the specialist has gone through it. In their order."""

    NOT_SENT = "not_sent"
    SENT = "sent"
    STARTED = "started"
    DONE = "done"
    REVIEWED = "reviewed"


_ORDER = tuple(Progress)
FINISHED = frozenset({Progress.DONE, Progress.REVIEWED})


@dataclass(frozen=True, slots=True)
class FormLine:
    """One form that a visit asks for."""

    asked: AskedForm
    is_begun: bool = False
    is_sent: bool = False
    is_reviewed: bool = False

    @property
    def code(self) -> str:
        """The form."""
        return self.asked.code

    def progress(self, times: VisitTimes, now: datetime) -> Progress:
        """How far it is at that instant."""
        if self.is_sent:
            return Progress.REVIEWED if self.is_reviewed else Progress.DONE
        if self.is_begun:
            return Progress.STARTED
        return Progress.NOT_SENT if self.asked.stage(times, now) is Stage.NOT_YET else Progress.SENT

    def is_open(self, times: VisitTimes, now: datetime) -> bool:
        """Whether somebody still has to fill it in, and can."""
        return not self.is_sent and self.asked.stage(times, now).takes_answers

    def is_late(self, times: VisitTimes, now: datetime) -> bool:
        """Whether it should be here already."""
        return not self.is_sent and self.asked.stage(times, now) is Stage.LATE


@dataclass(frozen=True, slots=True)
class VisitForms:
    """The forms that a visit asks for, each with how far it is. `begun` counts those that were sent too."""

    times: VisitTimes
    lines: tuple[FormLine, ...] = ()

    @property
    def asked(self) -> int:
        """How many there are."""
        return len(self.lines)

    @property
    def begun(self) -> int:
        """How many have an answer."""
        return sum(line.is_begun for line in self.lines)

    @property
    def sent(self) -> int:
        """How many the patient has sent."""
        return sum(line.is_sent for line in self.lines)

    @property
    def completion(self) -> Completion | None:
        """One word for all forms of the visit; None when it asks for none."""
        if not self.lines:
            return None
        if self.sent == self.asked:
            return Completion.DONE
        return Completion.IN_PROGRESS if self.begun else Completion.NOT_STARTED

    def open_lines(self, now: datetime) -> tuple[FormLine, ...]:
        """Those that somebody still has to fill in, and can."""
        return tuple(line for line in self.lines if line.is_open(self.times, now))

    def late_count(self, now: datetime) -> int:
        """How many should be here already."""
        return sum(line.is_late(self.times, now) for line in self.lines)

    def current_lines(self, now: datetime) -> tuple[FormLine, ...]:
        """Those that the patient was asked for by now: what comes later says nothing about today."""
        return tuple(line for line in self.lines if line.progress(self.times, now) is not Progress.NOT_SENT)

    def overall(self, now: datetime) -> Progress | None:
        """One state for all of them: begun is begun, else the one that is least far; None when there are none."""
        if not self.lines:
            return None
        return overall_of(line.progress(self.times, now) for line in self.current_lines(now))


def overall_of(states: Iterable[Progress]) -> Progress:
    """One state for several forms: `STARTED` when some, but not all, have answers."""
    found = set(states)
    if not found:
        return Progress.NOT_SENT
    least = min(found, key=_ORDER.index)
    return Progress.STARTED if least is Progress.SENT and len(found) > 1 else least
