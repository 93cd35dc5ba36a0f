"""What the file of noted ends says: which ends the audit log must still show, and what a restore lost.

After a restore the log is shorter than ends that were noted before. The restore notes itself, with a proof that only
the program can make: which end was kept, which one was noted last, and the new end, in which the event of the restore
is. From there on the ends between count as lost, told at each check, and everything else binds as before. Without such
a note a shorter log is a log that was cut. docs/adr/0013-audit-chain.md.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from booking.core.audit_chain import EMPTY, ChainKey, Head


class NoteForged(Exception):
    """A note of a restore that the program did not write, or not at this place of the file."""


@dataclass(frozen=True, slots=True)
class RestoreNote:
    """A backup was restored. `kept` is the end of the log in the backup, `before` the last end noted until then, `head`
    the end with the event of the restore; `at` as it is written in the file."""

    at: str
    head: Head
    kept: Head
    before: Head
    proof: str

    @property
    def lost(self) -> tuple[int, int] | None:
        """The first and the last link that were noted and are not there any more; None when nothing is known lost."""
        if self.before.number <= self.kept.number:
            return None
        return self.kept.number + 1, self.before.number


@dataclass(frozen=True, slots=True)
class Anchors:
    """The ends that bind, and the restores that were noted, in their order."""

    heads: tuple[Head, ...] = ()
    restores: tuple[RestoreNote, ...] = ()


def restore_note(key: ChainKey, *, at: str, head: Head, kept: Head, before: Head) -> RestoreNote:
    """The note of a restore, with its proof."""
    return RestoreNote(at, head, kept, before, _proof(key, at, head, kept, before))


def _proof(key: ChainKey, at: str, *heads: Head) -> str:
    text = "|".join((at, *(f"{head.number}|{head.hash}" for head in heads)))
    return hmac.digest(key.notes, text.encode(), "sha256").hex()


def binding(key: ChainKey, lines: Iterable[Head | RestoreNote]) -> Anchors:
    """What holds of the lines of the file. Raises NoteForged.

    The proof covers the line before the note, so that a note copied to another place excuses nothing."""
    heads: list[Head] = []
    restores: list[RestoreNote] = []
    last = EMPTY
    for line in lines:
        if isinstance(line, RestoreNote):
            if not _is_ours(key, line, last):
                raise NoteForged
            heads = [head for head in heads if head.number <= line.kept.number]
            heads += [head for head in (line.kept, line.head) if head.number]
            restores.append(line)
            last = line.head
        else:
            heads.append(line)
            last = line
    return Anchors(tuple(heads), tuple(restores))


def _is_ours(key: ChainKey, note: RestoreNote, last: Head) -> bool:
    proof = _proof(key, note.at, note.head, note.kept, note.before)
    return note.before == last and hmac.compare_digest(proof.encode(), note.proof.encode())
