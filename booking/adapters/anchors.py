"""Heads of the audit chain, noted in a file outside the database: one line of JSON each, only ever added to."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

from booking.core.audit_chain import Head


class AnchorsUnreadable(Exception):
    """The file of anchors is missing or holds something else; the message says which line."""


def read_anchors(file: Path) -> list[Head]:
    """All heads that were noted, the oldest first. A line that a crash cut short is left out.

    Raises AnchorsUnreadable."""
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AnchorsUnreadable(f"{file} cannot be read ({type(error).__name__})") from error
    return [_head(line, place, file) for place, line in enumerate(lines, start=1) if line.endswith("}")]


def _head(line: str, place: int, file: Path) -> Head:
    try:
        noted = json.loads(line)
        return Head(int(noted["number"]), str(noted["hash"]))
    except (ValueError, KeyError, TypeError) as error:
        raise AnchorsUnreadable(f"line {place} of {file} is no anchor") from error


def note_anchor(file: Path, head: Head, *, now: datetime) -> bool:
    """Add the head unless it is the last one noted; whether it was added. It is on the disk when this returns.

    Raises OSError, and AnchorsUnreadable for a file that holds something else."""
    before = read_anchors(file) if file.exists() else []
    if before and before[-1] == head:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"at": now.isoformat(timespec="seconds"), **head._asdict()})
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as target:
        # Begins anew after a line that a crash cut short.
        target.write(f"{'' if _ends_whole(descriptor) else chr(10)}{line}\n".encode("ascii"))
        target.flush()
        os.fsync(target.fileno())
    return True


def _ends_whole(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
