"""Clinic files on disk: UTF-8 in, TOML out. What they mean is read and written in `core/clinic_file`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import tomli_w

from booking.core.clinic_file.mistakes import ClinicFileRefused, Mistake
from booking.core.clinic_file.plan import ClinicPlan
from booking.core.clinic_file.read import read_clinic_file
from booking.core.clinic_file.write import clinic_file_values

MAX_BYTES = 5_000_000
"""Far above any clinic; a file that is bigger was given by mistake and would only keep the parser busy."""


def read_plan(path: Path, *, questionnaires: Collection[str]) -> ClinicPlan:
    """The plan of the file; `questionnaires` are the codes that services may require.

    Raises ClinicFileRefused with every mistake, OSError when the file cannot be read.
    """
    with path.open("rb") as source:
        raw = source.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ClinicFileRefused([Mistake("", None, "too_big", {"most": MAX_BYTES // 1_000_000})])
    return read_clinic_file(_text(raw), questionnaires=questionnaires)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ClinicFileRefused([Mistake("", line, "not_utf8")]) from error


def plan_text(plan: ClinicPlan) -> str:
    """The plan as the text of a clinic file."""
    return tomli_w.dumps(clinic_file_values(plan), multiline_strings=False)


def write_plan(path: Path, plan: ClinicPlan) -> None:
    """Write the file in one step: a reader finds the old one or the new one. Raises OSError."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(plan_text(plan), encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
