"""What changed since last time, across versions, and which answers a new response may start from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.core.questionnaires.answers import DECLINED, Answers, Chosen, Rows
from booking.core.questionnaires.definition import ASK_AGAIN, SAFETY_ITEM
from booking.core.questionnaires.differences import Answered, Change, carried_forward, differences, is_fact
from booking.core.questionnaires.flow import without_hidden
from booking.core.questionnaires.library import SHIPPED
from tests.core.questionnaires.answer_strategies import answers_for
from tests.core.questionnaires.filled import INTAKE, MEDICINES, TALKATIVE, one
from tests.core.questionnaires.forms import (
    BRANCHING,
    display,
    group,
    mark,
    number_limits,
    options,
    parsed,
    question,
    when,
)

BEFORE: Answers = {"pain": True, "level": 4, "kind": Chosen(("dull",)), "places": Chosen(("arm",)), "last": None}
NOW: Answers = {"pain": True, "level": 6, "places": Chosen(("leg",)), "parent": Chosen(("yes",)), "last": DECLINED}


def changes(before: Answers, now: Answers) -> dict[str, Change]:
    found = differences(Answered(BRANCHING, before), Answered(BRANCHING, now))
    return {difference.link_id: difference.change for difference in found}


def test_what_was_added_removed_and_changed_comes_in_the_order_of_the_form() -> None:
    assert list(changes(BEFORE, NOW).items()) == [
        ("level", Change.CHANGED),
        ("kind", Change.REMOVED),
        ("places", Change.CHANGED),
        ("parent", Change.ADDED),
        ("last", Change.ADDED),
    ]


def test_the_same_answers_make_no_difference() -> None:
    assert changes(NOW, NOW) == {}
    assert changes({"pain": None}, {}) == {}


def test_hidden_answers_make_no_difference() -> None:
    assert changes({"pain": False, "level": 9}, {"pain": False}) == {}


def test_choices_and_rows_say_what_came_and_went() -> None:
    later: Answers = {**TALKATIVE, "medicines": Rows((MEDICINES.rows[0], ("Tea", "", ""))), "also": one("ptsd")}
    found = {d.link_id: d for d in differences(Answered(INTAKE, TALKATIVE), Answered(INTAKE, later))}
    assert set(found) == {"also", "medicines"}
    assert (found["also"].gained, found["also"].lost) == (("ptsd",), ("anxiety",))
    assert (found["medicines"].gained, found["medicines"].lost) == ((("Tea", "", ""),), MEDICINES.rows[1:])


def test_all_is_gained_by_a_first_answer_and_a_text_gains_nothing() -> None:
    [places] = differences(Answered(BRANCHING, {}), Answered(BRANCHING, {"places": Chosen(("arm",))}))
    assert (places.gained, places.lost) == (("arm",), ())
    [medicines] = differences(
        Answered(INTAKE, {"takes-medicines": one("yes")}),
        Answered(INTAKE, {"takes-medicines": one("yes"), "medicines": MEDICINES}),
    )
    assert (medicines.gained, medicines.lost) == (MEDICINES.rows, ())
    [goal] = differences(Answered(INTAKE, {"goal": "Sleep"}), Answered(INTAKE, {"goal": "Walk"}))
    assert (goal.gained, goal.lost) == ((), ())


OLD = parsed(
    question("kept", "string"),
    question("dropped"),
    question("choice", "choice", answerOption=options("a", "b")),
    question("retyped", "integer"),
    question("shorter", "text"),
    group("list", question("one", "string"), repeats=True),
    question("scale", "integer", extension=number_limits(0, 10)),
    question("mood", "choice", answerOption=options("good", "bad"), extension=mark(ASK_AGAIN, valueBoolean=True)),
    question("harm", extension=mark(SAFETY_ITEM, valueBoolean=True)),
)
NEW = replace(
    parsed(
        question("added"),
        question("shorter", "string", maxLength=5),
        question("kept", "string"),
        question("choice", "choice", answerOption=options("b", "c")),
        question("retyped", "string"),
        group("list", question("one", "string"), question("two", "string"), repeats=True),
        question("scale", "integer", extension=number_limits(0, 10)),
        question("mood", "choice", answerOption=options("good", "bad"), extension=mark(ASK_AGAIN, valueBoolean=True)),
        question("harm", extension=mark(SAFETY_ITEM, valueBoolean=True)),
    ),
    version="2.0.0",
)
GIVEN: Answers = {
    "kept": "words",
    "dropped": True,
    "choice": Chosen(("b",)),
    "retyped": 3,
    "shorter": "short",
    "list": Rows((("x",),)),
    "scale": 7,
    "mood": Chosen(("bad",)),
    "harm": False,
}


def test_facts_that_the_new_version_still_takes_are_carried_forward() -> None:
    assert carried_forward(Answered(OLD, GIVEN), NEW) == {
        "kept": "words",
        "choice": Chosen(("b",)),
        "shorter": "short",
    }


@pytest.mark.parametrize(
    ("link_id", "value"), [("choice", Chosen(("a",))), ("shorter", "much longer"), ("kept", None), ("kept", DECLINED)]
)
def test_what_the_new_version_would_not_take_is_asked_anew(link_id: str, value: object) -> None:
    assert link_id not in carried_forward(Answered(OLD, {link_id: value}), NEW)  # type: ignore[dict-item]


def test_differences_between_versions_keep_the_words_of_each() -> None:
    found = {d.link_id: d for d in differences(Answered(OLD, GIVEN), Answered(NEW, {"choice": Chosen(("c",))}))}
    assert list(found)[-1] == "dropped"
    assert (found["dropped"].change, found["dropped"].item_now) == (Change.REMOVED, None)
    assert found["choice"].item_before is OLD.question_by_link_id["choice"]
    assert found["choice"].item_now is NEW.question_by_link_id["choice"]


def test_answers_to_instruments_are_never_carried_forward() -> None:
    answers: Answers = {"44250-9": Chosen(("LA6568-5",))}
    phq_9 = SHIPPED.latest("phq-9")
    assert carried_forward(Answered(phq_9, answers), phq_9) == {}
    assert carried_forward(Answered(phq_9, answers), replace(phq_9, version="1.0.1")) == {}


def test_the_intake_asks_anew_how_somebody_is_and_keeps_the_history() -> None:
    anew = {q.link_id for q in INTAKE.questions if not is_fact(q)}
    assert anew == {
        *("pregnancy", "pain-areas", "pain-worst", "72514-3"),
        *("reach-by", "preparation-by-email", "email-not-private"),
    }
    facts = {k: v for k, v in without_hidden(INTAKE, TALKATIVE).items() if k not in anew}
    assert carried_forward(Answered(INTAKE, TALKATIVE), INTAKE) == facts


def test_only_questions_are_facts() -> None:
    form = parsed(display("d"), group("g", question("a", enableWhen=[when("a", answerBoolean=True)])))
    assert [is_fact(item) for item in form.items] == [False, False]


def test_two_forms_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="same form"):
        differences(Answered(INTAKE, {}), Answered(BRANCHING, {}))
    with pytest.raises(ValueError, match="same form"):
        carried_forward(Answered(INTAKE, {}), BRANCHING)


@settings(max_examples=30)
@given(data=st.data())
def test_what_is_carried_forward_and_saved_makes_no_difference(data: st.DataObject) -> None:
    before = data.draw(answers_for(BRANCHING))
    carried = carried_forward(Answered(BRANCHING, before), BRANCHING)
    found = differences(Answered(BRANCHING, before), Answered(BRANCHING, carried))
    assert [d.link_id for d in found if d.link_id in carried and d.now is not None] == []
