"""Score tables as data: those that ship fit their forms, and one that comes with an import is checked first."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest

from booking.core.questionnaires.answers import Chosen
from booking.core.questionnaires.checks import find_mistakes
from booking.core.questionnaires.instruments import score_of
from booking.core.questionnaires.library import SHIPPED
from booking.core.questionnaires.parsing import parse_questionnaire
from booking.core.questionnaires.score_tables import (
    SHIPPED_TABLES,
    ScoreTables,
    brought_mistakes,
    read_table,
    table_in,
    table_mistakes,
    with_table,
)
from tests.core.questionnaires.forms import form, group, number_limits, options, question, when

SHIPPED_JSON = json.loads((files("booking.core.questionnaires") / "rules" / "scores.json").read_text("utf-8"))["tables"]


@pytest.mark.parametrize("raw", SHIPPED_JSON, ids=lambda raw: raw["instrument"])
def test_the_shipped_tables_fit_their_forms(raw: dict[str, Any]) -> None:
    [canonical] = raw["questionnaires"]
    assert table_mistakes(raw, SHIPPED.exact(canonical)) == []


FORM_JSON = form(
    question("a", "choice", answerOption=options("never", "often")),
    question("b", "integer", extension=number_limits(0, 4), enableWhen=[when("a", answerCoding={"code": "often"})]),
    question("many", "choice", answerOption=options("x", "y"), repeats=True),
    group("g", question("c")),
)
FORM = parse_questionnaire(FORM_JSON)
GOOD: dict[str, Any] = {
    "questionnaires": [FORM.canonical],
    "instrument": "ours",
    "rule": "ours-1",
    "source": "the clinic",
    "total": {"system": "https://a.example", "code": "total"},
    "method": "sum",
    "items": [
        {"linkId": "a", "points": {"never": 0, "often": 2}},
        {"linkId": "b", "span": [0, 4], "gate": {"question": "a", "code": "never"}},
    ],
}


def test_an_imported_form_is_scored_by_its_own_table() -> None:
    assert table_mistakes(GOOD, FORM) == []
    tables = SHIPPED_TABLES.joined({FORM.canonical: read_table(GOOD)})
    scores = [score_of(FORM, answers, tables) for answers in ({"a": Chosen(("often",)), "b": 3}, {})]
    assert [score.value for score in scores if score] == [5, None]


def test_what_ships_is_not_replaced() -> None:
    peg = SHIPPED.latest("peg")
    joined = SHIPPED_TABLES.joined({peg.canonical: read_table(GOOD)})
    assert joined.for_form(peg) is SHIPPED_TABLES.for_form(peg)
    assert ScoreTables({}).for_form(peg) is None


BROKEN: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no source": lambda t: t.pop("source"),
    "one thing more": lambda t: t.update(expression="%x"),
    "blank rule": lambda t: t.update(rule=" "),
    "no code": lambda t: t.update(total={}),
    "total as text": lambda t: t.update(total="x"),
    "another method": lambda t: t.update(method="median"),
    "another form": lambda t: t.update(questionnaires=["x"]),
    "no items": lambda t: t.update(items=[]),
    "items as text": lambda t: t.update(items="x"),
    "item as text": lambda t: t.update(items=["x"]),
    "linkId as number": lambda t: t["items"][0].update(linkId=1),
    "stranger": lambda t: t["items"][0].update(linkId="z"),
    "twice": lambda t: t["items"].append(t["items"][0]),
    "an answer without points": lambda t: t["items"][0]["points"].pop("never"),
    "points as text": lambda t: t["items"][0].update(points="x"),
    "half a point": lambda t: t["items"][0]["points"].update(never=0.5),
    "too many points": lambda t: t["items"][0]["points"].update(never=1001),
    "several answers": lambda t: t["items"].append({"linkId": "many", "points": {"x": 1, "y": 2}}),
    "another span": lambda t: t["items"][1].update(span=[0, 5]),
    "no span": lambda t: t["items"][1].pop("span"),
    "a question without numbers": lambda t: t["items"].append({"linkId": "c", "span": [None, None]}),
    "gate as text": lambda t: t["items"][1].update(gate="a"),
    "gate nowhere": lambda t: t["items"][1].update(gate={"question": "z", "code": "never"}),
    "gate of another answer": lambda t: t["items"][1].update(gate={"question": "a", "code": "z"}),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN.keys())
def test_a_table_that_does_not_fit_is_refused(change: Callable[[dict[str, Any]], Any]) -> None:
    table = copy.deepcopy(GOOD)
    change(table)
    assert {mistake.rule for mistake in table_mistakes(table, FORM)} == {"table"}


def test_a_table_that_is_no_object_is_refused() -> None:
    assert [str(m) for m in table_mistakes([], FORM)] == [
        ": a score table has instrument, items, method, questionnaires, rule, source, total (table)"
    ]


def test_a_form_brings_its_table_along_in_one_file() -> None:
    assert with_table(FORM_JSON, " ") == FORM_JSON
    assert table_in(FORM_JSON) is None
    assert brought_mistakes(FORM_JSON, FORM) == []
    brought = with_table(with_table(FORM_JSON, "{"), json.dumps(GOOD))
    assert (find_mistakes(brought), brought_mistakes(brought, FORM)) == ([], [])
    assert table_in(brought) == read_table(GOOD)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "[]", json.dumps({**GOOD, "method": "median"})])
def test_what_is_no_table_is_refused(text: str) -> None:
    assert {one.rule for one in brought_mistakes(with_table(FORM_JSON, text), FORM)} == {"table"}
