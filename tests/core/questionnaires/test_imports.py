"""Forms that a clinic brings along: cleaned, checked, and not live before everything is there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from booking.core.questionnaires.checks import find_mistakes
from booking.core.questionnaires.definition import SAFETY_ITEM
from booking.core.questionnaires.imports import activation_mistakes, read_import, without_markup
from booking.core.questionnaires.library import MAX_BYTES, shipped_texts
from tests.core.questionnaires.forms import BRANCHING, BRANCHING_JSON, form, mark, question

SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"


def imported(data: Any) -> Any:
    return read_import(json.dumps(data))


def test_a_sound_form_is_taken_as_it_is() -> None:
    found = imported(BRANCHING_JSON)
    assert (found.data, found.dropped, found.mistakes) == (BRANCHING_JSON, (), ())
    assert found.questionnaire == BRANCHING


def test_what_only_computes_or_decorates_is_left_out_and_named() -> None:
    expression = mark(SDC + "calculatedExpression", valueExpression={"expression": "%x"})
    data = form(
        {**question("a", extension=expression), "_text": {"extension": []}},
        meta={"profile": ["x"]},
        text={"status": "generated", "div": "<div/>"},
        extension=[*mark(SDC + "launchContext"), *mark("http://hl7.org/fhir/StructureDefinition/variable")],
    )
    found = imported(data)
    assert found.mistakes == ()
    assert found.data == form(question("a"))
    assert sorted(found.dropped) == [
        "extension " + "http://hl7.org/fhir/StructureDefinition/variable",
        "extension " + SDC + "launchContext",
        "item[0]._text",
        "item[0].extension " + SDC + "calculatedExpression",
        "meta",
        "text",
    ]


CHANGING = {
    "a condition that is an expression": question("a", extension=mark(SDC + "enableWhenExpression", valueString="x")),
    "a modifier": question("a", modifierExtension=mark("https://a.example", valueBoolean=True)),
    "a value set": question("a", "choice", answerValueSet="https://a.example"),
}


@pytest.mark.parametrize("item", CHANGING.values(), ids=CHANGING.keys())
def test_what_would_change_the_way_through_the_form_is_refused(item: dict[str, Any]) -> None:
    assert imported(form(item)).mistakes


def test_markup_is_stripped_from_every_text() -> None:
    data = form(question("a", text="<p>How &lt;b&gt;bad&lt;/b&gt; is it?</p>"), title="A <i>form</i>")
    found = imported(data)
    assert (found.data["title"], found.data["item"][0]["text"]) == ("A form", "How bad is it?")
    assert found.mistakes == ()


TEXTS = [
    ("Is it < 3 months & new?", "Is it < 3 months & new?"),
    ("5 &lt; 6 &amp; 7 &gt; 6", "5 < 6 & 7 > 6"),
    ("a<br/>b", "a b"),
    ("<script>alert(1)</script>Hi", "Hi"),
    ("&amp;lt;script&amp;gt;x&amp;lt;/script&amp;gt;Hi", "Hi"),
    ("<!-- note --><STYLE>p {}</STYLE >Hi", "Hi"),
    ("<?xml version='1'?>Hi", "Hi"),
    ("<<b>b>Hi", "< b>Hi"),
]


@pytest.mark.parametrize(("text", "plain"), TEXTS)
def test_texts_without_markup(text: str, plain: str) -> None:
    assert without_markup(text) == plain


@example("&&amp;lt;lt;b>")
@given(st.text(alphabet="<>/!&;ablmptgscri- x", max_size=30))
def test_stripping_ends_and_leaves_no_tag(text: str) -> None:
    stripped = without_markup(text)
    assert without_markup(stripped) == stripped
    assert "<b>" not in stripped


UNREADABLE = {
    "too large": ('"' + "x" * MAX_BYTES + '"', "size"),
    "no JSON": ("{", "json"),
    "too deep for a parser": ("[" * 200_000, "json"),
    "no object": ("[]", "json"),
    "too deep": ('{"item":' * 60 + "{}" + "}" * 60, "depth"),
    "half a character": ('{"id": "\ud800"}', "missing"),
}


@pytest.mark.parametrize(("text", "rule"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_whatever_is_uploaded_gives_mistakes(text: str, rule: str) -> None:
    assert rule in {mistake.rule for mistake in read_import(text).mistakes}


def test_broken_json_names_its_line_and_another_resource_itself() -> None:
    broken, patient = (
        read_import('{"id": "a",\n "url" 7}').mistakes,
        read_import('{"resourceType": "Patient"}').mistakes,
    )
    assert [one.words for one in broken] == ["line 2, character 8: Expecting ':' delimiter"]
    assert [(one.rule, one.words) for one in patient] == [("no-questionnaire", "Patient")]
    assert read_import('{"resourceType": 7}').mistakes[0].words == "?"


@pytest.mark.parametrize(
    ("head", "made"),
    [
        ({"name": "SleepDiary2"}, "sleep-diary2"),
        ({"name": "!", "url": "https://a.example/forms/About_you/"}, "about-you"),
        ({"name": 7}, None),
        ({"name": "SleepDiary", "id": "Mine"}, "Mine"),
    ],
)
def test_an_id_that_is_missing_is_made(head: dict[str, Any], made: str | None) -> None:
    assert read_import(json.dumps(head)).data.get("id") == made


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["item", "type", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(data=st.dictionaries(st.sampled_from([*BRANCHING_JSON, "extension", "code"]), JSON, max_size=6))
def test_nothing_that_is_uploaded_raises(data: dict[str, Any]) -> None:
    assert read_import(json.dumps({**BRANCHING_JSON, **data})).data is not None


READY = form(question("a"), approvalDate="2026-11-23")
SAFE = form(question("a", extension=mark(SAFETY_ITEM, valueBoolean=True)), approvalDate="2026-11-23")


def rules(data: dict[str, Any], *, has_licence: bool = True, asks: bool | None = False) -> set[tuple[str, str]]:
    found = activation_mistakes(data, has_licence=has_licence, asks_about_self_harm=asks)
    return {(mistake.path, mistake.rule) for mistake in found}


def test_a_form_goes_live_when_everything_is_there() -> None:
    assert rules(READY) == set()
    assert rules(SAFE, asks=True) == set()


@pytest.mark.parametrize("name", ["url", "version", "copyright", "approvalDate"])
def test_a_form_without_its_head_does_not_go_live(name: str) -> None:
    assert (name, "missing") in rules({k: v for k, v in READY.items() if k != name})


def test_licence_and_the_question_about_self_harm_must_be_answered() -> None:
    assert rules(READY, has_licence=False) == {("", "licence")}
    assert rules(READY, asks=None) == {("", "safety")}


def test_safety_items_must_agree_with_the_answer() -> None:
    assert rules(READY, asks=True) == {("", "safety")}
    assert rules(SAFE, asks=False) == {("", "safety")}


def test_what_ships_could_be_imported() -> None:
    shipped = {name: json.loads(text) for name, text in shipped_texts().items()}
    assert {name: imported(data).mistakes for name, data in shipped.items() if find_mistakes(data)} == {}
    assert [name for name, data in shipped.items() if imported(data).data != data] == []
