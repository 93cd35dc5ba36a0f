"""Flags: raised by the answers they name and by no others, worded for staff, and true to the forms that ship."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.core.questionnaires.answers import DECLINED, Answers, Chosen, Rows
from booking.core.questionnaires.definition import ItemType, Questionnaire
from booking.core.questionnaires.flags import (
    SAFETY_KEY,
    SHIPPED_RULES,
    Flag,
    FlagCondition,
    FlagKind,
    FlagRule,
    FlagRules,
    flag_words,
    flags_from_plain,
    flags_of,
    flags_to_plain,
    fold_words,
    matching_rows,
)
from booking.core.questionnaires.library import SHIPPED
from tests.core.questionnaires.answer_strategies import answers_for
from tests.core.questionnaires.filled import CALM, INTAKE, TALKATIVE, one

PRE, AFTER = SHIPPED.latest("pre-session"), SHIPPED.latest("day-after")
HEALTH = (
    *("bp", "heart", "vessel", "head", "eye", "liver", "bladder", "thyroid", "reaction", "breathing"),
    *("psychosis", "substance", "seizure", "memory", "porphyria"),
)


def keys(code: str, answers: Answers) -> list[str]:
    return [flag.key for flag in flags_of(SHIPPED.latest(code), answers)]


@pytest.mark.parametrize("key", HEALTH)
def test_each_health_question_raises_its_flag(key: str) -> None:
    sure, unsure, calm = (flags_of(INTAKE, {key: one(code)}) for code in ("yes", "not-sure", "no"))
    assert [(f.key, f.kind, f.evidence, f.is_unsure) for f in sure] == [(key, FlagKind.HEALTH, (key,), False)]
    assert [(f.key, f.is_unsure) for f in unsure] == [(key, True)]
    assert calm == ()


RAISED: dict[str, tuple[str, Answers, list[str]]] = {
    "uncontrolled": ("intake", {"bp": one("yes"), "bp-controlled": one("no")}, ["bp", "bp-control"]),
    "hidden answers raise nothing": ("intake", {"bp": one("no"), "bp-controlled": one("no")}, []),
    "declined": ("intake", {"bp": DECLINED, "pregnancy": DECLINED}, []),
    "pregnancy is possible": ("intake", {"pregnancy": one("possible")}, ["pregnancy"]),
    "pregnancy to be discussed": ("pre-session", {"pregnancy": one("discuss")}, ["pregnancy"]),
    "pregnancy does not apply": ("intake", {"pregnancy": one("does-not-apply")}, []),
    "old short form": (
        "intake-short",
        {"heart": one("yes"), "medicines": "Xanax at night"},
        ["heart", "med-benzodiazepine"],
    ),
    "fever before a session": ("pre-session", {"fever": one("yes")}, ["fever"]),
    "nobody takes them home": ("pre-session", {"escort": one("no")}, ["no-escort"]),
    "the day after": (
        "day-after",
        {"effects": Chosen(("water",)), "call-wanted": one("yes")},
        ["after-effects", "call-wanted"],
    ),
    "tired is usual the day after": ("day-after", {"effects": Chosen(("tired",))}, []),
    "help and interpreter": ("intake", {"needs": Chosen(("transfer", "interpreter"))}, ["interpreter", "transfer"]),
}


@pytest.mark.parametrize(("code", "answers", "found"), RAISED.values(), ids=RAISED.keys())
def test_answers_raise_these_flags(code: str, answers: Answers, found: list[str]) -> None:
    assert keys(code, answers) == found


TYPED = [
    ("LORAZEPAM 1mg", "med-benzodiazepine"),
    ("lamotrigine", "med-lamotrigine"),
    ("Clarithromycin", "med-enzyme"),
    ("St. John’s wort", "med-enzyme"),
    ("theophylline", "med-theophylline"),
    ("oxycodone/acetaminophen", "med-opioid"),
    ("Ambien", "med-sedative"),
    ("Levothyroxine (Synthroid)", "med-thyroid-hormone"),
    ("Lisinopril", "med-blood-pressure"),
    ("Adderall XR", "med-stimulant"),
    ("Sélegiline", "med-maoi"),
    ("insulin glargine", "med-diabetes"),
    ("Eliquis", "med-blood-thinner"),
]


@pytest.mark.parametrize(("name", "key"), TYPED)
def test_typed_names_raise_the_marker_of_their_group(name: str, key: str) -> None:
    answers: Answers = {"takes-medicines": one("yes"), "medicines": Rows((("Tea", "", ""), (name, "", "daily")))}
    [flag] = flags_of(INTAKE, answers)
    assert (flag.key, flag.kind) == (key, FlagKind.MEDICINE)
    assert matching_rows(flag, answers) == ((name, "", "daily"),)


@pytest.mark.parametrize("name", ["Gabapentin", "aspirine-free tea", "xanaxx", "soma-tics", "norcott"])
def test_only_whole_words_match(name: str) -> None:
    found = keys("intake", {"takes-medicines": one("yes"), "medicines": Rows(((name, "", ""),))})
    assert found == (["med-sedative"] if name == "soma-tics" else [])


def test_every_group_of_the_guide_has_a_marker() -> None:
    markers = [rule.key for rule in SHIPPED_RULES.rules if rule.kind is FlagKind.MEDICINE]
    assert markers == list(dict.fromkeys(key for _, key in TYPED))


def test_words_are_folded() -> None:
    assert fold_words(" St. JOHN’S  Wört ") == " st john s wort "


def test_flags_come_in_the_order_of_the_rules() -> None:
    found = keys("intake", TALKATIVE)
    order = [rule.key for rule in SHIPPED_RULES.rules]
    assert found == sorted(found, key=order.index) == ["bp", "allergies", "med-blood-pressure"]
    assert keys("intake", CALM) == ["no-escort"]


@pytest.mark.parametrize("rule", SHIPPED_RULES.rules, ids=lambda rule: rule.key)
def test_each_rule_asks_what_its_forms_ask(rule: FlagRule) -> None:
    assert _misfits(rule) == []


def _misfits(rule: FlagRule) -> list[str]:
    """Forms in which none of the rule's questions with these codes exists."""
    return [
        f"{rule.key}: {code}"
        for code in rule.questionnaires
        for condition in rule.conditions
        if not _fits(code, condition)
    ]


def _fits(code: str, condition: FlagCondition) -> bool:
    item = SHIPPED.latest(code).question_by_link_id.get(condition.question)
    if item is None:
        return False
    if condition.terms:
        return item.type in (ItemType.TEXT, ItemType.LIST)
    return item.option_by_code.keys() >= condition.codes | condition.unsure


def test_keys_are_unique_and_every_rule_says_its_source() -> None:
    rules = SHIPPED_RULES.rules
    assert len({rule.key for rule in rules}) == len(rules)
    assert [rule.key for rule in rules if not rule.source or not rule.words["en"] or rule.key == SAFETY_KEY] == []


def test_flags_are_kept_with_the_version_of_their_rules_and_read_back() -> None:
    flags = flags_of(INTAKE, TALKATIVE)
    assert flags_from_plain(json.loads(json.dumps(flags_to_plain(flags)))) == flags
    assert {flag.rule for flag in flags} == {f"flags-{SHIPPED_RULES.version}"}


def test_words_for_staff() -> None:
    [bp] = flags_of(INTAKE, {"bp": one("yes")})
    assert flag_words(bp, "en_US") == flag_words(bp, "de") == "High blood pressure"
    assert flag_words(Flag(SAFETY_KEY, FlagKind.SAFETY, "safety-1", ("q",)), "en") == ""
    gone = Flag("gone", FlagKind.HEALTH, "flags-0", ("q",))
    assert flag_words(gone, "en") == "gone"
    assert matching_rows(gone, {}) == ()
    assert matching_rows(bp, {"bp": one("yes")}) == ()


def test_a_rule_may_need_all_of_its_conditions() -> None:
    both = [FlagCondition(q, frozenset(["yes"]), frozenset(["not-sure"])) for q in ("bp", "heart")]
    rules = FlagRules("x", (replace(SHIPPED_RULES.rules[0], conditions=tuple(both), needs_all=True),))
    assert flags_of(INTAKE, {"bp": one("yes")}, rules) == ()
    [flag] = flags_of(INTAKE, {"bp": one("yes"), "heart": one("not-sure")}, rules)
    assert (flag.evidence, flag.is_unsure) == (("bp", "heart"), False)


@pytest.mark.parametrize("form", [INTAKE, PRE, AFTER], ids=lambda f: f.code)
@settings(max_examples=25)
@given(data=st.data())
def test_every_flag_names_answers_that_were_given(form: Questionnaire, data: st.DataObject) -> None:
    answers = data.draw(answers_for(form))
    assert [e for flag in flags_of(form, answers) for e in flag.evidence if answers.get(e) in (None, DECLINED)] == []
