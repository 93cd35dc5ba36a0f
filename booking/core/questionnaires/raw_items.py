"""The items of Questionnaire JSON with their paths, for the checks; nothing here judges them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from booking.core.questionnaires.definition import ItemType, item_control


@dataclass(frozen=True)
class RawItem:
    """One item as JSON, with where it stands. `page` is the linkId of the page that holds it, "" when none does."""

    data: Mapping[str, Any]
    path: str
    in_question: bool = False
    page: str = ""

    @property
    def link_id(self) -> str:
        return str(self.data.get("linkId", ""))

    @property
    def type(self) -> ItemType:
        return ItemType(self.data["type"])

    @property
    def is_question(self) -> bool:
        return self.type not in (ItemType.GROUP, ItemType.DISPLAY)


def walk_raw(data: Mapping[str, Any], parent: RawItem | None = None) -> Iterator[RawItem]:
    """Every item below a Questionnaire or an item, each before what is nested in it."""
    for index, inner in enumerate(data.get("item", [])):
        path = f"{parent.path}.item[{index}]" if parent else f"item[{index}]"
        in_question = parent is not None and parent.data.get("type") not in (ItemType.GROUP, ItemType.DISPLAY)
        page = parent.link_id if parent is not None and item_control(parent.data) == "page" else ""
        item = RawItem(inner, path, in_question, page)
        yield item
        yield from walk_raw(inner, item)
