"""The forms that ship: sound, within their budget, worded with care, and found by code and version."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files

import pytest

from booking.core.errors import NotFound
from booking.core.questionnaires.answers import Answers, Chosen
from booking.core.questionnaires.definition import Questionnaire, walk
from booking.core.questionnaires.flow import minutes, missing_required, steps
from booking.core.questionnaires.library import SHIPPED, DefinitionRefused, Library, read_definition, shipped_texts
from tests.core.questionnaires.forms import BRANCHING, BRANCHING_JSON, form, question

INTAKE = SHIPPED.latest("intake-short")
PEG = SHIPPED.latest("peg")
CODES = (
    "audit-c",
    "day-after",
    "gad-7",
    "goals",
    "intake",
    "intake-short",
    "pc-ptsd-5",
    "peg",
    "phq-2",
    "phq-9",
    "pre-session",
)
STOP_LINE = "Do not stop or change any medicine unless your specialist tells you to."
NEVER_WRITTEN = re.compile(
    r"\b(treats|cures?|proven|safe|eligible|contraindicated|indications?|conditions we treat)\b", re.IGNORECASE
)


def test_the_shipped_forms_pass_their_own_checks() -> None:
    assert SHIPPED.codes == CODES
    assert {f"{read_definition(text).code}.json" for text in shipped_texts().values()} == set(shipped_texts())


def test_peg_says_exactly_what_was_published() -> None:
    assert [(q.link_id, q.text, q.low_label, q.high_label) for q in PEG.questions] == [
        (
            "75893-8",
            "What number best describes your pain on average in the past week?",
            "No pain",
            "Pain as bad as you can imagine",
        ),
        (
            "91145-3",
            "What number best describes how, during the past week, pain has interfered with your enjoyment of life?",
            "Does not interfere",
            "Completely interferes",
        ),
        (
            "91146-1",
            "What number best describes how, during the past week, pain has interfered with your general activity?",
            "Does not interfere",
            "Completely interferes",
        ),
    ]
    assert [q.code.code for q in PEG.questions if q.code] == [q.link_id for q in PEG.questions]
    assert [c.code for c in PEG.codings] == ["91148-7"]


def test_only_the_first_question_of_the_intake_is_mandatory() -> None:
    assert [q.link_id for q in INTAKE.questions if q.required] == ["main-concern"]
    assert [q.link_id for q in missing_required(INTAKE, {})] == ["main-concern"]
    assert [q for q in PEG.questions if q.required] == []


MOST: Answers = {
    "main-concern": Chosen(("other",)),
    "referred": Chosen(("yes",)),
    "ketamine-before": Chosen(("yes",)),
    "bp": Chosen(("yes",)),
    "needs": Chosen(("interpreter",)),
}


def test_the_intake_keeps_to_its_budget() -> None:
    assert (len(steps(INTAKE, {})), minutes(INTAKE, {})) == (11, 3)
    assert len(steps(INTAKE, MOST)) == 16
    assert {q.link_id for q in INTAKE.questions} == {q.link_id for s in steps(INTAKE, MOST) for q in s.questions}


def test_not_sure_is_an_answer_to_every_choice() -> None:
    choices = [q for q in INTAKE.questions if q.options]
    assert [q.link_id for q in choices if "not-sure" not in q.option_by_code] == []


@pytest.mark.parametrize("shipped", SHIPPED.questionnaires, ids=lambda f: f.code)
def test_patients_are_promised_and_told_nothing_clinical(shipped: Questionnaire) -> None:
    texts = [t for item in walk(shipped.items) for t in (item.text, item.hint, *(o.label for o in item.options))]
    assert [text for text in [shipped.title, shipped.description, *texts] if NEVER_WRITTEN.search(text)] == []


@pytest.mark.parametrize("key", ["treatments", "medicines"])
def test_pages_about_medicines_say_not_to_change_any(key: str) -> None:
    [step] = [s for s in steps(INTAKE, {}) if s.key == key]
    assert any(STOP_LINE in q.hint for q in step.questions)


def test_notices_stand_beside_the_forms() -> None:
    notices = (files("booking.core.questionnaires") / "definitions" / "NOTICE-instruments.md").read_text("utf-8")
    assert "doi:10.1007/s11606-009-0981-1" in notices
    assert "doi:10.1007/s11606-009-0981-1" in PEG.copyright
    assert "LOINC® is a registered United States trademark" in notices
    assert "LOINC® is a registered United States trademark" in PEG.copyright


def test_versions_are_ordered_as_numbers_and_all_stay_readable() -> None:
    versions = [replace(BRANCHING, version=v) for v in ("1.10.0", "1.9.0", "1.0.0")]
    library = Library(tuple(versions))
    assert library.latest("test-form").version == "1.10.0"
    assert library.exact(f"{BRANCHING.url}|1.0.0").version == "1.0.0"
    assert library.codes == ("test-form",)


def test_unknown_forms_are_not_found() -> None:
    with pytest.raises(NotFound):
        SHIPPED.latest("bpi")
    with pytest.raises(NotFound):
        SHIPPED.exact(PEG.url)


def test_a_sound_file_is_read() -> None:
    assert read_definition(json.dumps(BRANCHING_JSON)) == BRANCHING


REFUSED = {
    "no JSON": ("{", "is no JSON"),
    "no object": ("[]", "must be a JSON object"),
    "a mistake": (json.dumps(form(question("a b"))), r"item\[0\]: linkId must be"),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_broken_file_is_refused_with_its_mistakes(text: str, words: str) -> None:
    with pytest.raises(DefinitionRefused, match=words) as refused:
        read_definition(text)
    assert len(refused.value.mistakes) == 1
