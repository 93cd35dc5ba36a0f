"""Which noted ends bind after a restore, and that nobody else can excuse a shorter log."""

from __future__ import annotations

from dataclasses import replace

import pytest

from booking.core.audit_anchors import NoteForged, RestoreNote, binding, restore_note
from booking.core.audit_chain import EMPTY, Head, chain_key

KEY = chain_key("a key of tests")
ONE, FIVE, NINE = (Head(number, str(number) * 64) for number in (1, 5, 9))
KEPT, NEW, LATER = Head(4, "4" * 64), Head(5, "e" * 64), Head(8, "8" * 64)
AT = "2026-11-23T13:00:00+00:00"
NOTE = restore_note(KEY, at=AT, head=NEW, kept=KEPT, before=NINE)


def test_without_a_restore_every_end_binds() -> None:
    assert binding(KEY, [ONE, FIVE, NINE]).heads == (ONE, FIVE, NINE)


def test_after_a_restore_only_the_ends_between_are_excused() -> None:
    found = binding(KEY, [ONE, FIVE, NINE, NOTE, LATER])
    assert found.heads == (ONE, KEPT, NEW, LATER)
    assert [note.lost for note in found.restores] == [(5, 9)]


def test_a_second_restore_is_noted_after_the_first() -> None:
    second = restore_note(KEY, at=AT, head=Head(2, "2" * 64), kept=ONE, before=NEW)
    found = binding(KEY, [ONE, NINE, NOTE, second])
    assert found.heads == (ONE, ONE, Head(2, "2" * 64))
    assert [note.lost for note in found.restores] == [(5, 9), (2, 5)]


def test_a_restore_of_an_empty_log_where_nothing_was_noted_loses_nothing() -> None:
    note = restore_note(KEY, at=AT, head=ONE, kept=EMPTY, before=EMPTY)
    assert binding(KEY, [note]).heads == (ONE,)
    assert note.lost is None


@pytest.mark.parametrize(
    "lines",
    [
        [ONE, NINE, replace(NOTE, kept=ONE)],
        [ONE, NINE, replace(NOTE, head=LATER)],
        [ONE, NINE, replace(NOTE, proof="é")],
        [ONE, NINE, restore_note(chain_key("another key"), at=AT, head=NEW, kept=KEPT, before=NINE)],
        [ONE, NINE, NOTE, LATER, NOTE],
        [NOTE],
    ],
    ids=[
        "another kept end",
        "another new end",
        "no proof",
        "another key",
        "copied to the end",
        "what it followed is gone",
    ],
)
def test_a_note_that_the_program_did_not_write_there_is_refused(lines: list[Head | RestoreNote]) -> None:
    with pytest.raises(NoteForged):
        binding(KEY, lines)
