"""Worked examples of the scores from the published tables, all boundaries, and what holds for every instrument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.core.questionnaires.answers import DECLINED, Answers, Chosen, Value
from booking.core.questionnaires.instruments import score_of
from booking.core.questionnaires.library import SHIPPED
from booking.core.questionnaires.score_tables import SHIPPED_TABLES
from booking.core.questionnaires.scoring import Score, ScoredItem, ScoreTable, mean_to_tenth
from tests.core.questionnaires.answer_strategies import answers_for

FREQUENCY = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")
YES, NO = "LA33-6", "LA32-8"
GATE = "102011-4"
AUDIT = (
    ("LA6270-8", "LA18926-8", "LA18927-6", "LA18928-4", "LA18929-2"),
    ("LA15694-5", "LA15695-2", "LA18930-0", "LA18931-8", "LA18932-6"),
    ("LA6270-8", "LA18933-4", "LA18876-5", "LA18891-4", "LA18934-2"),
)
INSTRUMENTS = {code: SHIPPED.latest(code) for code in ("peg", "phq-2", "phq-9", "gad-7", "pc-ptsd-5", "audit-c")}
TABLES = {code: table for code, form in INSTRUMENTS.items() if (table := SHIPPED_TABLES.for_form(form))}


def _score(code: str, answers: Answers) -> Score:
    score = score_of(INSTRUMENTS[code], answers)
    assert score is not None
    return score


def _numbers(*numbers: int | None) -> Answers:
    """Answers to the PEG."""
    return dict(zip((item.link_id for item in TABLES["peg"].items), numbers, strict=True))


def _points(code: str, *points: int | None) -> Answers:
    """Answers to the items of a questionnaire of frequencies, by their published points."""
    items = [item.link_id for item in TABLES[code].items]
    values = [None if p is None else Chosen((FREQUENCY[p],)) for p in points]
    return dict(zip(items, values, strict=True))


def _ptsd(gate: str | None, *yes_or_no: str | None) -> Answers:
    items = [GATE, *(item.link_id for item in TABLES["pc-ptsd-5"].items)]
    return {k: Chosen((v,)) if v else None for k, v in zip(items, (gate, *yes_or_no), strict=False)}


def _audit(*points: int | None) -> Answers:
    items = [item.link_id for item in TABLES["audit-c"].items]
    codes = zip(items, AUDIT, points, strict=False)
    return {link_id: None if p is None else Chosen((answers[p],)) for link_id, answers, p in codes}


GOLDEN: dict[str, tuple[str, Answers, str | None]] = {
    "PEG 7 8 6": ("peg", _numbers(7, 8, 6), "7.0"),
    "PEG 10 9 9": ("peg", _numbers(10, 9, 9), "9.3"),
    "PEG 10 10 9": ("peg", _numbers(10, 10, 9), "9.7"),
    "PEG lowest": ("peg", _numbers(0, 0, 0), "0.0"),
    "PEG highest": ("peg", _numbers(10, 10, 10), "10.0"),
    "PEG with a blank": ("peg", _numbers(7, 8, None), None),
    "PHQ-2 3 3": ("phq-2", _points("phq-2", 3, 3), "6"),
    "PHQ-2 lowest": ("phq-2", _points("phq-2", 0, 0), "0"),
    "PHQ-2 at its cut-off": ("phq-2", _points("phq-2", 2, 1), "3"),
    "PHQ-2 with a blank": ("phq-2", _points("phq-2", None, 3), None),
    "PHQ-9 all 3": ("phq-9", _points("phq-9", *[3] * 9), "27"),
    "PHQ-9 all 0": ("phq-9", _points("phq-9", *[0] * 9), "0"),
    "PHQ-9 only item 9": ("phq-9", _points("phq-9", *[0] * 8, 1), "1"),
    "PHQ-9 item 9 blank": ("phq-9", _points("phq-9", *[3] * 8, None), None),
    **{
        f"PHQ-9 around {cut}": ("phq-9", _points("phq-9", *[3] * (cut // 3), cut % 3, *[0] * (8 - cut // 3)), str(cut))
        for cut in (4, 5, 9, 10, 14, 15, 19, 20)
    },
    "GAD-7 all 3": ("gad-7", _points("gad-7", *[3] * 7), "21"),
    "GAD-7 all 0": ("gad-7", _points("gad-7", *[0] * 7), "0"),
    "GAD-7 with a blank": ("gad-7", _points("gad-7", None, *[3] * 6), None),
    **{
        f"GAD-7 around {cut}": ("gad-7", _points("gad-7", *[3] * (cut // 3), cut % 3, *[0] * (6 - cut // 3)), str(cut))
        for cut in (4, 5, 9, 10, 14, 15)
    },
    "PC-PTSD-5 gate no": ("pc-ptsd-5", _ptsd(NO), "0"),
    "PC-PTSD-5 gate no, old answers behind it": ("pc-ptsd-5", _ptsd(NO, *[YES] * 5), "0"),
    "PC-PTSD-5 five yes": ("pc-ptsd-5", _ptsd(YES, *[YES] * 5), "5"),
    "PC-PTSD-5 three yes": ("pc-ptsd-5", _ptsd(YES, YES, YES, YES, NO, NO), "3"),
    "PC-PTSD-5 four yes": ("pc-ptsd-5", _ptsd(YES, YES, YES, YES, YES, NO), "4"),
    "PC-PTSD-5 five no": ("pc-ptsd-5", _ptsd(YES, *[NO] * 5), "0"),
    "PC-PTSD-5 one blank": ("pc-ptsd-5", _ptsd(YES, YES, YES, None, NO, NO), None),
    "PC-PTSD-5 gate blank": ("pc-ptsd-5", _ptsd(None), None),
    "AUDIT-C never": ("audit-c", _audit(0), "0"),
    "AUDIT-C never, old answers behind it": ("audit-c", _audit(0, 4, 4), "0"),
    "AUDIT-C 4 4 4": ("audit-c", _audit(4, 4, 4), "12"),
    "AUDIT-C 1 0 0": ("audit-c", _audit(1, 0, 0), "1"),
    "AUDIT-C 3 0 0, all points from the first": ("audit-c", _audit(3, 0, 0), "3"),
    "AUDIT-C 2 1 1": ("audit-c", _audit(2, 1, 1), "4"),
    "AUDIT-C with a blank": ("audit-c", _audit(2, 1, None), None),
}


@pytest.mark.parametrize(("code", "answers", "value"), GOLDEN.values(), ids=GOLDEN.keys())
def test_published_scoring(code: str, answers: Answers, value: str | None) -> None:
    assert _score(code, answers).value == (None if value is None else Decimal(value))


def test_a_mean_is_written_with_one_decimal_and_a_sum_with_none() -> None:
    assert [str(_score("peg", _numbers(7, 8, 6)).value), str(_score("phq-2", _points("phq-2", 3, 3)).value)] == [
        "7.0",
        "6",
    ]


RANGES = {"peg": (0, 10), "phq-2": (0, 6), "phq-9": (0, 27), "gad-7": (0, 21), "pc-ptsd-5": (0, 5), "audit-c": (0, 12)}
LOINC = {
    "peg": ("91148-7", "91147-9"),
    "phq-2": ("55757-9", "55758-7"),
    "phq-9": ("44249-1", "44261-6"),
    "gad-7": ("69737-5", "70274-6"),
    "pc-ptsd-5": ("102010-6", "102017-1"),
    "audit-c": ("72109-2", "75626-2"),
}


def test_each_instrument_has_a_table_with_its_range_and_codes() -> None:
    assert {code: (int(t.lowest), int(t.highest)) for code, t in TABLES.items()} == RANGES
    found = {code: (INSTRUMENTS[code].codings[0].code, table.coding.code) for code, table in TABLES.items()}
    assert found == LOINC
    assert [t for t in TABLES.values() if not t.source or not t.rule.startswith(t.instrument)] == []


@pytest.mark.parametrize("code", INSTRUMENTS)
def test_each_table_scores_the_questions_of_its_form_and_no_other_answers(code: str) -> None:
    questions = INSTRUMENTS[code].question_by_link_id
    for item in TABLES[code].items:
        asked = questions[item.link_id]
        assert dict(item.points).keys() == asked.option_by_code.keys()
        assert item.span == ((asked.min_value, asked.max_value) if not asked.options else None)
        assert [o.ordinal for o in asked.options] == [item.points[o.code] for o in asked.options]


def test_what_is_not_scored_is_known() -> None:
    unscored = {
        code: [q.link_id for q in form.questions if q.link_id not in {i.link_id for i in TABLES[code].items}]
        for code, form in INSTRUMENTS.items()
    }
    assert {code: ids for code, ids in unscored.items() if ids} == {"phq-9": ["69722-7"], "pc-ptsd-5": [GATE]}


MISSING: dict[str, tuple[str, Answers, tuple[str, ...]]] = {
    "blank": ("peg", _numbers(7, None, 6), ("91145-3",)),
    "declined": ("peg", {**_numbers(7, 8, 6), "91146-1": DECLINED}, ("91146-1",)),
    "never reached": ("peg", {}, ("75893-8", "91145-3", "91146-1")),
    "zero is an answer": ("peg", _numbers(0, 0, 0), ()),
    "the gate goes first": ("pc-ptsd-5", {}, (GATE, "102012-2", "102013-0", "102014-8", "102015-5", "102016-3")),
    "hidden behind a blank": ("audit-c", {}, ("68518-0", "68519-8", "68520-6")),
    "declined gate": ("pc-ptsd-5", {GATE: DECLINED}, (GATE, *(i.link_id for i in TABLES["pc-ptsd-5"].items))),
}


@pytest.mark.parametrize(("code", "answers", "missing"), MISSING.values(), ids=MISSING.keys())
def test_missing_items_are_named(code: str, answers: Answers, missing: tuple[str, ...]) -> None:
    assert _score(code, answers).missing == missing


@pytest.mark.parametrize("code", INSTRUMENTS)
@settings(max_examples=40)
@given(data=st.data())
def test_there_is_a_total_exactly_when_nothing_is_missing(code: str, data: st.DataObject) -> None:
    answers = data.draw(answers_for(INSTRUMENTS[code]))
    score = _score(code, answers)
    assert (score.value is None) == bool(score.missing)
    assert score.value is None or score.lowest <= score.value <= score.highest
    assert {link_id for link_id in score.missing if _is_given(answers, link_id)} <= _hidden_by_gate(answers)


def _is_given(answers: Answers, link_id: str) -> bool:
    return answers.get(link_id) not in (None, DECLINED)


def _hidden_by_gate(answers: Answers) -> set[str]:
    """Items whose answers do not count, since the question before them was left open."""
    gated = {i.link_id: i.gate.question for t in TABLES.values() for i in t.items if i.gate}
    return {link_id for link_id, gate in gated.items() if not _is_given(answers, gate)}


@given(numbers=st.tuples(*[st.integers(0, 9)] * 3), at=st.integers(0, 2))
def test_more_pain_never_lowers_the_score(numbers: tuple[int, int, int], at: int) -> None:
    worse = [n + (place == at) for place, n in enumerate(numbers)]
    before, after = _score("peg", _numbers(*numbers)).value, _score("peg", _numbers(*worse)).value
    assert before is not None
    assert after is not None
    assert before < after


UNSCORABLE: Mapping[str, tuple[str, Mapping[str, Value | None]]] = {
    "below the scale": ("peg", {"75893-8": -1}),
    "above the scale": ("peg", {"75893-8": 11}),
    "a boolean": ("peg", {"75893-8": True}),
    "a text": ("peg", {"75893-8": "7"}),
    "a code of another question": ("audit-c", {"68518-0": Chosen(("LA18934-2",))}),
    "two answers": ("phq-2", {"44250-9": Chosen(FREQUENCY[:2])}),
    "own words": ("phq-2", {"44250-9": Chosen((), "a bit")}),
}


@pytest.mark.parametrize(("code", "answers"), UNSCORABLE.values(), ids=UNSCORABLE.keys())
def test_an_answer_without_points_is_an_error_that_does_not_tell_it(code: str, answers: Answers) -> None:
    with pytest.raises(ValueError, match=r"^The answer to [0-9-]+ has no points in its table\.$"):
        _score(code, answers)


def test_the_same_code_has_the_points_of_its_question() -> None:
    """LA6270-8 "Never" stands in two lists of AUDIT-C; the difficulty codes of PHQ-9 are out of numeric order."""
    items = {item.link_id: item for item in TABLES["audit-c"].items}
    assert (items["68518-0"].points["LA6270-8"], items["68520-6"].points["LA6270-8"]) == (0, 0)
    labels = [o.code for o in INSTRUMENTS["phq-9"].question_by_link_id["69722-7"].options]
    assert labels == ["LA6572-7", "LA6573-5", "LA6575-0", "LA6574-3"]


def test_a_score_says_by_which_rule_it_came_about() -> None:
    score = _score("phq-9", _points("phq-9", *[0] * 9))
    assert (score.instrument, score.rule, score.coding.code) == ("phq-9", "phq-9-sum-1", "44261-6")


def test_another_version_of_a_form_is_not_scored_by_this_table() -> None:
    assert score_of(replace(INSTRUMENTS["peg"], version="1.0.1"), _numbers(1, 1, 1)) is None
    assert score_of(SHIPPED.latest("intake-short"), {}) is None


def test_points_may_be_below_zero() -> None:
    peg = TABLES["peg"]
    table = ScoreTable("x", "x-1", "us", peg.coding, peg.method, (ScoredItem("q", {"a": -3, "b": 5}),))
    assert (table.lowest, table.highest) == (-3, 5)


def test_means_are_rounded_half_up() -> None:
    assert mean_to_tenth([0] * 19 + [1]) == Decimal("0.1")
    with pytest.raises(ValueError, match="no mean"):
        mean_to_tenth([])
