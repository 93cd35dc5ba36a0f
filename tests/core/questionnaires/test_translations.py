"""A form in another language is the same form but for its words, or it is refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from booking.core.questionnaires.library import SHIPPED, DefinitionRefused, read_translation, shipped_texts
from booking.core.questionnaires.translations import translation_mistakes
from tests.core.questionnaires.forms import TYPES, TYPES_JSON

GOALS = SHIPPED.latest("goals")
GERMAN = json.loads(shipped_texts()["goals.de.json"])


def test_the_shipped_translation_says_everything_in_its_language() -> None:
    [german] = SHIPPED.translations
    assert translation_mistakes(GOALS, german) == []
    pairs = zip(GOALS.questions, german.questions, strict=True)
    assert [ours.link_id for ours, theirs in pairs if ours.text == theirs.text] == []


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "another version": (lambda d: d.update(version="1.0.1"), "version: differs"),
    "another address": (lambda d: d.update(url="https://a.example/x"), "url: differs"),
    "the same language": (lambda d: d.update(language="en"), "language: is the language"),
    "a question less": (lambda d: d["item"][0]["item"].pop(), "item: has other items"),
    "another order": (lambda d: d["item"][0]["item"].append(d["item"][0]["item"].pop(2)), "item: "),
    "another code": (
        lambda d: d["item"][0]["item"][3]["answerOption"][0]["valueCoding"].update(code="pain"),
        "matters: differs",
    ),
    "another limit": (lambda d: d["item"][0]["item"][0].update(maxLength=5), "goal: differs"),
    "another condition": (
        lambda d: d["item"][0]["item"][1]["enableWhen"][0].update(answerBoolean=False),
        "goal-now: differs",
    ),
    "no hint": (lambda d: d["item"][0]["item"][0].pop("item"), "goal: a text, a hint"),
    "broken": (lambda d: d.update(status="live"), "status: must be"),
}


@pytest.mark.parametrize(("change", "words"), CHANGES.values(), ids=CHANGES.keys())
def test_what_is_not_the_same_form_is_refused(change: Callable[[dict[str, Any]], Any], words: str) -> None:
    data = copy.deepcopy(GERMAN)
    change(data)
    with pytest.raises(DefinitionRefused, match=words):
        read_translation(json.dumps(data), GOALS)


def test_units_and_columns_keep_their_codes_and_change_their_words() -> None:
    text = json.dumps({**TYPES_JSON, "language": "de"}).replace("About", "Zu").replace('"lb"', '"Pfund"')
    assert read_translation(text, TYPES).question_by_link_id["weight"].units[1].display == "Pfund"
    with pytest.raises(DefinitionRefused, match="weight: differs"):
        read_translation(text.replace("[lb_av]", "st"), TYPES)
    with pytest.raises(DefinitionRefused, match="medicines: differs"):
        read_translation(text.replace('"dose"', '"strength"'), TYPES)
