"""Several visits at the desk in words: how they follow each other, and what each of them can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext, ngettext
from wtforms.fields import SelectChoice

from booking.adapters import dates
from booking.services.appointments import OVERRIDABLE
from booking.services.several import Conflict, ProposedVisit
from booking.web.context import clinic_now
from booking.web.desk.chosen import sentence_of
from booking.web.desk.forms import ChooseSeveralForm
from booking.web.desk.loading import locale
from booking.web.desk.next_times import TimesWish, times_form
from booking.web.desk.words import refusal_sentences
from booking.web.scheduling.slot_choice import SlotChoice, choice_of

FEWEST, MOST, USUAL = 2, 10, 4
LONGEST_STEP = 90
WEEKS, DAYS = "weeks", "days"
LEFT_OUT = "-"
"""Value of the answer that a visit shall not be booked."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """So many visits, one every so many days or weeks; `is_unread` says that the number made no sense."""

    count: int
    typed: str
    unit: str

    @property
    def is_unread(self) -> bool:
        return self.every is None

    @property
    def every(self) -> int | None:
        """The number of days or weeks; None when what was typed is none that visits can be apart."""
        text = self.typed
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
        return number if 1 <= number * (7 if self.unit == WEEKS else 1) <= LONGEST_STEP else None

    @property
    def days(self) -> int:
        return (self.every or 1) * (7 if self.unit == WEEKS else 1)

    @property
    def arguments(self) -> dict[str, str]:
        """As an address carries it along."""
        return {"count": str(self.count), "every": self.typed, "unit": self.unit}

    @property
    def text(self) -> str:
        """ "4 visits, one every 2 weeks"."""
        visits = ngettext("%(num)s visit", "%(num)s visits", self.count)
        weekly, number = self.unit == WEEKS, self.every or 1
        every_week = ngettext("one a week", "one every %(num)s weeks", number)
        every_day = ngettext("one a day", "one every %(num)s days", number)
        return gettext("%(visits)s, %(step)s", visits=visits, step=every_week if weekly else every_day)


@dataclass(frozen=True, slots=True)
class TimeOption:
    """Another time for a visit, as a radio button."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class SeveralRow:
    """One of the visits. `value` names its time when it can be had, else `problems` say why not and `options` what
    else; both are empty when it is left out. `wished` is the time or the person that was to be, where it is another."""

    number: int
    when: str
    who: str
    wished: str
    value: str
    problems: tuple[str, ...] = ()
    options: tuple[TimeOption, ...] = ()
    warnings: tuple[str, ...] = ()
    is_left_out: bool = False


def read_pattern(arguments: Mapping[str, str]) -> Pattern:
    """What an address says of the row of visits; four, a week apart, where it says nothing."""
    count = arguments.get("count", "")
    known = count if count in {str(number) for number in range(FEWEST, MOST + 1)} else str(USUAL)
    unit = arguments.get("unit", WEEKS)
    return Pattern(int(known), arguments.get("every", "1").strip()[:4], unit if unit in {WEEKS, DAYS} else WEEKS)


def several_form(wish: TimesWish, pattern: Pattern) -> ChooseSeveralForm:
    """The wish for the first visit and the pattern as one form."""
    form = times_form(wish, ChooseSeveralForm, **pattern.arguments)
    form.count.choices = [SelectChoice(str(number), str(number)) for number in range(FEWEST, MOST + 1)]
    form.unit.choices = [SelectChoice(WEEKS, gettext("weeks")), SelectChoice(DAYS, gettext("days"))]
    if pattern.is_unread:
        form.every.errors = [gettext("Enter a number, of at most %(days)s days", days=LONGEST_STEP)]
    return form


def rows_of(
    wished: Sequence[SlotChoice],
    chosen: Sequence[SlotChoice | None],
    proposed: Sequence[ProposedVisit],
    named: Sequence[SlotChoice | None],
) -> list[SeveralRow]:
    """The rows of the page; `proposed` are the answers about those that are not left out, in their order.

    `named` is what was read aloud before, where that has been taken meanwhile."""
    answers = iter(proposed)
    return [
        _left_out(number, first) if one is None else _row(number, first, one, next(answers), before)
        for number, (first, one, before) in enumerate(zip(wished, chosen, named, strict=True), start=1)
    ]


def _left_out(number: int, wished: SlotChoice) -> SeveralRow:
    return SeveralRow(number, _when(wished), "", "", LEFT_OUT, is_left_out=True)


def _row(
    number: int, wished: SlotChoice, chosen: SlotChoice, found: ProposedVisit, named: SlotChoice | None
) -> SeveralRow:
    clinic = clinic_now()
    placed = choice_of(found.slot, clinic, is_any=chosen.is_any) if found.slot else chosen
    other = [choice_of(slot, clinic, is_any=chosen.is_any) for slot in found.alternatives]
    return SeveralRow(
        number,
        _when(placed),
        placed.specialist.name if placed.specialist else "",
        _in_place_of(wished, placed, named),
        placed.value if found.slot else "",
        problems=tuple(refusal_sentences(found.refusals)),
        options=tuple(TimeOption(one.value, _with_who(one)) for one in other),
        warnings=tuple(_about(number, text) for text in refusal_sentences(found.to_override)),
    )


def _in_place_of(wished: SlotChoice, placed: SlotChoice, named: SlotChoice | None) -> str:
    if wished.starts_at != placed.starts_at:
        return _when(wished)
    before = named.specialist if named else None
    return before.name if before and before != placed.specialist else ""


def _when(choice: SlotChoice) -> str:
    return dates.day_and_time(choice.starts_at, choice.location.tz, locale())


def _with_who(choice: SlotChoice) -> str:
    return f"{_when(choice)}, {choice.specialist.name}" if choice.specialist else _when(choice)


def _about(number: int, sentence: str) -> str:
    return gettext("Visit %(number)s: %(sentence)s", number=number, sentence=sentence)


def conflict_lines(chosen: Sequence[SlotChoice | None], conflicts: Sequence[Conflict]) -> list[str]:
    """One line for each visit that could not be booked, by its number on the page, with its time and all reasons."""
    asked = [(number, one) for number, one in enumerate(chosen, start=1) if one is not None]
    lines = []
    for conflict in conflicts:
        number, one = asked[conflict.index]
        against = [refusal for refusal in conflict.refusals if refusal.code not in OVERRIDABLE]
        if against:
            lines.append(_about(number, f"{sentence_of(one)}. {' '.join(refusal_sentences(against))}"))
    return lines
