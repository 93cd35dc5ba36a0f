"""The editor's changes: one item at a time, and what it does not know of an item stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from booking.core.errors import NotFound
from booking.core.questionnaires.checks import find_mistakes
from booking.core.questionnaires.editing import (
    Kind,
    Words,
    answers_of,
    conditions_from,
    kind_of,
    lines,
    with_item,
    with_item_moved,
    without_item,
    words_of,
)
from booking.core.questionnaires.library import shipped_texts
from booking.core.questionnaires.own_forms import (
    adaptable,
    adapted,
    live_mistakes,
    new_form,
    next_version,
    with_head,
    with_safety_items,
)

EMPTY = new_form("A form", taken=(), copyright_line="Nobody")
CHOICES = ("By car", "By bus")


def built(*items: Words) -> dict[str, Any]:
    data = EMPTY
    for item in items:
        data = with_item(data, item)
    return data


def ids(data: dict[str, Any]) -> list[str]:
    return [line.link_id for line in lines(data)]


def options_for(kind: Kind) -> tuple[str, ...]:
    return CHOICES if kind.has_options else ()


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind.is_question and kind is not Kind.KEPT])
def test_a_question_of_each_kind_is_read_as_it_was_written(kind: Kind) -> None:
    ends = {"low": "None", "high": "All"} if kind is Kind.SCALE else {}
    bounds: dict[str, Any] = {"least": 1, "most": 9} if kind is Kind.WHOLE else {}
    words = Words(kind, "How?", "A hint.", True, options_for(kind), **ends, **bounds)
    data = built(words)
    assert find_mistakes(data) == []
    assert words_of(data, "how") == words
    assert with_item(data, words, "how") == data


@pytest.mark.parametrize("name", [name for name in shipped_texts() if name.split(".")[0] in adaptable()])
def test_saving_what_is_there_changes_nothing_that_is_asked(name: str) -> None:
    data = json.loads(shipped_texts()[name])
    for line in lines(data):
        words = words_of(data, line.link_id)
        saved = with_item(data, words, line.link_id)
        assert find_mistakes(saved) == []
        assert words_of(saved, line.link_id) == words
        assert [one.kind for one in lines(saved)] == [one.kind for one in lines(data)]


def test_items_stand_in_parts_and_move_among_them() -> None:
    part, page = Words(Kind.PART, "One"), Words(Kind.PAGE, "Two")
    data = built(part, page, Words(Kind.LINE, "A", inside="one"), Words(Kind.NOTE, "B"), Words(Kind.LINE, "C"))
    assert [(line.link_id, line.depth, line.inside) for line in lines(data)] == [
        ("one", 0, ""), ("a", 1, "one"), ("two", 0, ""), ("b", 0, ""), ("c", 0, ""),
    ]  # fmt: skip
    data = with_item(data, Words(Kind.LINE, "C", inside="two"), "c")
    assert ids(with_item_moved(data, "two", is_up=True)) == ["two", "c", "one", "a", "b"]
    assert ids(with_item_moved(data, "two", is_up=False)) == ["one", "a", "b", "two", "c"]
    assert ids(with_item_moved(data, "a", is_up=True)) == ids(with_item_moved(data, "a", is_up=False)) == ids(data)
    data = with_item(data, Words(Kind.PAGE, "Two", inside="one"), "two")
    assert ids(data) == ["one", "a", "two", "c", "b"]
    with pytest.raises(NotFound):
        with_item(data, Words(Kind.PART, "One", inside="two"), "one")
    with pytest.raises(NotFound):
        with_item(data, Words(Kind.LINE, "A", inside="b"), "a")
    assert ids(without_item(data, "one")) == ["b"]
    emptied = without_item(without_item(data, "c"), "a")
    assert "item" not in words_raw(emptied, "two")
    for unknown in (without_item, words_of):
        with pytest.raises(NotFound):
            unknown(data, "nowhere")


def words_raw(data: dict[str, Any], link_id: str) -> dict[str, Any]:
    return next(one for part in data["item"] for one in (part, *part.get("item", [])) if one["linkId"] == link_id)


def test_answers_keep_their_codes_when_their_words_change() -> None:
    data = built(Words(Kind.ONE, "How?", options=CHOICES))
    changed = with_item(data, Words(Kind.ONE, "How?", options=("By own car", "By bus", "By bike")), "how")
    assert answers_of(changed, "how") == (("by-car", "By own car"), ("by-bus", "By bus"), ("by-bike", "By bike"))
    turned = with_item(data, Words(Kind.ONE, "How?", options=("By bus", "By car")), "how")
    assert [code for code, _ in answers_of(turned, "how")] == ["by-bus", "by-car"]
    other = with_item(data, Words(Kind.PROSE, "How?"), "how")
    assert answers_of(other, "how") == ()
    back = with_item(other, Words(Kind.SEVERAL, "How?", options=CHOICES), "how")
    assert kind_of(back["item"][0]) is Kind.SEVERAL


def test_what_only_comes_with_an_adapted_form_is_kept() -> None:
    data = adapted("intake", "Ours", taken=())
    area = words_of(data, "pain-areas")
    assert area.kind is Kind.KEPT
    changed = with_item(data, Words(Kind.WHOLE, "Where?", hint="All of them.", inside="feeling"), "pain-areas")
    assert (words_of(changed, "pain-areas").text, kind_of(found(changed, "pain-areas"))) == ("Where?", Kind.KEPT)
    assert find_mistakes(changed) == []
    rows = with_item(data, Words(Kind.KEPT, "Pills", required=True, inside="lists"), "medicines")
    assert [one["type"] for one in found(rows, "medicines")["item"]] == ["string"] * 3
    with pytest.raises(NotFound):
        with_item(data, Words(Kind.KEPT, "New"))
    open_choice = {"linkId": "x", "type": "open-choice", "repeats": True}
    assert kind_of(open_choice) is kind_of({"linkId": "x", "type": "quantity"}) is Kind.KEPT


def found(data: dict[str, Any], link_id: str) -> dict[str, Any]:
    def walk(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [one for raw in items for one in (raw, *walk(raw.get("item", [])))]

    return next(one for one in walk(data["item"]) if one["linkId"] == link_id)


def test_conditions_are_made_of_what_was_chosen() -> None:
    data = built(
        Words(Kind.ONE, "How?", options=CHOICES), Words(Kind.YES_NO, "Alone"), Words(Kind.SCALE, "Pain"),
        Words(Kind.DECIMAL, "Fever"),
    )  # fmt: skip
    chosen = [("how", "=", "by-bus"), ("alone", "=", "true"), ("pain", ">=", "4"), ("fever", "<=", "38")]
    chosen.append(("how", "exists", "false"))
    made = conditions_from(data, chosen)
    asked = with_item(data, Words(Kind.LINE, "Which?", conditions=made, is_any=True))
    assert find_mistakes(asked) == []
    shown = words_of(asked, "which")
    assert (shown.conditions, shown.is_any) == (made, True)
    assert lines(asked)[-1].is_conditional
    all_of_them = with_item(asked, Words(Kind.LINE, "Which?", conditions=made), "which")
    assert found(all_of_them, "which")["enableBehavior"] == "all"
    one = with_item(asked, Words(Kind.LINE, "Which?", conditions=made[:1]), "which")
    assert "enableBehavior" not in found(one, "which")
    with pytest.raises(NotFound):
        conditions_from(data, [("how", "=", "by-train")])


def test_titles_and_versions() -> None:
    data = with_head(with_head(EMPTY, title="B", description="Why"), title="B", description="")
    assert (data["title"], "description" in data) == ("B", False)
    assert next_version({**data, "version": "2.9.1", "approvalDate": "2026-01-01"})["version"] == "2.10.0"
    assert adapted("goals", "Goals", taken=["own-goals"])["id"] == "own-goals-2"
    with pytest.raises(KeyError):
        adapted("phq-9", "Mine", taken=())


def test_safety_marks_are_set_and_taken_back() -> None:
    data = built(Words(Kind.ONE, "Sad?", options=CHOICES), Words(Kind.YES_NO, "Alone"), Words(Kind.SCALE, "Pain"))
    marked = with_safety_items(data, {"sad", "alone"})
    assert with_safety_items(marked, {"sad"})["item"][0] == marked["item"][0]
    assert with_safety_items(marked, ())["item"][1] == data["item"][1]
    assert live_mistakes({**marked, "approvalDate": "2026-01-01"}, has_licence=True, asks_about_self_harm=True) == ()
    broken = {**marked, "version": "x"}
    assert "version" in {one.rule for one in live_mistakes(broken, has_licence=True, asks_about_self_harm=True)}
