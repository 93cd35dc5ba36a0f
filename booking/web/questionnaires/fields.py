"""The field of each kind of question: which one, with which choices, filled with which stored answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext
from wtforms import Field, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from booking.adapters.languages import yes_no
from booking.core.questionnaires.answers import Chosen, Declined, Quantity, Rows, Value
from booking.core.questionnaires.definition import Item, ItemType
from booking.web.fields import ThreePartDateField

SCALE = (0, 10)


class RowsField(Field):
    """The rows of a list, posted as cells of one name, row after row. One blank row stands where there is none."""

    widget = None

    def __init__(self, label: str = "", *, columns: tuple[Item, ...] = (), max_rows: int = 0, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.columns = columns
        self.max_rows = max_rows
        self.rows: list[tuple[str, ...]] = []

    def process(self, formdata: Any, data: Any = None, extra_filters: Iterable[Any] | None = None) -> None:
        """Take the cells where the form was sent, else `data` (rows of texts, or None)."""
        super().process(None, data, extra_filters=extra_filters)
        if formdata is not None and self.name in formdata:
            self.rows = rows_of([str(cell) for cell in formdata.getlist(self.name)], len(self.columns))
        else:
            self.rows = [tuple(row) for row in self.data or ()]
        self.rows = self.rows or [("",) * len(self.columns)]

    @property
    def may_grow(self) -> bool:
        """Whether another row may be added."""
        return len(self.rows) < self.max_rows

    @property
    def anchor_id(self) -> str:
        """Where the link of the error summary leads."""
        return f"{self.id}-0-0"


def rows_of(cells: list[str], width: int) -> list[tuple[str, ...]]:
    """Cells of one name as rows; the last one is filled up."""
    padded = [*cells, *[""] * (-len(cells) % width)]
    return [tuple(padded[start : start + width]) for start in range(0, len(padded), width)]


def kind_of(item: Item) -> str:
    """Which macro draws the question."""
    if item.is_scale:
        return "scale"
    if item.is_body_map:
        return "body_map"
    if item.type in (ItemType.CHOICE, ItemType.OPEN_CHOICE):
        return "checkboxes" if item.repeats else "radios"
    return _KINDS.get(item.type, "text")


_KINDS: Mapping[ItemType, str] = {
    ItemType.BOOLEAN: "radios",
    ItemType.DATE: "date",
    ItemType.TEXT: "textarea",
    ItemType.INTEGER: "number",
    ItemType.DECIMAL: "decimal",
    ItemType.QUANTITY: "decimal",
    ItemType.LIST: "rows",
}
_PLAIN_FIELDS: Mapping[str, Any] = {"date": ThreePartDateField, "textarea": TextAreaField}


def field_of(item: Item, offered: frozenset[str] | None = None, language: str = "") -> Any:
    """The field of a question; `offered` narrows the choices to these codes, `language` is that of the form's words."""
    kind = kind_of(item)
    if kind == "rows":
        return RowsField(item.text, columns=item.columns, max_rows=item.max_rows)
    if kind in ("number", "decimal", "text", *_PLAIN_FIELDS):
        return _PLAIN_FIELDS.get(kind, StringField)(item.text)
    field_class = SelectMultipleField if item.repeats else RadioField
    choices = [choice for choice in _choices(item, language) if offered is None or choice.value in offered]
    return field_class(item.text, choices=choices)


def other_field_of(item: Item) -> Any:
    """The second field of a question: own words of an open choice, the unit of a quantity; None for all others."""
    if item.type is ItemType.OPEN_CHOICE:
        return StringField(gettext("Something else, in your own words") if item.repeats else gettext("Your own words"))
    if item.type is ItemType.QUANTITY and len(item.units) > 1:
        return RadioField(gettext("Unit"), choices=[SelectChoice(unit.code, unit.display) for unit in item.units])
    return None


def boolean_words(language: str) -> tuple[str, str]:
    """ "Yes" and "No" in the language of the form."""
    return yes_no(language) or (gettext("Yes"), gettext("No"))


def _choices(item: Item, language: str) -> list[SelectChoice]:
    if item.type is ItemType.BOOLEAN:
        yes, no = boolean_words(language)
        return [SelectChoice("true", yes), SelectChoice("false", no)]
    if item.is_scale:
        return [SelectChoice(str(number), str(number)) for number in range(SCALE[0], SCALE[1] + 1)]
    options = [SelectChoice(option.code, option.label) for option in item.options]
    if item.type is ItemType.OPEN_CHOICE and not item.repeats:
        # A radio button cannot be taken back: this one makes room for own words alone.
        options.append(SelectChoice("", gettext("In my own words")))
    return options


def field_data(item: Item, value: Value | None) -> Any:
    """What the field shows for a stored answer."""
    if isinstance(value, Chosen):
        if item.repeats:
            return list(value.codes)
        return value.codes[0] if value.codes else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Rows):
        return value.rows
    if isinstance(value, Quantity):
        return str(value.value)
    if isinstance(value, date):
        return value
    if value is None or isinstance(value, Declined):
        # No choice is marked while there is no answer: "" would mark that of own words.
        return [] if item.repeats and item.type is not ItemType.LIST else None
    return str(value)


def other_data(value: Value | None) -> str | None:
    """What the second field shows for a stored answer."""
    if isinstance(value, Chosen):
        return value.other
    return value.unit if isinstance(value, Quantity) else None
