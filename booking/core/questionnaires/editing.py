"""Changing a draft one item at a time, as the editor does: items in their order, and what a person says of one.

The data stay FHIR JSON all the time. What the editor does not know of an item is kept as it is: codes of answers, the
body map, the rows of a list. A draft may hold mistakes; `checks` finds them, and it is not published before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from booking.core.clinic_file.codes import code_from
from booking.core.errors import NotFound
from booking.core.questionnaires.definition import (
    ITEM_CONTROL,
    MAX_VALUE,
    MIN_VALUE,
    PRESENTATION,
    ItemType,
    Presentation,
)
from booking.core.questionnaires.raw_items import extension, item_control

Data = Mapping[str, Any]
_CONTROLS = "http://hl7.org/fhir/questionnaire-item-control"
_LIMITS = (MIN_VALUE, MAX_VALUE)
_LABELS = ("lower", "upper", "help")


class Kind(StrEnum):
    """What can be added. `KEPT` is what only comes with an adapted form, such as a body map or a list of rows."""

    PART = "part"
    PAGE = "page"
    NOTE = "note"
    ONE = "one"
    SEVERAL = "several"
    OWN_WORDS = "own_words"
    YES_NO = "yes_no"
    SCALE = "scale"
    WHOLE = "whole"
    DECIMAL = "decimal"
    DATE = "date"
    LINE = "line"
    PROSE = "prose"
    KEPT = "kept"

    @property
    def is_group(self) -> bool:
        return self in (Kind.PART, Kind.PAGE)

    @property
    def is_question(self) -> bool:
        return not self.is_group and self is not Kind.NOTE

    @property
    def has_options(self) -> bool:
        return self in (Kind.ONE, Kind.SEVERAL, Kind.OWN_WORDS)


_TYPES = {
    Kind.PART: ItemType.GROUP,
    Kind.PAGE: ItemType.GROUP,
    Kind.NOTE: ItemType.DISPLAY,
    Kind.ONE: ItemType.CHOICE,
    Kind.SEVERAL: ItemType.CHOICE,
    Kind.OWN_WORDS: ItemType.OPEN_CHOICE,
    Kind.YES_NO: ItemType.BOOLEAN,
    Kind.SCALE: ItemType.INTEGER,
    Kind.WHOLE: ItemType.INTEGER,
    Kind.DECIMAL: ItemType.DECIMAL,
    Kind.DATE: ItemType.DATE,
    Kind.LINE: ItemType.STRING,
    Kind.PROSE: ItemType.TEXT,
}
_BY_TYPE = {
    "boolean": Kind.YES_NO,
    "display": Kind.NOTE,
    "decimal": Kind.DECIMAL,
    "date": Kind.DATE,
    "string": Kind.LINE,
    "text": Kind.PROSE,
}


@dataclass(frozen=True, slots=True)
class Words:
    """What a person says of one item. `options` are the words of the answers; `low` and `high` name the ends of a
    scale; `least` and `most` are whole numbers; `conditions` are raw enableWhen; `inside` is the link id of the part it
    stands in, "" for none."""

    kind: Kind
    text: str
    hint: str = ""
    required: bool = False
    options: tuple[str, ...] = ()
    low: str = ""
    high: str = ""
    least: int | None = None
    most: int | None = None
    conditions: tuple[Data, ...] = ()
    is_any: bool = False
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """An item in the list of the editor; `depth` says how far in it stands."""

    link_id: str
    kind: Kind
    text: str
    depth: int
    path: str
    required: bool
    is_conditional: bool
    is_first: bool
    is_last: bool
    inside: str


def lines(data: Data) -> tuple[Line, ...]:
    """Every item in its order, without the hints and labels inside of questions."""
    return tuple(_lines(data.get("item", []), 0, "", ""))


def _lines(items: Sequence[Data], depth: int, path: str, inside: str) -> list[Line]:
    found = []
    for place, raw in enumerate(items):
        kind, here = kind_of(raw), f"{path}item[{place}]"
        found.append(
            Line(
                raw["linkId"], kind, raw.get("text", ""), depth, here, raw.get("required", False),
                bool(raw.get("enableWhen")), place == 0, place == len(items) - 1, inside,
            )
        )  # fmt: skip
        if kind.is_group:
            found += _lines(raw.get("item", []), depth + 1, f"{here}.", raw["linkId"])
    return found


def kind_of(raw: Data) -> Kind:
    """What an item is to the editor."""
    kind, repeats = raw["type"], raw.get("repeats", False)
    if kind == ItemType.GROUP:
        return Kind.KEPT if repeats else Kind.PAGE if item_control(raw) == "page" else Kind.PART
    if extension(raw, PRESENTATION, "valueCode") == Presentation.BODY_MAP:
        return Kind.KEPT
    if kind == ItemType.CHOICE:
        return Kind.SEVERAL if repeats else Kind.ONE
    if kind == ItemType.OPEN_CHOICE:
        return Kind.KEPT if repeats else Kind.OWN_WORDS
    if kind == ItemType.INTEGER:
        return Kind.SCALE if [extension(raw, url, "valueInteger") for url in _LIMITS] == [0, 10] else Kind.WHOLE
    return _BY_TYPE.get(kind, Kind.KEPT)


def words_of(data: Data, link_id: str) -> Words:
    """What the form says of an item. Raises NotFound."""
    raw = _holder(data, link_id)[1]
    kind = kind_of(raw)
    labels = _labels(raw)
    limits = [extension(raw, url, "valueInteger") for url in _LIMITS] if kind is Kind.WHOLE else [None, None]
    return Words(
        kind,
        raw.get("text", ""),
        labels.get("help", ""),
        raw.get("required", False),
        tuple(option["valueCoding"]["display"] for option in raw.get("answerOption", ())),
        labels.get("lower", ""),
        labels.get("upper", ""),
        limits[0],
        limits[1],
        tuple(raw.get("enableWhen", ())),
        raw.get("enableBehavior") == "any",
        next(line.inside for line in lines(data) if line.link_id == link_id),
    )


def _labels(raw: Data) -> dict[str, str]:
    if kind_of(raw).is_group:
        return {}
    return {item_control(one) or "help": one["text"] for one in raw.get("item", ()) if one["type"] == ItemType.DISPLAY}


def with_item(data: Data, words: Words, link_id: str | None = None) -> dict[str, Any]:
    """With the item as it is described: a new one (`link_id` None) at the end of its part, another in its place.

    Raises NotFound for an unknown item, or a part that is none or lies within the item."""
    changed = deepcopy(dict(data))
    if link_id is None and words.kind is Kind.KEPT:
        raise NotFound(item="")
    if link_id is None:
        taken = _all_ids(changed.get("item", []))
        _inside(changed, words.inside).append(_described({"linkId": code_from(words.text, taken)}, words))
        return changed
    holder, raw = _holder(changed, link_id)
    place = next(number for number, one in enumerate(holder) if one["linkId"] == link_id)
    wanted = _inside(changed, words.inside)
    if wanted is not holder and any(one is wanted for one in _groups(raw)):
        raise NotFound(item=words.inside)
    holder[place] = described = _described(raw, words)
    if wanted is not holder:
        holder.pop(place)
        wanted.append(described)
    return _tidy(changed)


def without_item(data: Data, link_id: str) -> dict[str, Any]:
    """Without the item and what stands in it. Conditions that name it are found by the checks. Raises NotFound."""
    changed = deepcopy(dict(data))
    holder, raw = _holder(changed, link_id)
    holder.remove(raw)
    return _tidy(changed)


def with_item_moved(data: Data, link_id: str, *, is_up: bool) -> dict[str, Any]:
    """One place up or down within its part; at the edge it stays. Raises NotFound."""
    changed = deepcopy(dict(data))
    holder, raw = _holder(changed, link_id)
    place = holder.index(raw)
    wanted = min(max(place + (-1 if is_up else 1), 0), len(holder) - 1)
    holder.insert(wanted, holder.pop(place))
    return changed


def _tidy(data: dict[str, Any]) -> dict[str, Any]:
    """Without empty lists in items: FHIR has none, and the checks would say nothing else."""
    for raw in data.get("item", []):
        _tidy(raw)
        if raw.get("item") == []:
            del raw["item"]
    return data


def _all_ids(items: Sequence[Data]) -> set[str]:
    return {found for one in items for found in (one["linkId"], *_all_ids(one.get("item", [])))}


def _holder(data: Any, link_id: str) -> tuple[list[Any], dict[str, Any]]:
    """The list that holds the item, and the item."""
    items = data.get("item", [])
    for raw in items:
        if raw["linkId"] == link_id:
            return items, raw
        if kind_of(raw).is_group:
            try:
                return _holder(raw, link_id)
            except NotFound:
                continue
    raise NotFound(item=link_id)


def _inside(data: Any, link_id: str) -> list[Any]:
    """The list of items of a part; of the form itself for ""."""
    raw = _holder(data, link_id)[1] if link_id else data
    if link_id and not kind_of(raw).is_group:
        raise NotFound(item=link_id)
    items: list[Any] = raw.setdefault("item", [])
    return items


def _groups(raw: Any) -> list[list[Any]]:
    """The lists of items of this part and of all within it."""
    if not kind_of(raw).is_group:
        return []
    own = raw.setdefault("item", [])
    return [own, *(inner for one in own for inner in _groups(one))]


def _described(raw: Data, words: Words) -> dict[str, Any]:
    """The item as it is described; what the editor does not know of it stays, unless it becomes of another kind."""
    before = kind_of(raw) if "type" in raw else None
    kind = Kind.KEPT if Kind.KEPT in (before, words.kind) else words.kind
    known = ("linkId", "type", "text", "required", "repeats", "enableWhen", "enableBehavior", "answerOption", "item")
    kept = {name: value for name, value in raw.items() if name not in known} if kind is before else {}
    made: dict[str, Any] = {"linkId": raw["linkId"], **kept, "text": words.text}
    if kind is Kind.KEPT:
        made |= {name: raw[name] for name in ("type", "repeats", "answerOption") if name in raw}
    else:
        made |= _typed(kind, raw, words, kept)
    if words.required and kind.is_question:
        made["required"] = True
    if words.conditions:
        made["enableWhen"] = [dict(one) for one in words.conditions]
        made |= {"enableBehavior": "any" if words.is_any else "all"} if len(words.conditions) > 1 else {}
    return {name: value for name, value in {**made, "item": _inner(kind, raw, words)}.items() if value not in ([], "")}


def _typed(kind: Kind, raw: Data, words: Words, kept: Data) -> dict[str, Any]:
    """Type, answers and extensions of an item whose kind the editor knows."""
    made: dict[str, Any] = {
        "type": _TYPES[kind].value,
        "answerOption": _options(raw, words) if kind.has_options else [],
    }
    if kind is Kind.SEVERAL:
        made["repeats"] = True
    limits = {Kind.SCALE: (0, 10), Kind.WHOLE: (words.least, words.most)}.get(kind)
    known = (ITEM_CONTROL,) if limits is None else (ITEM_CONTROL, *_LIMITS)
    others = [e for e in kept.get("extension", []) if e.get("url") not in known]
    bounds = [{"url": url, "valueInteger": n} for url, n in zip(_LIMITS, limits or (), strict=False) if n is not None]
    control = [_control("page")] if kind is Kind.PAGE else []
    made["extension"] = [*bounds, *others, *control]
    return made


def _options(raw: Data, words: Words) -> list[dict[str, Any]]:
    """The answers: one whose words are the same keeps its code, and so does one that only changed its words."""
    old = [one for one in raw.get("answerOption", ()) if kind_of(raw).has_options]
    by_words = {one["valueCoding"]["display"]: one for one in old}
    free = {place: one for place, one in enumerate(old) if one["valueCoding"]["display"] not in words.options}
    taken = {one["valueCoding"]["code"] for one in old}
    made = []
    for place, text in enumerate(words.options):
        known = by_words.get(text) or free.pop(place, None)
        if known is None:
            code = code_from(text, taken)
            taken.add(code)
            known = {"valueCoding": {"system": _system(raw["linkId"]), "code": code}}
        made.append({**known, "valueCoding": {**known["valueCoding"], "display": text}})
    return made


def _system(link_id: str) -> str:
    return f"https://respite.example/fhir/CodeSystem/own/{link_id}"


def _inner(kind: Kind, raw: Data, words: Words) -> list[dict[str, Any]]:
    """What stands inside: the items of a part; of a question its hint and the names of the ends of its scale."""
    inner = list(raw.get("item", ()))
    if kind.is_group:
        return inner
    if kind is Kind.NOTE:
        return []
    kept = [one for one in inner if one["type"] != ItemType.DISPLAY] if kind is Kind.KEPT else []
    ends = kind is Kind.SCALE or (kind is Kind.KEPT and bool(words.low or words.high))
    texts = {"lower": words.low if ends else "", "upper": words.high if ends else "", "help": words.hint}
    labels = [
        {"linkId": f"{raw['linkId']}-{name}", "text": texts[name], "type": "display", "extension": [_control(name)]}
        for name in _LABELS
        if texts[name]
    ]
    return [*kept, *labels]


def _control(code: str) -> dict[str, Any]:
    return {"url": ITEM_CONTROL, "valueCodeableConcept": {"coding": [{"system": _CONTROLS, "code": code}]}}


def answers_of(data: Data, link_id: str) -> tuple[tuple[str, str], ...]:
    """Code and words of the answers to choose from; () for any other question. Raises NotFound."""
    codings = (option["valueCoding"] for option in _holder(data, link_id)[1].get("answerOption", ()))
    return tuple((coding["code"], coding["display"]) for coding in codings)


def conditions_from(data: Data, chosen: Collection[tuple[str, str, str]]) -> tuple[Data, ...]:
    """Conditions as FHIR has them, from (question, operator, value): the code of an answer, "true", or a number.

    Raises NotFound for a question that does not exist, ValueError for a number that is none."""
    return tuple(_condition(_holder(data, question)[1], operator, value) for question, operator, value in chosen)


def _condition(raw: Data, operator: str, value: str) -> dict[str, Any]:
    made: dict[str, Any] = {"question": raw["linkId"], "operator": operator}
    if operator == "exists" or raw["type"] == ItemType.BOOLEAN:
        return {**made, "answerBoolean": value == "true"}
    if raw["type"] in (ItemType.INTEGER, ItemType.DECIMAL):
        whole = int(value)
        return {**made, "answerInteger": whole} if raw["type"] == ItemType.INTEGER else {**made, "answerDecimal": whole}
    coding = next((o["valueCoding"] for o in raw.get("answerOption", ()) if o["valueCoding"]["code"] == value), None)
    if coding is None:
        raise NotFound(answer=value)
    return {**made, "answerCoding": {name: coding[name] for name in ("system", "code") if name in coding}}
