"""Score tables as data: those of `rules/scores.json`, and those that come with an imported form, in the same shape.

A table names the exact versions of the forms it is for: other words are another instrument until somebody says not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.fhir_shape import Mistake
from booking.core.questionnaires.parsing import parse_coding
from booking.core.questionnaires.raw_items import extension
from booking.core.questionnaires.scoring import Gate, Method, ScoredItem, ScoreTable

MAX_POINTS = 1000
SCORE_TABLE = "https://respite.example/fhir/StructureDefinition/score-table"
"""Our extension of a Questionnaire, a string: the JSON of the table that scores it. So a form and its table are one
file, and one version."""
_KEYS = {"questionnaires", "instrument", "rule", "source", "total", "method", "items"}


@dataclass(frozen=True, slots=True)
class ScoreTables:
    """Tables by the `url|version` of the form they score."""

    by_canonical: Mapping[str, ScoreTable]

    def for_form(self, questionnaire: Questionnaire) -> ScoreTable | None:
        """The table of exactly this version, None for a form that is not scored."""
        return self.by_canonical.get(questionnaire.canonical)

    def joined(self, others: Mapping[str, ScoreTable]) -> ScoreTables:
        """These tables and those of imported forms; what ships cannot be replaced."""
        return ScoreTables({**others, **self.by_canonical})


def read_table(data: Mapping[str, Any]) -> ScoreTable:
    """One table from data without mistakes; KeyError or ValueError for other data."""
    return ScoreTable(
        instrument=data["instrument"],
        rule=data["rule"],
        source=data["source"],
        coding=parse_coding(data["total"]),
        method=Method(data["method"]),
        items=tuple(_read_item(raw) for raw in data["items"]),
    )


def _read_item(raw: Mapping[str, Any]) -> ScoredItem:
    span, gate = raw.get("span"), raw.get("gate")
    return ScoredItem(
        raw["linkId"],
        dict(raw.get("points", {})),
        (span[0], span[1]) if span else None,
        Gate(gate["question"], gate["code"]) if gate else None,
    )


def with_table(data: Mapping[str, Any], table: str) -> dict[str, Any]:
    """The Questionnaire JSON with that table (JSON text) in it, in place of any other; as it is for ""."""
    if not table.strip():
        return dict(data)
    others = [one for one in data.get("extension", []) if one.get("url") != SCORE_TABLE]
    return {**data, "extension": [*others, {"url": SCORE_TABLE, "valueString": table.strip()}]}


def table_in(data: Mapping[str, Any]) -> ScoreTable | None:
    """The table that checked Questionnaire JSON brings along; None when it has none."""
    text = extension(data, SCORE_TABLE, "valueString")
    return None if text is None else read_table(json.loads(text))


def brought_mistakes(data: Mapping[str, Any], questionnaire: Questionnaire) -> list[Mistake]:
    """What is wrong with the table that Questionnaire JSON brings along; [] when it has none."""
    text = extension(data, SCORE_TABLE, "valueString")
    try:
        return [] if text is None else table_mistakes(json.loads(text), questionnaire)
    except (ValueError, RecursionError):
        return [Mistake("extension", "table", "the score table is no JSON")]


def table_mistakes(data: Any, questionnaire: Questionnaire) -> list[Mistake]:
    """Everything that keeps a table from scoring this form: its shape, and points that do not fit the questions."""
    if not isinstance(data, dict) or data.keys() != _KEYS:
        return [Mistake("", "table", f"a score table has {', '.join(sorted(_KEYS))}")]
    texts = (data["instrument"], data["rule"], data["source"])
    found = [Mistake("", "table", "instrument, rule and source are texts")] if not all(map(_is_text, texts)) else []
    if not isinstance(data["total"], dict) or not _is_text(data["total"].get("code")):
        found.append(Mistake("total", "table", "needs a code"))
    if data["method"] not in set(Method):
        found.append(Mistake("method", "table", "must be sum or mean"))
    if data["questionnaires"] != [questionnaire.canonical]:
        found.append(Mistake("questionnaires", "table", "must be url|version of the form"))
    items = data["items"] if isinstance(data["items"], list) else []
    if not items:
        found.append(Mistake("items", "table", "scores nothing"))
    link_ids = [raw.get("linkId") if isinstance(raw, dict) else None for raw in items]
    for index, raw in enumerate(items):
        words = _item_words(raw, questionnaire, link_ids[:index])
        found += [Mistake(f"items[{index}]", "table", text) for text in words]
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_points(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_POINTS


def _item_words(raw: Any, questionnaire: Questionnaire, before: Sequence[Any]) -> Iterator[str]:
    """What is wrong with one line of a table, in words."""
    link_id = raw.get("linkId") if isinstance(raw, dict) else None
    item = questionnaire.question_by_link_id.get(link_id) if isinstance(link_id, str) else None
    if item is None or link_id in before:
        yield "needs the linkId of a question, each once"
    elif item.options:
        points = raw.get("points")
        if not isinstance(points, dict) or points.keys() != item.option_by_code.keys():
            yield "needs points for each answer of the question"
        elif item.repeats or not all(map(_is_points, points.values())):
            yield "points are whole numbers, for a question with one answer"
    elif raw.get("span") != [item.min_value, item.max_value] or not all(map(_is_points, raw["span"])):
        yield "needs span, the lowest and the highest number of the question"
    if isinstance(raw, dict) and "gate" in raw and not _is_gate(raw["gate"], questionnaire):
        yield "a gate names an earlier question and one of its answers"


def _is_gate(gate: Any, questionnaire: Questionnaire) -> bool:
    if not isinstance(gate, dict) or not _is_text(gate.get("question")):
        return False
    asked = questionnaire.question_by_link_id.get(gate["question"])
    return asked is not None and gate.get("code") in asked.option_by_code


def _shipped() -> ScoreTables:
    text = (files("booking.core.questionnaires") / "rules" / "scores.json").read_text(encoding="utf-8")
    tables = json.loads(text)["tables"]
    return ScoreTables({canonical: read_table(raw) for raw in tables for canonical in raw["questionnaires"]})


SHIPPED_TABLES = _shipped()
