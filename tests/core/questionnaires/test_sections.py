"""The parts of a form for its task list, and its pages by number."""

from __future__ import annotations

import pytest

from booking.core.errors import NotFound
from booking.core.questionnaires.answers import Answers
from booking.core.questionnaires.sections import Completion, named_sections, page_keys, page_questions, sections
from tests.core.questionnaires.forms import BRANCHING, group, parsed, question

FORM = parsed(group("one", question("a"), question("b")), question("c"), question("d"), group("two", question("e")))


def test_headings_that_are_too_long_name_no_parts() -> None:
    assert named_sections(FORM, {}, 8) == sections(FORM, {})
    [only] = named_sections(FORM, {"a": None}, 7)
    assert (only.title, only.completion) == ("", Completion.IN_PROGRESS)
    assert [step.key for step in only.steps] == ["a", "b", "c", "d", "e"]


def test_each_group_at_the_top_is_a_part_and_loose_questions_share_one() -> None:
    assert [(part.title, [s.key for s in part.steps]) for part in sections(FORM, {})] == [
        ("Part one", ["a", "b"]),
        ("", ["c", "d"]),
        ("Part two", ["e"]),
    ]


@pytest.mark.parametrize(
    ("answers", "completion"),
    [
        pytest.param({}, Completion.NOT_STARTED, id="nothing"),
        pytest.param({"a": None}, Completion.IN_PROGRESS, id="one-skipped"),
        pytest.param({"a": True, "b": None}, Completion.DONE, id="all"),
    ],
)
def test_skipped_questions_count_as_dealt_with(answers: Answers, completion: Completion) -> None:
    assert sections(FORM, answers)[0].completion is completion


def test_pages_are_numbered_whether_they_are_shown_or_not() -> None:
    assert page_keys(BRANCHING) == ("pain", "level", "since", "block", "words", "parent", "child", "last")


@pytest.mark.parametrize(("key", "asked"), [("level", ["level"]), ("block", ["kind", "places", "late"])])
def test_a_page_knows_all_questions_it_may_show(key: str, asked: list[str]) -> None:
    assert [item.link_id for item in page_questions(BRANCHING, key)] == asked


def test_a_question_of_a_block_is_no_page_of_its_own() -> None:
    with pytest.raises(NotFound):
        page_questions(BRANCHING, "kind")
