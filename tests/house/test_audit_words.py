"""What services write into the audit log: each action has its words, and what is about a patient says which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from booking.web.audit.words import WORDS

SERVICES = Path("booking/services")
ABOUT_PATIENTS = frozenset({"appointment", "waiting_entry", "waiting_offer", "RESPONSE"})
ACTION, KIND = 2, 3


def recorded(source: str) -> Iterator[ast.Call]:
    """Every call of `audit.record`."""
    for node in ast.walk(ast.parse(source)):
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record"
        if is_call and getattr(node.func.value, "id", "") == "audit":
            yield node


def constants(node: ast.expr) -> set[str]:
    """Every text that an argument may be: of `a if b else c`, both."""
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def nameless(source: str) -> set[str]:
    """Actions without words."""
    return {
        action
        for call in recorded(source)
        if not isinstance(call.args[ACTION], ast.JoinedStr)
        for action in constants(call.args[ACTION])
    } - WORDS.keys()


def about_nobody(source: str) -> list[int]:
    """Lines that write about something of a patient's without saying whose."""
    return [
        call.lineno
        for call in recorded(source)
        if kind_of(call) in ABOUT_PATIENTS and "patient_id" not in {keyword.arg for keyword in call.keywords}
    ]


def kind_of(call: ast.Call) -> str:
    kind = call.args[KIND]
    return kind.id if isinstance(kind, ast.Name) else str(getattr(kind, "value", ""))


@pytest.mark.parametrize("file", sorted(SERVICES.glob("*.py")), ids=lambda file: file.stem)
def test_every_event_has_words_and_its_patient(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert (nameless(source), about_nobody(source)) == (set(), [])


def test_an_action_without_words_and_an_event_about_nobody_are_caught() -> None:
    source = 'audit.record(session, actor, "a" if b else "logged_in", "appointment", 1, now=now)'
    assert (nameless(source), about_nobody(source)) == ({"a"}, [1])
