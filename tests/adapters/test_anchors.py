"""The file of noted heads: added to, never twice the same, and readable after a crash in the middle of a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from booking.adapters.anchors import AnchorsUnreadable, anchors_of, note_anchor, note_restore, read_anchors
from booking.core.audit_chain import Head, chain_key
from tests.factories import NOW

ONE, TWO = Head(1, "a" * 64), Head(2, "b" * 64)
KEY = chain_key("a key of tests")


def test_heads_are_added_in_order_and_not_twice(tmp_path: Path) -> None:
    file = tmp_path / "new" / "anchors.jsonl"
    assert [note_anchor(file, head, now=NOW) for head in (ONE, ONE, TWO)] == [True, False, True]
    assert read_anchors(file) == [ONE, TWO]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_line_cut_short_is_left_out_and_the_next_one_stands_alone(tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    note_anchor(file, ONE, now=NOW)
    file.write_bytes(file.read_bytes() + b'{"at": "2026-')
    assert read_anchors(file) == [ONE]
    assert note_anchor(file, TWO, now=NOW)
    assert read_anchors(file) == [ONE, TWO]


@pytest.mark.parametrize(
    "text",
    ['{"number": 1}', "{}", '{"number": "x", "hash": "y"}', "{what}", '{"number": 1, "hash": "", "restored": 1}'],
)
def test_another_file_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "anchors.jsonl"
    note_anchor(file, ONE, now=NOW)
    file.write_text(file.read_text() + text + "\n")
    with pytest.raises(AnchorsUnreadable, match="line 2"):
        read_anchors(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnchorsUnreadable, match="cannot be read"):
        read_anchors(tmp_path / "missing.jsonl")


def test_a_restore_is_noted_after_what_was_there_and_the_next_end_after_it(tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    note_anchor(file, TWO, now=NOW)
    note = note_restore(file, KEY, kept=ONE, head=TWO, now=NOW)
    assert note.before == TWO
    assert not note_anchor(file, TWO, now=NOW)
    assert note_anchor(file, Head(3, "c" * 64), now=NOW)
    assert [head.number for head in anchors_of(file, KEY).heads] == [1, 2, 3]


def test_a_file_with_a_note_of_somebody_else_excuses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    note_restore(file, chain_key("another key"), kept=ONE, head=TWO, now=NOW)
    with pytest.raises(AnchorsUnreadable, match="did not write"):
        anchors_of(file, KEY)
    with pytest.raises(AnchorsUnreadable, match="did not write"):
        note_restore(file, KEY, kept=ONE, head=TWO, now=NOW)
