"""Each kind of seeded defect in a definition is found, with its place; sound definitions pass."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from booking.core.questionnaires.body_map import REGION_IDS
from booking.core.questionnaires.checks import MAX_ITEMS, find_mistakes
from booking.core.questionnaires.definition import (
    MAX_OCCURS,
    MIN_VALUE,
    OPTION_EXCLUSIVE,
    ORDINAL_VALUE,
    PRESENTATION,
    SAFETY_ITEM,
    UNIT_OPTION,
)
from tests.core.questionnaires.forms import (
    BRANCHING_JSON,
    coding,
    control,
    display,
    form,
    group,
    mark,
    number_limits,
    options,
    question,
    when,
)

YES = {"answerBoolean": True}
CHOICE = question("c", "choice", answerOption=options("x", "y"))


def found(data: dict[str, Any]) -> set[tuple[str, str]]:
    return {(mistake.path, mistake.rule) for mistake in find_mistakes(data)}


def test_a_sound_form_has_no_mistakes() -> None:
    assert find_mistakes(BRANCHING_JSON) == []


def after(*items: dict[str, Any]) -> dict[str, Any]:
    """A form that asks a, n, d and c, and then holds `items` from item[4] on."""
    return form(question("a"), question("n", "integer"), question("d", "date"), CHOICE, *items)


def conditional(*conditions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return after(question("x", enableWhen=list(conditions), **more))


HEAD = {
    "other resource": (form(CHOICE, resourceType="ValueSet"), ("resourceType", "resource-type")),
    "id": (form(CHOICE, id="Test Form"), ("id", "id")),
    "relative url": (form(CHOICE, url="Questionnaire/x"), ("url", "url")),
    "url with version": (form(CHOICE, url="https://a.example/x|1"), ("url", "url")),
    "version": (form(CHOICE, version="1"), ("version", "version")),
    "que-0": (form(CHOICE, name="my form"), ("name", "que-0")),
    "status": (form(CHOICE, status="live"), ("status", "status")),
    "markup": (form(CHOICE, title="<b>Form</b>"), ("title", "markup")),
    "language": (form(CHOICE, language="English"), ("language", "language")),
    "no date": (form(CHOICE, approvalDate="soon"), ("approvalDate", "date")),
    "date in another form": (form(CHOICE, date="20261123"), ("date", "date")),
    "long title": (form(CHOICE, title="x" * 121), ("title", "length")),
    "asks nothing": (form(display("d")), ("item", "no-question")),
    "too many": (form(*(question(f"q{n}") for n in range(MAX_ITEMS + 1))), ("item", "size")),
}
SHAPE = {
    "missing copyright": ({k: v for k, v in form(CHOICE).items() if k != "copyright"}, ("copyright", "missing")),
    "blank copyright": (form(CHOICE, copyright=" "), ("copyright", "empty")),
    "null": (form(CHOICE, description=None), ("description", "empty")),
    "empty array": (form(question("a", enableWhen=[])), ("item[0].enableWhen", "empty")),
    "no items": (form(), ("item", "empty")),
    "unknown property": (form(CHOICE, colour="red"), ("colour", "unknown-property")),
    "R5 name": (form({**CHOICE, "disabledDisplay": "hidden"}), ("item[0].disabledDisplay", "unknown-property")),
    "que-4 and que-5, a value set": (
        form({**CHOICE, "answerValueSet": "https://a.example/vs"}),
        ("item[0].answerValueSet", "unknown-property"),
    ),
    "que-9, read-only": (form({**CHOICE, "readOnly": True}), ("item[0].readOnly", "unknown-property")),
    "repeats as text": (form({**CHOICE, "repeats": "true"}), ("item[0].repeats", "wrong-type")),
    "number as text": (form(question("a", "text", maxLength="9")), ("item[0].maxLength", "wrong-type")),
    "boolean as number": (form(question("a", "text", maxLength=True)), ("item[0].maxLength", "wrong-type")),
    "items as object": (form(CHOICE, item={"linkId": "a"}), ("item", "wrong-type")),
    "items as texts": (form(CHOICE, item=["a"]), ("item", "wrong-type")),
    "subject types": (form(CHOICE, subjectType=[1]), ("subjectType", "wrong-type")),
    "nested option": (
        form(question("a", "choice", answerOption=[{"valueCoding": {"code": 1}}])),
        ("item[0].answerOption[0].valueCoding.code", "wrong-type"),
    ),
    "control": (
        form(question("a", extension=[{"url": "u", "valueCodeableConcept": {"coding": "page"}}])),
        ("item[0].extension[0].valueCodeableConcept.coding", "wrong-type"),
    ),
    "too deep": (form(group("1", group("2", group("3", group("4", group("5", CHOICE)))))), None),
    "R5 type": (form(question("a", "coding")), ("item[0].type", "item-type")),
    "unsupported type": (form(question("a", "attachment")), ("item[0].type", "item-type")),
    "no type": (form({"linkId": "a", "text": "A?"}), ("item[0].type", "missing")),
    "no linkId": (form(group("g", {"type": "text", "text": "A?"})), ("item[0].item[0].linkId", "missing")),
}
SHAPE["too deep"] = (SHAPE["too deep"][0], ("item[0].item[0].item[0].item[0].item[0].item[0]", "depth"))
ITEMS = {
    "que-1, group without items": (form(CHOICE, {"linkId": "g", "type": "group"}), ("item[1]", "que-1")),
    "que-1, display with items": (form(CHOICE, display("d", item=[question("a")])), ("item[1]", "que-1")),
    "que-2": (form(question("a"), group("g", question("a"))), ("item[1].item[0]", "que-2")),
    "que-3": (form(CHOICE, display("d", code=[coding("x")])), ("item[1]", "que-3")),
    "que-5": (form(question("a", "text", answerOption=options("x"))), ("item[0]", "que-5")),
    "que-6": (form(CHOICE, display("d", required=True)), ("item[1]", "que-6")),
    "que-10": (form({**CHOICE, "maxLength": 3}), ("item[0]", "que-10")),
    "link id": (form(question("a b")), ("item[0]", "link-id")),
    "no text": (form({"linkId": "a", "type": "boolean"}), ("item[0]", "no-text")),
    "markup in text": (form(question("a", text="<script>")), ("item[0]", "markup")),
    "markup in an option": (
        form(question("a", "choice", answerOption=[{"valueCoding": {**coding("x"), "display": "&lt;b"}}])),
        ("item[0]", "markup"),
    ),
    "no options": (form(question("a", "choice")), ("item[0]", "no-options")),
    "option without system": (
        form(question("a", "choice", answerOption=[{"valueCoding": {"code": "x", "display": "X"}}])),
        ("item[0]", "option"),
    ),
    "option without coding": (
        form(question("a", "choice", answerOption=[{"extension": [{"url": OPTION_EXCLUSIVE, "valueBoolean": True}]}])),
        ("item[0]", "option"),
    ),
    "option twice": (form(question("a", "choice", answerOption=options("x", "x"))), ("item[0]", "option-twice")),
    "repeating text": (form(question("a", "text", repeats=True)), ("item[0]", "repeats")),
    "questions in a repeating one": (
        form({**CHOICE, "repeats": True, "item": [question("a")]}),
        ("item[0]", "nested-repeat"),
    ),
    "group in a question": (form(question("a", item=[group("g", CHOICE)])), ("item[0]", "nested-group")),
    "page that is a question": (form(question("a", extension=control("page"))), ("item[0]", "page")),
    "page with a group": (form(group("g", group("h", CHOICE), extension=control("page"))), ("item[0]", "page")),
    "page with nested questions": (
        form(group("g", question("a", item=[question("b")]), extension=control("page"))),
        ("item[0]", "page"),
    ),
    "page too long": (
        form(group("g", *(question(f"q{n}") for n in range(6)), extension=control("page"))),
        ("item[0]", "page"),
    ),
    "page without questions": (form(CHOICE, group("g", display("d"), extension=control("page"))), ("item[1]", "page")),
    "unknown control": (form(question("a", extension=control("slider"))), ("item[0]", "item-control")),
    "label outside a question": (form(CHOICE, display("d", extension=control("lower"))), ("item[1]", "item-control")),
    "label with a condition": (
        form(question("a"), question("b", item=[display("d", enableWhen=[when("a", **YES)])])),
        ("item[1].item[0]", "label-condition"),
    ),
    "limits on a text": (form(question("a", "text", extension=number_limits(0, 10))), ("item[0]", "min-max")),
    "limits upside down": (form(question("a", "integer", extension=number_limits(10, 0))), ("item[0]", "min-max")),
    "limit of another type": (
        form(question("a", "integer", extension=[{"url": number_limits(0, 1)[0]["url"], "valueString": "0"}])),
        ("item[0]", "min-max"),
    ),
    "length zero": (form(question("a", "text", maxLength=0)), ("item[0]", "max-length")),
    "expression": (
        form(question("a", extension=[{"url": "http://hl7.org/fhir/uv/sdc/x", "valueString": "true"}])),
        ("item[0]", "extension"),
    ),
}
MEDICINES = group("m", question("m1", "string"), question("m2", "string"), repeats=True)
UNITS = [{"url": UNIT_OPTION, "valueCoding": {"code": "kg", "display": "kg"}}]
MAP = question("map", "choice", answerOption=options(*REGION_IDS), extension=mark(PRESENTATION, valueCode="body-map"))
SCALE = question(
    "scale",
    "integer",
    extension=[*number_limits(0, 10), *mark(PRESENTATION, valueCode="scale")],
    initial=[{"valueInteger": 5}],
)
ORDINALS = [
    {**option, "extension": mark(ORDINAL_VALUE, valueDecimal=n)} for n, option in enumerate(options("no", "yes"))
]
NEW_TYPES = [
    question("dec", "decimal", extension=[{"url": MIN_VALUE, "valueDecimal": 0.5}], initial=[{"valueDecimal": 1.5}]),
    question("qua", "quantity", extension=UNITS, initial=[{"valueQuantity": {"value": 70, "code": "kg"}}]),
    question("day", "date", extension=[{"url": MIN_VALUE, "valueDate": "2020-01-01"}]),
    group(
        "list", question("l1", "string"), display("l-help"), repeats=True, extension=mark(MAX_OCCURS, valueInteger=5)
    ),
    group("p2", group("list2", question("l2", "string"), repeats=True), question("z1"), extension=control("page")),
    MAP,
    SCALE,
    question("harm", "choice", answerOption=ORDINALS, extension=mark(SAFETY_ITEM, valueBoolean=True)),
    question(
        "harm2",
        "choice",
        answerOption=[{"valueCoding": {**coding("no"), "extension": mark(ORDINAL_VALUE, valueDecimal=0)}}],
        extension=mark(SAFETY_ITEM, valueBoolean=True),
    ),
    question("pre", "choice", answerOption=[{**option, "initialSelected": True} for option in options("x")]),
    question(
        "far", enableWhen=[when("dec", ">=", answerDecimal=2.5), when("list", "exists", **YES)], enableBehavior="all"
    ),
]
ANSWERS = {
    "que-8, initial on a group": (form(group("g", CHOICE, initial=[{"valueBoolean": True}])), "que-8"),
    "que-11, initial beside options": (form({**CHOICE, "initial": [{"valueString": "x"}]}), "que-11"),
    "que-13, two initial answers to one choice": (
        form(question("a", "choice", answerOption=[{**o, "initialSelected": True} for o in options("x", "y")])),
        "que-13",
    ),
    "initial of another type": (form(question("a", initial=[{"valueInteger": 1}])), "initial"),
    "two initial values": (form(question("a", initial=[{"valueBoolean": True}] * 2)), "initial"),
    "initial of a list": (form({**MEDICINES, "initial": [{"valueString": "x"}]}), "initial"),
    "initial quantity without unit": (
        form(question("a", "quantity", extension=UNITS, initial=[{"valueQuantity": {"value": 1}}])),
        "initial",
    ),
    "quantity without unit": (form(question("a", "quantity")), "unit"),
    "unit of an integer": (form(question("a", "integer", extension=UNITS)), "unit"),
    "unit without code": (
        form(question("a", "quantity", extension=mark(UNIT_OPTION, valueCoding={"code": "kg"}))),
        "unit",
    ),
    "too many options": (form(question("a", "choice", answerOption=options(*(f"x{n}" for n in range(61))))), "size"),
    "long option": (
        form(question("a", "choice", answerOption=[{"valueCoding": {**coding("x"), "display": "x" * 201}}])),
        "size",
    ),
    "long text": (form(question("a", text="x" * 1201)), "length"),
    "list without items": (form(CHOICE, {"linkId": "g", "type": "group", "text": "G", "repeats": True}), "que-1"),
    "list without text": (form({k: v for k, v in MEDICINES.items() if k != "text"}), "no-text"),
    "list of numbers": (form(group("g", question("a", "integer"), repeats=True)), "list"),
    "list of five": (form(group("g", *(question(f"a{n}", "string") for n in range(5)), repeats=True)), "list"),
    "list with a condition inside": (
        form(question("b"), group("g", question("a", "string", enableWhen=[when("b", **YES)]), repeats=True)),
        "list",
    ),
    "required group": (form(group("g", CHOICE, required=True)), "group-flags"),
    "rows of a group": (form(group("g", CHOICE, extension=mark(MAX_OCCURS, valueInteger=3))), "max-occurs"),
    "no rows": (form({**MEDICINES, "extension": mark(MAX_OCCURS, valueInteger=0)}), "max-occurs"),
    "known extension, wrong value": (
        form({**CHOICE, "extension": mark(SAFETY_ITEM, valueString="yes")}),
        "extension-value",
    ),
    "unknown presentation": (form({**CHOICE, "extension": mark(PRESENTATION, valueCode="dial")}), "presentation"),
    "body map of other places": (form({**CHOICE, "extension": mark(PRESENTATION, valueCode="body-map")}), "body-map"),
    "body map in a text": (form(question("a", "text", extension=mark(PRESENTATION, valueCode="body-map"))), "body-map"),
    "scale of 5": (
        form(question("a", "integer", extension=[*number_limits(0, 5), *mark(PRESENTATION, valueCode="scale")])),
        "scale",
    ),
    "safety text": (form(question("a", "text", extension=mark(SAFETY_ITEM, valueBoolean=True))), "safety"),
    "safety without numbers": (form({**CHOICE, "extension": mark(SAFETY_ITEM, valueBoolean=True)}), "safety"),
    "safety without zero": (
        form(question("a", "choice", answerOption=ORDINALS[1:], extension=mark(SAFETY_ITEM, valueBoolean=True))),
        "safety",
    ),
    "limit of a boolean": (form(question("a", extension=number_limits(0, 1))), "min-max"),
    "condition on a quantity": (
        form(question("q", "quantity", extension=UNITS), question("a", enableWhen=[when("q", answerInteger=1)])),
        "enable-answer",
    ),
    "condition on a column": (
        form(MEDICINES, question("a", enableWhen=[when("m1", answerString="x")])),
        "enable-question",
    ),
}
CONDITIONS = {
    "que-7": (conditional(when("a", "exists", answerInteger=1)), ("item[4].enableWhen[0]", "que-7")),
    "que-12, two without a behaviour": (conditional(when("a", **YES), when("a", **YES)), ("item[4]", "que-12")),
    "unknown behaviour": (conditional(when("a", **YES), enableBehavior="none"), ("item[4]", "enable-behavior")),
    "unknown question": (conditional(when("z", **YES)), ("item[4].enableWhen[0]", "enable-question")),
    "no question": (conditional({"operator": "=", **YES}), ("item[4].enableWhen[0]", "enable-question")),
    "unknown operator": (conditional(when("a", "~", **YES)), ("item[4].enableWhen[0]", "enable-operator")),
    "no operator": (conditional({"question": "a", **YES}), ("item[4].enableWhen[0]", "enable-operator")),
    "no answer": (conditional(when("a")), ("item[4].enableWhen[0]", "enable-answer")),
    "two answers": (conditional(when("a", answerInteger=1, **YES)), ("item[4].enableWhen[0]", "enable-answer")),
    "answer of another type": (conditional(when("n", **YES)), ("item[4].enableWhen[0]", "enable-answer")),
    "answer that is no option": (
        conditional(when("c", answerCoding=coding("z"))),
        ("item[4].enableWhen[0]", "enable-answer"),
    ),
    "answer that is no date": (conditional(when("d", answerDate="soon")), ("item[4].enableWhen[0]", "enable-answer")),
    "order of a boolean": (conditional(when("a", ">", **YES)), ("item[4].enableWhen[0]", "enable-operator")),
    "on itself": (conditional(when("x", **YES)), ("item[4].enableWhen[0]", "enable-order")),
    "on a later one": (
        form(question("x", enableWhen=[when("y", **YES)]), question("y")),
        ("item[0].enableWhen[0]", "enable-order"),
    ),
    "on the same page": (
        form(group("g", question("a"), question("b", enableWhen=[when("a", **YES)]), extension=control("page"))),
        ("item[0].item[1].enableWhen[0]", "enable-order"),
    ),
    "on a group": (
        form(group("g", question("a")), question("b", enableWhen=[when("g", **YES)])),
        ("item[1].enableWhen[0]", "enable-question"),
    ),
}
DEFECTS = {**HEAD, **SHAPE, **ITEMS, **CONDITIONS}


@pytest.mark.parametrize(("data", "mistake"), DEFECTS.values(), ids=DEFECTS.keys())
def test_each_seeded_defect_is_found_in_its_place(data: dict[str, Any], mistake: tuple[str, str]) -> None:
    assert mistake in found(data)


@pytest.mark.parametrize(("data", "rule"), ANSWERS.values(), ids=ANSWERS.keys())
def test_what_does_not_fit_the_kind_of_question_is_found(data: dict[str, Any], rule: str) -> None:
    assert rule in {mistake.rule for mistake in find_mistakes(data)}


ALONE = {k: v for k, v in {**HEAD, **SHAPE, **CONDITIONS}.items() if k != "no type"}


@pytest.mark.parametrize(("data", "mistake"), ALONE.values(), ids=ALONE.keys())
def test_a_defect_is_not_reported_as_others_too(data: dict[str, Any], mistake: tuple[str, str]) -> None:
    assert found(data) == {mistake}


SOUND: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a retired form": lambda f: f.update(status="retired"),
    "date comparison": lambda f: f["item"].append(
        question("z", enableWhen=[when("since", "<=", answerDate="2026-01-01")])
    ),
    "exists on a choice": lambda f: f["item"].append(question("z", enableWhen=[when("kind", "exists", **YES)])),
    "a page that asks about another page": lambda f: f["item"].append(
        group("p", question("z", enableWhen=[when("late", **YES)]), extension=control("page"))
    ),
    "a scale of one number": lambda f: f["item"].append(question("z", "integer", extension=number_limits(1, 1))),
    "a sound question of every new type": lambda f: f["item"].extend(NEW_TYPES),
    "text with a lone less-than": lambda f: f["item"].append(question("z", text="Is it < 3 months & new?")),
}


@pytest.mark.parametrize("change", SOUND.values(), ids=SOUND.keys())
def test_sound_variants_pass(change: Callable[[dict[str, Any]], Any]) -> None:
    data = copy.deepcopy(BRANCHING_JSON)
    change(data)
    assert find_mistakes(data) == []


def test_a_mistake_reads_as_a_sentence_with_its_place() -> None:
    [mistake] = find_mistakes(form(CHOICE, version="1"))
    assert str(mistake) == "version: must be three numbers such as 1.0.0 (version)"
