"""How checked FHIR R4 Questionnaire JSON becomes a `Questionnaire`. Nothing is judged here: `checks.py` did that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from booking.core.questionnaires.definition import (
    ASK_AGAIN,
    LIST_ROWS,
    MAX_OCCURS,
    MAX_VALUE,
    MIN_VALUE,
    OPTION_EXCLUSIVE,
    ORDINAL_VALUE,
    PRESENTATION,
    SAFETY_ITEM,
    UNIT_OPTION,
    Coding,
    Condition,
    Initial,
    Item,
    ItemType,
    Operator,
    Option,
    Presentation,
    Questionnaire,
)
from booking.core.questionnaires.raw_items import extension, item_control, type_of


def parse_questionnaire(data: Mapping[str, Any]) -> Questionnaire:
    """A Questionnaire from checked FHIR R4 JSON; KeyError or ValueError when it was not checked."""
    return Questionnaire(
        code=data["id"],
        url=data["url"],
        version=data["version"],
        title=data["title"],
        items=tuple(parse_item(raw) for raw in data["item"]),
        description=data.get("description", ""),
        copyright=data["copyright"],
        language=data.get("language", "en"),
        codings=tuple(parse_coding(raw) for raw in data.get("code", ())),
        status=data["status"],
        approved_on=date.fromisoformat(data["approvalDate"]) if "approvalDate" in data else None,
        derived_from=tuple(data.get("derivedFrom", ())),
    )


def parse_item(data: Mapping[str, Any]) -> Item:
    """One item with everything nested in it; display items of a question become its labels and its hint."""
    kind = type_of(data)
    inner = data.get("item", ())
    labels = [raw for raw in inner if raw["type"] == ItemType.DISPLAY] if kind is not ItemType.GROUP else []
    nested = tuple(parse_item(raw) for raw in inner if raw not in labels)
    return Item(
        link_id=data["linkId"],
        type=kind,
        text=data.get("text", ""),
        code=next((parse_coding(raw) for raw in data.get("code", ())), None),
        options=tuple(_parse_option(raw) for raw in data.get("answerOption", ())),
        repeats=data.get("repeats", False),
        required=data.get("required", False),
        max_length=data.get("maxLength"),
        enable_when=tuple(_parse_condition(raw) for raw in data.get("enableWhen", ())),
        enable_any=data.get("enableBehavior") == "any",
        low_label=_joined(labels, {"lower"}),
        high_label=_joined(labels, {"upper"}),
        hint=_joined(labels, {"help", ""}),
        is_page=item_control(data) == "page",
        items=() if kind is ItemType.LIST else nested,
        columns=nested if kind is ItemType.LIST else (),
        initial=_parse_initial(data),
        **_limits(data),
        **_marks(data),
    )


def parse_coding(data: Mapping[str, Any]) -> Coding:
    return Coding(data.get("system", ""), data["code"], data.get("display", ""))


def _limits(data: Mapping[str, Any]) -> dict[str, Any]:
    units = [e["valueCoding"] for e in data.get("extension", ()) if e["url"] == UNIT_OPTION]
    lowest_date, highest_date = (extension(data, url, "valueDate") for url in (MIN_VALUE, MAX_VALUE))
    return {
        "min_value": _number(data, MIN_VALUE),
        "max_value": _number(data, MAX_VALUE),
        "min_date": date.fromisoformat(lowest_date) if lowest_date else None,
        "max_date": date.fromisoformat(highest_date) if highest_date else None,
        "units": tuple(parse_coding(raw) for raw in units),
        "max_rows": extension(data, MAX_OCCURS, "valueInteger") or LIST_ROWS,
    }


def _marks(data: Mapping[str, Any]) -> dict[str, Any]:
    presentation = extension(data, PRESENTATION, "valueCode")
    return {
        "presentation": Presentation(presentation) if presentation else None,
        "is_safety": bool(extension(data, SAFETY_ITEM, "valueBoolean")),
        "is_asked_again": bool(extension(data, ASK_AGAIN, "valueBoolean")),
    }


def _number(data: Mapping[str, Any], url: str) -> int | Decimal | None:
    whole: int | None = extension(data, url, "valueInteger")
    return _decimal(extension(data, url, "valueDecimal")) if whole is None else whole


def _decimal(number: float | None) -> Decimal | None:
    # By way of its digits: Decimal(0.1) would be 0.1000000000000000055511...
    return None if number is None else Decimal(str(number))


def _joined(labels: Sequence[Mapping[str, Any]], controls: set[str]) -> str:
    return " ".join(raw["text"] for raw in labels if item_control(raw) in controls)


def _parse_option(data: Mapping[str, Any]) -> Option:
    ordinal = extension(data, ORDINAL_VALUE, "valueDecimal")
    if ordinal is None:
        ordinal = extension(data["valueCoding"], ORDINAL_VALUE, "valueDecimal")
    return Option(
        parse_coding(data["valueCoding"]), bool(extension(data, OPTION_EXCLUSIVE, "valueBoolean")), _decimal(ordinal)
    )


def _parse_initial(data: Mapping[str, Any]) -> Initial | None:
    selected = tuple(o["valueCoding"]["code"] for o in data.get("answerOption", ()) if o.get("initialSelected"))
    if selected:
        return Initial(selected)
    value = next((v for raw in data.get("initial", ()) for v in raw.values()), None)
    if value is None:
        return None
    if isinstance(value, dict):
        return Initial((str(value["value"]),), value["code"])
    return Initial((str(value).lower() if isinstance(value, bool) else str(value),))


def _parse_condition(data: Mapping[str, Any]) -> Condition:
    value = next(v for key, v in data.items() if key.startswith("answer"))
    if "answerCoding" in data:
        value = value["code"]
    elif "answerDate" in data:
        value = date.fromisoformat(value)
    elif "answerDecimal" in data:
        value = Decimal(str(value))
    return Condition(data["question"], Operator(data["operator"]), value)
