"""The items of Questionnaire JSON with their paths, for the checks; nothing here judges them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from booking.core.questionnaires.definition import ITEM_CONTROL, ItemType


def extension(data: Mapping[str, Any], url: str, value: str) -> Any:
    """The `value[x]` of the first extension with that url, None when there is none."""
    return next((e.get(value) for e in data.get("extension", ()) if e.get("url") == url), None)


def item_control(data: Mapping[str, Any]) -> str:
    """Code of the itemControl extension (`page`, `lower`, `upper`, `help` ...), "" when there is none."""
    concept = extension(data, ITEM_CONTROL, "valueCodeableConcept") or {}
    return next((str(c.get("code", "")) for c in concept.get("coding", ())), "")


def type_of(data: Mapping[str, Any]) -> ItemType:
    """The type of an item; a repeating group is a list."""
    kind = ItemType(data["type"])
    return ItemType.LIST if kind is ItemType.GROUP and data.get("repeats") else kind


@dataclass(frozen=True)
class RawItem:
    """One item as JSON, with where it stands: `parent` is the type of the item that holds it, None at the top.

    `page` is the linkId of the page that holds it, "" when none does."""

    data: Mapping[str, Any]
    path: str
    parent: ItemType | None = None
    page: str = ""

    @property
    def link_id(self) -> str:
        return str(self.data.get("linkId", ""))

    @property
    def type(self) -> ItemType:
        return type_of(self.data)

    @property
    def in_question(self) -> bool:
        return self.parent not in (None, ItemType.GROUP, ItemType.DISPLAY)

    @property
    def is_column(self) -> bool:
        """Whether it is one of the texts that make up the rows of a list, and so no question of its own."""
        return self.parent is ItemType.LIST and self.data.get("type") != ItemType.DISPLAY

    @property
    def is_question(self) -> bool:
        return self.type not in (ItemType.GROUP, ItemType.DISPLAY) and not self.is_column


def walk_raw(data: Mapping[str, Any], parent: RawItem | None = None) -> Iterator[RawItem]:
    """Every item below a Questionnaire or an item, each before what is nested in it.

    An item without a known type counts as a group here: the checks report it first."""
    for index, inner in enumerate(data.get("item", [])):
        path = f"{parent.path}.item[{index}]" if parent else f"item[{index}]"
        page = parent.link_id if parent is not None and item_control(parent.data) == "page" else ""
        item = RawItem(inner, path, _type_or_group(parent.data) if parent else None, page)
        yield item
        yield from walk_raw(inner, item)


def _type_or_group(data: Mapping[str, Any]) -> ItemType:
    return type_of(data) if data.get("type") in set(ItemType) else ItemType.GROUP
