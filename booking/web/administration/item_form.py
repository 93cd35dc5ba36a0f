"""One item of a form as the editor asks for it. Which fields matter depends on the kind; the page hides the others, and
they are not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import LazyString, gettext, lazy_gettext
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import StopValidation

from booking.core.questionnaires import editing
from booking.core.questionnaires.checks import TEXT_LENGTH
from booking.core.questionnaires.editing import Kind, Words
from booking.core.questionnaires.item_checks import MAX_OPTIONS, OPTION_LENGTH, holds_markup
from booking.queries.form_definitions import OwnForm
from booking.web.administration.fields import Lines, Whole
from booking.web.administration.own_form_forms import SeenForm
from booking.web.validators import no_longer_than, one_line, some_lines, stripped
from booking.web.words import choices_of

MOST_CONDITIONS = 3
LONGEST_HINT, LONGEST_LABEL = 400, 80
_COMPARISONS = (">=", "<=")

KINDS: dict[Kind, LazyString] = {
    Kind.PART: lazy_gettext("Part with a heading"),
    Kind.PAGE: lazy_gettext("Page of several questions"),
    Kind.NOTE: lazy_gettext("Text to read"),
    Kind.ONE: lazy_gettext("One of several answers"),
    Kind.SEVERAL: lazy_gettext("Any of several answers"),
    Kind.OWN_WORDS: lazy_gettext("One of several answers, or own words"),
    Kind.YES_NO: lazy_gettext("Yes or no"),
    Kind.SCALE: lazy_gettext("A number from 0 to 10"),
    Kind.WHOLE: lazy_gettext("A whole number"),
    Kind.DECIMAL: lazy_gettext("A number with decimals"),
    Kind.DATE: lazy_gettext("A date"),
    Kind.LINE: lazy_gettext("A few words"),
    Kind.PROSE: lazy_gettext("Several sentences"),
    Kind.KEPT: lazy_gettext("As it was in the form it is from"),
}

# The page's own style sheet says the same, so that the fields change with the kind.
_QUESTIONS = frozenset(kind for kind in Kind if kind.is_question)
READ_BY: dict[str, frozenset[Kind]] = {
    "hint": _QUESTIONS,
    "options": frozenset(kind for kind in Kind if kind.has_options),
    "low": frozenset({Kind.SCALE, Kind.KEPT}),
    "high": frozenset({Kind.SCALE, Kind.KEPT}),
    "least": frozenset({Kind.WHOLE}),
    "most": frozenset({Kind.WHOLE}),
}


def _plain(_form: Any, field: Any) -> None:
    if holds_markup(field.data or ""):
        raise StopValidation(gettext("Write plain text, without markup"))


class ItemForm(SeenForm):
    """The fields of an item; its kind is chosen when it is added."""

    text = TextAreaField(
        lazy_gettext("Words"),
        [no_longer_than(TEXT_LENGTH), some_lines, _plain],
        filters=[stripped],
    )
    kind = SelectField(lazy_gettext("Kind"))
    hint = StringField(lazy_gettext("Hint"), [no_longer_than(LONGEST_HINT), one_line, _plain], filters=[stripped])
    options = Lines(lazy_gettext("Answers"))
    low = StringField(lazy_gettext("0 means"), [no_longer_than(LONGEST_LABEL), one_line, _plain], filters=[stripped])
    high = StringField(lazy_gettext("10 means"), [no_longer_than(LONGEST_LABEL), one_line, _plain], filters=[stripped])
    least = Whole(lazy_gettext("Lowest number"))
    most = Whole(lazy_gettext("Highest number"))
    required = BooleanField(lazy_gettext("Has to be answered"))
    inside = SelectField(lazy_gettext("Where it stands"))
    match = RadioField(
        lazy_gettext("It is asked when"),
        choices=choices_of({"all": lazy_gettext("All of these hold"), "any": lazy_gettext("Any of these holds")}),
        validate_choice=False,
    )
    when_0 = SelectField(lazy_gettext("Only when"))
    number_0 = Whole(lazy_gettext("Number"))
    when_1 = SelectField(lazy_gettext("Second condition"))
    number_1 = Whole(lazy_gettext("Number"))
    when_2 = SelectField(lazy_gettext("Third condition"))
    number_2 = Whole(lazy_gettext("Number"))

    def __init__(self, own: OwnForm, link_id: str | None, shown: Words) -> None:
        conditions = [_condition_key(one) for one in shown.conditions]
        self.kept = shown.conditions if len(conditions) > MOST_CONDITIONS else ()
        first = [*conditions, *[("", None)] * MOST_CONDITIONS][:MOST_CONDITIONS]
        super().__init__(
            seen=str(own.revision),
            text=shown.text, kind=shown.kind.value, hint=shown.hint, low=shown.low, high=shown.high,
            least=_typed(shown.least), most=_typed(shown.most), required=shown.required, inside=shown.inside,
            match="any" if shown.is_any else "all", options="\n".join(shown.options),
            **{f"when_{n}": key for n, (key, _) in enumerate(first)},
            **{f"number_{n}": _typed(number) for n, (_, number) in enumerate(first)},
        )  # fmt: skip
        self.data_of_form, self.shown = own.data, shown
        self._offer(link_id, [key for key, _ in conditions])

    def _offer(self, link_id: str | None, present: list[str]) -> None:
        """What can be chosen: kinds, parts, and answers of questions that come before."""
        lines = editing.lines(self.data_of_form)
        kinds = [Kind.KEPT] if self.shown.kind is Kind.KEPT else [kind for kind in Kind if kind is not Kind.KEPT]
        if self.shown.kind.is_group and link_id is not None:
            kinds = [Kind.PART, Kind.PAGE]
        self.kind.choices = choices_of({kind.value: KINDS[kind] for kind in kinds})
        own = next((line for line in lines if line.link_id == link_id), None)
        places = [line for line in lines if line.kind.is_group and (own is None or not line.path.startswith(own.path))]
        self.inside.choices = choices_of({"": gettext("On its own"), **{line.link_id: line.text for line in places}})
        before = lines if own is None else lines[: lines.index(own)]
        offered = dict(pair for line in before if line.kind.is_question for pair in _choices(self.data_of_form, line))
        offered |= {key: gettext("As it was in the form it is from") for key in present if key not in offered}
        for n in range(MOST_CONDITIONS):
            self[f"when_{n}"].choices = choices_of({"": "–" if n else gettext("Always"), **offered})

    def validate_text(self, field: TextAreaField) -> None:
        """A part may do without a heading; nothing else without words."""
        if not field.data and not self.chosen_kind.is_group:
            raise StopValidation(gettext("Enter the words"))

    def validate_options(self, field: Lines) -> None:
        """Two different answers at least, where it is answered by choosing."""
        if self.chosen_kind.has_options:
            _check_options(field.plain)

    def validate(self, extra_validators: Any = None) -> bool:
        """Nobody can put right what is not shown: what another kind left behind, and numbers of no condition."""
        super().validate(extra_validators)
        unread = [name for name, kinds in READ_BY.items() if self.chosen_kind not in kinds]
        unread += [f"number_{n}" for n in range(MOST_CONDITIONS) if not self._compares(self[f"when_{n}"].data)]
        for name in unread:
            self[name].errors = ()
        return not self.errors

    @staticmethod
    def _compares(condition: str | None) -> bool:
        return (condition or "").endswith(tuple(f"|{operator}|" for operator in _COMPARISONS))

    @property
    def chosen_kind(self) -> Kind:
        """The one that was chosen, if it was offered."""
        known = {choice.value for choice in self.kind.choices}
        return Kind(self.kind.data) if self.kind.data in known else self.shown.kind

    def validate_most(self, field: Whole) -> None:
        """The highest number is not below the lowest."""
        least, most = self.least.plain, field.plain
        if None not in (least, most) and most < least:
            raise StopValidation(gettext("The highest number is below the lowest"))

    def words(self) -> Words:
        """The item as it was described."""
        conditions = self.kept or editing.conditions_from(self.data_of_form, list(self._conditions()))
        return Words(
            self.chosen_kind, " ".join((self.text.data or "").split()), self.hint.data or "", bool(self.required.data),
            tuple(self.options.plain), self.low.data or "", self.high.data or "", self.least.plain, self.most.plain,
            conditions, self.match.data == "any", self.inside.data or "",
        )  # fmt: skip

    def _conditions(self) -> Iterator[tuple[str, str, str]]:
        for n in range(MOST_CONDITIONS):
            key = self[f"when_{n}"].data
            if key:
                question, operator, value = key.split("|", maxsplit=2)
                yield question, operator, str(self[f"number_{n}"].plain or 0) if operator in _COMPARISONS else value


def _typed(number: int | None) -> str:
    return "" if number is None else str(number)


def _check_options(options: list[str]) -> None:
    if len(options) < 2:
        raise StopValidation(gettext("Enter two answers at least, each on a line of its own"))
    if len(set(options)) < len(options):
        raise StopValidation(gettext("Enter each answer once"))
    if len(options) > MAX_OPTIONS or any(len(option) > OPTION_LENGTH for option in options):
        raise StopValidation(
            gettext("Use at most %(many)s answers of %(long)s characters", many=MAX_OPTIONS, long=OPTION_LENGTH)
        )
    if any(holds_markup(option) for option in options):
        raise StopValidation(gettext("Write plain text, without markup"))


def _condition_key(raw: Any) -> tuple[str, int | None]:
    """A condition as a choice of the page, and its number where it has one."""
    name = next(key for key in raw if key.startswith("answer"))
    value = raw[name]
    if raw["operator"] in _COMPARISONS:
        return f"{raw['question']}|{raw['operator']}|", int(value)
    text = value["code"] if isinstance(value, dict) else str(value).lower()
    return f"{raw['question']}|{raw['operator']}|{text}", None


def _choices(data: Any, line: editing.Line) -> Iterator[tuple[str, str]]:
    """What can be asked of an earlier question: which answer it has, whether it has one, how high its number is."""
    key, text = line.link_id, line.text if len(line.text) <= LONGEST_LABEL else f"{line.text[:LONGEST_LABEL]}…"
    for code, answer in editing.answers_of(data, key):
        yield f"{key}|=|{code}", gettext("%(question)s: %(answer)s", question=text, answer=answer)
    if line.kind is Kind.YES_NO:
        yield f"{key}|=|true", gettext("%(question)s: %(answer)s", question=text, answer=gettext("Yes"))
        yield f"{key}|=|false", gettext("%(question)s: %(answer)s", question=text, answer=gettext("No"))
    if line.kind in (Kind.SCALE, Kind.WHOLE, Kind.DECIMAL):
        yield f"{key}|>=|", gettext("%(question)s: this number or more", question=text)
        yield f"{key}|<=|", gettext("%(question)s: this number or less", question=text)
    yield f"{key}|exists|true", gettext("%(question)s: answered", question=text)
    yield f"{key}|exists|false", gettext("%(question)s: not answered", question=text)
