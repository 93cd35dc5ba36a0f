"""A clinic's own form as FHIR JSON: begun anew, adapted from one that ships, its next version, and made ready to go
live. Every function gives new data and leaves what it got as it is.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from datetime import date
from typing import Any

from booking.core.clinic_file.codes import code_from
from booking.core.questionnaires.checks import find_mistakes
from booking.core.questionnaires.definition import ORDINAL_VALUE, SAFETY_ITEM, Questionnaire
from booking.core.questionnaires.fhir_shape import Mistake
from booking.core.questionnaires.imports import activation_mistakes
from booking.core.questionnaires.library import SHIPPED, shipped_texts
from booking.core.questionnaires.raw_items import extension, walk_raw
from booking.core.questionnaires.score_tables import SHIPPED_TABLES

Data = Mapping[str, Any]

PREFIX = "own-"
"""Codes of forms that a clinic makes begin so: no form that ships ever will."""
_URL = "https://respite.example/fhir/Questionnaire/"
_FIRST = "1.0.0"


def adaptable() -> tuple[str, ...]:
    """Codes of the forms that ship and may be adapted: those in our own words. The wording of instruments is fixed."""
    return tuple(q.code for q in SHIPPED.questionnaires if SHIPPED_TABLES.for_form(q) is None)


def new_form(title: str, *, taken: Collection[str], copyright_line: str) -> dict[str, Any]:
    """A form without a question yet, under a code that is not `taken`."""
    return {
        "resourceType": "Questionnaire",
        **_names(title, taken),
        "language": "en",
        "title": title,
        "status": "draft",
        "subjectType": ["Patient"],
        "copyright": copyright_line,
        "item": [],
    }


def adapted(code: str, title: str, *, taken: Collection[str]) -> dict[str, Any]:
    """A copy of the newest form `code` that ships, as a form of its own. Raises KeyError for one that is not adaptable.

    It keeps the link ids and the codes of the answers, and names where it is from: so the same flags are raised."""
    if code not in adaptable():
        raise KeyError(code)
    original = json.loads(shipped_texts()[f"{code}.json"])
    kept = {name: value for name, value in original.items() if name not in ("approvalDate", "date", "publisher")}
    origin = f"{original['url']}|{original['version']}"
    return {**kept, **_names(title, taken), "title": title, "status": "draft", "derivedFrom": [origin]}


def _names(title: str, taken: Collection[str]) -> dict[str, str]:
    code = code_from(f"{PREFIX}{title}", taken)
    name = "".join(word.capitalize() for word in code.split("-"))
    return {"id": code, "url": _URL + code, "version": _FIRST, "name": name}


def next_version(data: Data) -> dict[str, Any]:
    """The same form as a draft of its next version: 1.0.0 becomes 1.1.0."""
    major, minor, _ = data["version"].split(".")
    kept = {name: value for name, value in data.items() if name != "approvalDate"}
    return {**kept, "version": f"{major}.{int(minor) + 1}.0", "status": "draft"}


def with_head(data: Data, *, title: str, description: str) -> dict[str, Any]:
    """With another title and description; "" for no description."""
    kept = {name: value for name, value in data.items() if name != "description"}
    return {**kept, "title": title, **({"description": description} if description else {})}


def approved(data: Data, on: date) -> dict[str, Any]:
    """Released by the clinic itself on that day."""
    return {**data, "approvalDate": on.isoformat()}


def with_safety_items(data: Data, link_ids: Collection[str]) -> dict[str, Any]:
    """With exactly these questions marked as asking about self-harm. Where their answers have no numbers, the first one
    gets 0: it is the one that raises nothing."""
    marked = deepcopy(dict(data))
    for item in walk_raw(marked):
        kept = [e for e in item.data.get("extension", []) if e.get("url") != SAFETY_ITEM]
        mark = [{"url": SAFETY_ITEM, "valueBoolean": True}] if item.link_id in link_ids else []
        target: Any = item.data
        target.pop("extension", None)
        if kept or mark:
            target["extension"] = [*kept, *mark]
        if mark:
            _number(target.get("answerOption", []))
    return marked


def with_marks_of(original: Questionnaire, data: Data) -> dict[str, Any]:
    """A translation with the marks about self-harm that its original was given when it went live."""
    return with_safety_items(data, [item.link_id for item in original.questions if item.is_safety])


def harm_of(original: Questionnaire) -> dict[str, Any]:
    """What is to be said about self-harm of a translation: the same as of its original."""
    harm = frozenset(item.link_id for item in original.questions if item.is_safety)
    return {"asks_about_harm": bool(harm), "harm_items": harm}


def _number(options: list[dict[str, Any]]) -> None:
    if any(_has_ordinal(option) for option in options):
        return
    for place, option in enumerate(options):
        option["extension"] = [*option.get("extension", []), {"url": ORDINAL_VALUE, "valueDecimal": place}]


def _has_ordinal(option: Data) -> bool:
    holders = (option, option.get("valueCoding", {}))
    return any(extension(one, ORDINAL_VALUE, "valueDecimal") is not None for one in holders)


def ordinal_mistakes(data: Data) -> Iterator[Mistake]:
    """Questions of which some answers have an ordinalValue and others have none: nobody could score those."""
    for item in walk_raw(data):
        options = item.data.get("answerOption", [])
        if len({_has_ordinal(option) for option in options}) > 1:
            yield Mistake(item.path, "ordinal", "each answer of a scored question needs an ordinalValue")


def live_mistakes(data: Data, *, has_licence: bool, asks_about_self_harm: bool | None) -> tuple[Mistake, ...]:
    """Everything that keeps a form from going live, its structure first."""
    found = find_mistakes(data)
    if not found:
        found += ordinal_mistakes(data)
    return (*found, *activation_mistakes(data, has_licence=has_licence, asks_about_self_harm=asks_about_self_harm))
