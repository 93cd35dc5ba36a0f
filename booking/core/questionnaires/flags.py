"""Flags: answers that the specialist wants to see at a glance. Rules as data; no flag decides or advises anything.

A flag names the answers behind it, so that whoever reads it can judge for themselves; "Not sure" raises it as unsure.
It is for clinical staff only: no flag, and no sentence made of one, is ever shown to a patient (clinical guide, 2.1,
3.2 and 3.3). Markers of medicine groups compare typed names with lists of words: what is spelled otherwise is missed.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any

from booking.core.questionnaires.answers import Answers, Chosen, Rows, Value
from booking.core.questionnaires.definition import Questionnaire
from booking.core.questionnaires.flow import without_hidden
from booking.core.questionnaires.safety import safety_answers

SAFETY_KEY = "safety"
"""The flag of a safety item that was answered with anything but "not at all"."""
_SAFETY_RULE = "safety-1"


class FlagKind(StrEnum):
    """What a flag is about, in the order in which they are shown."""

    SAFETY = "safety"
    HEALTH = "health"
    MEDICINE = "medicine"
    PRACTICAL = "practical"


@dataclass(frozen=True, slots=True)
class FlagCondition:
    """What an answer must be: one of these options, or a text that holds one of these terms (folded words)."""

    question: str
    codes: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlagRule:
    """One line of `flags.json`. `words` are for staff, by language; `source` says why it is asked."""

    key: str
    kind: FlagKind
    questionnaires: tuple[str, ...]
    conditions: tuple[FlagCondition, ...]
    needs_all: bool
    words: Mapping[str, str]
    source: str


@dataclass(frozen=True, slots=True)
class FlagRules:
    """All rules in the order in which flags are shown; `version` says which lists and words they came from."""

    version: str
    rules: tuple[FlagRule, ...]

    def rule(self, key: str) -> FlagRule | None:
        """The rule of a flag; None for the safety flag, and for one whose rule is gone."""
        return next((rule for rule in self.rules if rule.key == key), None)


@dataclass(frozen=True, slots=True)
class Flag:
    """A raised flag: which rule in which version, and the link ids of the answers behind it.

    `is_unsure` when "Not sure" alone raised it."""

    key: str
    kind: FlagKind
    rule: str
    evidence: tuple[str, ...]
    is_unsure: bool = False


def read_rules(data: Mapping[str, Any]) -> FlagRules:
    """Rules from the JSON of `flags.json`; KeyError or ValueError when it has another shape."""
    return FlagRules(data["version"], tuple(_read_rule(raw) for raw in data["flags"]))


def _read_rule(raw: Mapping[str, Any]) -> FlagRule:
    return FlagRule(
        key=raw["key"],
        kind=FlagKind(raw["kind"]),
        questionnaires=tuple(raw["questionnaires"]),
        conditions=tuple(
            FlagCondition(
                c["question"],
                frozenset(c.get("codes", ())),
                frozenset(c.get("unsure", ())),
                tuple(fold_words(term) for term in c.get("terms", ())),
            )
            for c in raw["conditions"]
        ),
        needs_all=raw["match"] == "all",
        words=dict(raw["words"]),
        source=raw["source"],
    )


def _shipped() -> FlagRules:
    text = (files("booking.core.questionnaires") / "rules" / "flags.json").read_text(encoding="utf-8")
    return read_rules(json.loads(text))


def fold_words(text: str) -> str:
    """A text as its words in lower case without accents, single spaces around each: " st john s wort "."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return f" {' '.join(re.findall('[a-z0-9]+', plain))} "


SHIPPED_RULES = _shipped()


def flags_of(questionnaire: Questionnaire, answers: Answers, rules: FlagRules = SHIPPED_RULES) -> tuple[Flag, ...]:
    """The flags of a response, safety first, then in the order of the rules; hidden answers raise none but safety."""
    shown = without_hidden(questionnaire, answers)
    safety = tuple(item.link_id for item in safety_answers(questionnaire, answers))
    first = (Flag(SAFETY_KEY, FlagKind.SAFETY, _SAFETY_RULE, safety),) if safety else ()
    mine = rules_for(questionnaire, rules)
    return (*first, *(flag for rule in mine if (flag := _raised(rule, rules.version, shown)) is not None))


def rules_for(questionnaire: Questionnaire, rules: FlagRules = SHIPPED_RULES) -> tuple[FlagRule, ...]:
    """The rules that look at this form, or at one that it was adapted from."""
    return tuple(rule for rule in rules.rules if not set(questionnaire.origins).isdisjoint(rule.questionnaires))


def _raised(rule: FlagRule, version: str, answers: Answers) -> Flag | None:
    sure = [c.question for c in rule.conditions if _is_met(c, answers.get(c.question))]
    unsure = [c.question for c in rule.conditions if _is_unsure(c, answers.get(c.question))]
    met = [c.question for c in rule.conditions if c.question in (*sure, *unsure)]
    if not met or (rule.needs_all and len(met) < len(rule.conditions)):
        return None
    return Flag(rule.key, rule.kind, f"flags-{version}", tuple(met), is_unsure=not sure)


def _is_met(condition: FlagCondition, value: Value | None) -> bool:
    if isinstance(value, Chosen):
        return not condition.codes.isdisjoint(value.codes)
    return any(term in text for text in _texts(value) for term in condition.terms)


def _is_unsure(condition: FlagCondition, value: Value | None) -> bool:
    return isinstance(value, Chosen) and not condition.unsure.isdisjoint(value.codes)


def _texts(value: Value | None) -> Iterator[str]:
    """The folded texts of a written answer; of a list, each row."""
    if isinstance(value, str):
        yield fold_words(value)
    elif isinstance(value, Rows):
        yield from (fold_words(" ".join(row)) for row in value.rows)


def matching_rows(flag: Flag, answers: Answers, rules: FlagRules = SHIPPED_RULES) -> tuple[tuple[str, ...], ...]:
    """The rows of a list that raised a marker of a medicine group: the typed names to show behind it."""
    rule = rules.rule(flag.key)
    found = []
    for condition in rule.conditions if rule else ():
        value = answers.get(condition.question)
        rows = value.rows if isinstance(value, Rows) else ()
        found += [row for row in rows if _is_met(condition, Rows((row,)))]
    return tuple(found)


def flags_to_plain(flags: Sequence[Flag]) -> list[dict[str, Any]]:
    """Flags as JSON can hold them, to be sealed with the response."""
    return [
        {"key": f.key, "kind": f.kind.value, "rule": f.rule, "evidence": list(f.evidence), "unsure": f.is_unsure}
        for f in flags
    ]


def flags_from_plain(plain: Sequence[Mapping[str, Any]]) -> tuple[Flag, ...]:
    """The flags that `flags_to_plain` wrote. Raises KeyError or ValueError for anything else."""
    return tuple(
        Flag(raw["key"], FlagKind(raw["kind"]), raw["rule"], tuple(raw["evidence"]), raw["unsure"]) for raw in plain
    )


def flag_words(flag: Flag, language: str, rules: FlagRules = SHIPPED_RULES) -> str:
    """The staff wording of a flag, in English where there is no other; "" for the safety flag, which pages word."""
    rule = rules.rule(flag.key)
    if rule is None:
        return "" if flag.kind is FlagKind.SAFETY else flag.key
    return rule.words.get(language.split("_", maxsplit=1)[0].split("-", maxsplit=1)[0], rule.words["en"])
