"""The forms that ship: sound, within their budget, worded with care, and found by code and version."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files

import pytest

from booking.core.errors import NotFound
from booking.core.questionnaires.answers import Answers, Chosen
from booking.core.questionnaires.body_map import REGION_IDS
from booking.core.questionnaires.definition import Questionnaire, walk
from booking.core.questionnaires.flow import missing_required, steps
from booking.core.questionnaires.library import (
    MAX_BYTES,
    SHIPPED,
    DefinitionRefused,
    Library,
    read_definition,
    shipped_texts,
)
from booking.core.questionnaires.sections import page_questions
from tests.core.questionnaires.filled import MOST_BRANCHES
from tests.core.questionnaires.forms import BRANCHING, BRANCHING_JSON, form, question

INTAKE = SHIPPED.latest("intake")
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
    named = {f"{read_definition(text).code}.json" for name, text in shipped_texts().items() if name.count(".") == 1}
    assert named | {"goals.de.json"} == set(shipped_texts())


def test_every_newer_form_says_when_it_was_approved_and_who_holds_the_rights() -> None:
    data = [json.loads(text) for name, text in shipped_texts().items() if name not in ("peg.json", "intake-short.json")]
    assert [d["id"] for d in data if not d.get("approvalDate") or not d.get("copyright") or not d.get("language")] == []


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
    required = {f.code: [q.link_id for q in f.questions if q.required] for f in SHIPPED.questionnaires}
    assert {code: ids for code, ids in required.items() if ids} == {
        "intake-short": ["main-concern"],
        "intake": ["main-concern"],
    }
    assert [q.link_id for q in missing_required(INTAKE, {})] == ["main-concern"]


SHORT_MOST: Answers = {
    "main-concern": Chosen(("other",)),
    "referred": Chosen(("yes",)),
    "ketamine-before": Chosen(("yes",)),
    "bp": Chosen(("yes",)),
    "needs": Chosen(("interpreter",)),
}


def test_the_short_intake_keeps_to_its_budget() -> None:
    short = SHIPPED.latest("intake-short")
    assert len(steps(short, {})) == 11
    assert {q.link_id for q in short.questions} == {q.link_id for s in steps(short, SHORT_MOST) for q in s.questions}


def test_every_question_of_the_intake_can_be_reached() -> None:
    shown = {q.link_id for step in steps(INTAKE, MOST_BRANCHES) for q in step.questions}
    assert {q.link_id for q in INTAKE.questions} == shown


def test_not_sure_is_an_answer_to_every_choice() -> None:
    own = [SHIPPED.latest(code) for code in ("intake", "intake-short", "goals", "pre-session", "day-after")]
    choices = [q for form in own for q in form.questions if q.options and not q.is_body_map]
    assert [q.link_id for q in choices if "not-sure" not in q.option_by_code] == []


@pytest.mark.parametrize("shipped", SHIPPED.questionnaires, ids=lambda f: f.code)
def test_patients_are_promised_and_told_nothing_clinical(shipped: Questionnaire) -> None:
    texts = [t for item in walk(shipped.items) for t in (item.text, item.hint, *(o.label for o in item.options))]
    assert [text for text in [shipped.title, shipped.description, *texts] if NEVER_WRITTEN.search(text)] == []


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("intake-short", "treatments"),
        ("intake-short", "medicines"),
        ("intake", "lists"),
        ("intake", "tried-part"),
        ("pre-session", "medicines"),
    ],
)
def test_pages_about_medicines_say_not_to_change_any(code: str, key: str) -> None:
    assert any(STOP_LINE in item.hint for item in page_questions(SHIPPED.latest(code), key))


NOTICES = {
    "peg": "doi:10.1007/s11606-009-0981-1",
    "phq-2": "Copyright © Pfizer Inc. All rights reserved. Developed by Drs. Robert L. Spitzer",
    "phq-9": "No permission required to reproduce, translate, display or distribute",
    "gad-7": "(https://www.phqscreeners.com/)",
    "pc-ptsd-5": "doi:10.1007/s11606-016-3703-5. Public domain.",
    "audit-c": "AUDIT © World Health Organization; may be reproduced free of charge, not for sale",
}


@pytest.mark.parametrize(("code", "words"), NOTICES.items())
def test_notices_stand_in_the_form_and_beside_it(code: str, words: str) -> None:
    notices = (files("booking.core.questionnaires") / "definitions" / "NOTICE-instruments.md").read_text("utf-8")
    assert words in notices
    assert words in SHIPPED.latest(code).copyright
    assert f"`{code}.json`" in notices


def test_whoever_uses_loinc_says_so() -> None:
    mark = "LOINC® is a registered United States trademark of Regenstrief Institute, Inc."
    using = {name: text for name, text in shipped_texts().items() if 'http://loinc.org"' in text}
    assert set(using) == {f"{c}.json" for c in (*NOTICES, "intake", "pre-session", "day-after")}
    assert [name for name, text in using.items() if mark not in text] == []


NOT_OURS = re.compile(r"snomed|\b(BPI|PROMIS|DN4|painDETECT|S-LANSS|STOP-BANG|Epworth|EQ-5D)\b", re.IGNORECASE)


def test_nothing_that_may_not_be_shipped_is_shipped() -> None:
    assert [name for name, text in shipped_texts().items() if NOT_OURS.search(text)] == []


def test_the_body_map_asks_where_and_where_most() -> None:
    areas, worst = INTAKE.question_by_link_id["pain-areas"], INTAKE.question_by_link_id["pain-worst"]
    assert (areas.is_body_map, areas.repeats, worst.is_body_map, worst.repeats) == (True, True, True, False)
    assert tuple(o.code for o in areas.options) == tuple(o.code for o in worst.options) == REGION_IDS
    assert len({o.label for o in areas.options}) == len(REGION_IDS) == 40


def test_versions_are_ordered_as_numbers_and_all_stay_readable() -> None:
    versions = [replace(BRANCHING, version=v) for v in ("1.10.0", "1.9.0", "1.0.0")]
    library = Library(tuple(versions))
    assert library.latest("test-form").version == "1.10.0"
    assert library.exact(f"{BRANCHING.url}|1.0.0").version == "1.0.0"
    assert library.codes == ("test-form",)


def test_a_version_in_use_goes_before_a_newer_one_that_is_not() -> None:
    newer = [replace(BRANCHING, version="2.0.0", status=status) for status in ("draft", "retired")]
    assert [Library((BRANCHING, other)).latest("test-form").version for other in newer] == ["1.0.0", "1.0.0"]
    assert Library((newer[1],)).latest("test-form").version == "2.0.0"


def test_all_versions_are_listed_the_newest_first() -> None:
    library = Library(tuple(replace(BRANCHING, version=v) for v in ("1.9.0", "1.10.0")))
    assert [q.version for q in library.versions("test-form")] == ["1.10.0", "1.9.0"]
    assert library.versions("nothing") == ()


GOALS = SHIPPED.latest("goals")


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("de", "Ihre Ziele"),
        ("de-AT", "Ihre Ziele"),
        ("de_CH", "Ihre Ziele"),
        ("en", "Your goals"),
        ("fr", "Your goals"),
    ],
)
def test_one_version_is_offered_in_several_languages(asked: str, title: str) -> None:
    found = SHIPPED.in_language(GOALS, asked)
    assert (found.title, found.canonical) == (title, GOALS.canonical)
    assert SHIPPED.in_language(found, "en") == GOALS


def test_the_languages_of_a_form() -> None:
    assert SHIPPED.languages(GOALS) == ("en", "de")
    assert SHIPPED.languages(INTAKE) == ("en",)


def test_instruments_are_not_translated_by_us() -> None:
    assert {q.code for q in SHIPPED.translations}.isdisjoint(NOTICES)


def test_a_clinic_adds_forms_and_versions_but_replaces_nothing() -> None:
    newer = replace(GOALS, version="1.1.0", title="Ours")
    impostors = [replace(GOALS, title="Changed"), replace(BRANCHING, code="peg")]
    german = replace(newer, language="de", title="Unsere")
    stray = replace(german, version="9.0.0")
    library = SHIPPED.joined([newer, BRANCHING, *impostors], [german, stray])
    assert library.latest("goals") is newer
    assert library.exact(GOALS.canonical) is GOALS
    assert library.latest("peg") is PEG
    assert library.latest("test-form") is BRANCHING
    assert library.in_language(newer, "de") is german
    assert stray not in library.translations


def test_unknown_forms_are_not_found() -> None:
    with pytest.raises(NotFound):
        SHIPPED.latest("bpi")
    with pytest.raises(NotFound):
        SHIPPED.exact(PEG.url)


def test_a_sound_file_is_read() -> None:
    assert read_definition(json.dumps(BRANCHING_JSON)) == BRANCHING


REFUSED = {
    "no JSON": ("{", "is no JSON"),
    "too large": ('"' + "x" * MAX_BYTES + '"', "is larger than"),
    "too deep for a parser": ("[" * 200_000, "is no JSON"),
    "no object": ("[]", "must be a JSON object"),
    "a mistake": (json.dumps(form(question("a b"))), r"item\[0\]: linkId must be"),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_broken_file_is_refused_with_its_mistakes(text: str, words: str) -> None:
    with pytest.raises(DefinitionRefused, match=words) as refused:
        read_definition(text)
    assert len(refused.value.mistakes) == 1
