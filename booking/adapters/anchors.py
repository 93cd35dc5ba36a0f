"""Heads of the audit chain, noted in a file outside the database: one line of JSON each, only ever added to. A restore
adds a line that says what was lost with it (`core/audit_anchors.py`)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from booking.core.audit_anchors import Anchors, NoteForged, RestoreNote, binding, restore_note
from booking.core.audit_chain import EMPTY, ChainKey, Head


class AnchorsUnreadable(Exception):
    """The file of anchors is missing or holds something else; the message says which line."""


def read_anchors(file: Path) -> list[Head | RestoreNote]:
    """All lines, the oldest first. A line that a crash cut short is left out.

    Raises AnchorsUnreadable."""
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AnchorsUnreadable(f"{file} cannot be read ({type(error).__name__})") from error
    return [_line(line, place, file) for place, line in enumerate(lines, start=1) if line.endswith("}")]


def _line(text: str, place: int, file: Path) -> Head | RestoreNote:
    try:
        noted = json.loads(text)
        head, restored = _head(noted), noted.get("restored")
        if restored is None:
            return head
        ends = _head(restored["kept"]), _head(restored["before"])
        return RestoreNote(str(noted["at"]), head, *ends, str(restored["proof"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AnchorsUnreadable(f"line {place} of {file} is no anchor") from error


def _head(values: Mapping[str, Any]) -> Head:
    return Head(int(values["number"]), str(values["hash"]))


def anchors_of(file: Path, key: ChainKey) -> Anchors:
    """What of the file binds the log today. Raises AnchorsUnreadable, also for a note that is not the program's."""
    try:
        return binding(key, read_anchors(file))
    except NoteForged:
        raise AnchorsUnreadable(f"{file} holds a note of a restore that this program did not write there") from None


def note_anchor(file: Path, head: Head, *, now: datetime) -> bool:
    """Add the head unless it is the last one noted; whether it was added. It is on the disk when this returns.

    Raises OSError, and AnchorsUnreadable for a file that holds something else."""
    if _last(file) == head:
        return False
    _append(file, {"at": now.isoformat(timespec="seconds"), **head._asdict()})
    return True


def note_restore(file: Path, key: ChainKey, *, kept: Head, head: Head, now: datetime) -> RestoreNote:
    """Add that a backup was restored whose log ends at `kept`; `head` is the end with the event of the restore.

    Raises OSError, and AnchorsUnreadable for a file that does not fit: nothing is excused by it then."""
    if file.exists():
        anchors_of(file, key)
    at = now.isoformat(timespec="seconds")
    note = restore_note(key, at=at, head=head, kept=kept, before=_last(file))
    restored = {"kept": kept._asdict(), "before": note.before._asdict(), "proof": note.proof}
    _append(file, {"at": at, **head._asdict(), "restored": restored})
    return note


def _last(file: Path) -> Head:
    """The end that was noted last; EMPTY when there is none."""
    lines = read_anchors(file) if file.exists() else []
    if not lines:
        return EMPTY
    last = lines[-1]
    return last.head if isinstance(last, RestoreNote) else last


def _append(file: Path, values: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(values)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as target:
        # Begins anew after a line that a crash cut short.
        target.write(f"{'' if _ends_whole(descriptor) else chr(10)}{line}\n".encode("ascii"))
        target.flush()
        os.fsync(target.fileno())


def _ends_whole(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
