"""What is noticed while a clinic file is read: mistakes, the codes it declares, and the codes it refers to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from booking.core.clinic_file.lines import nearest_line
from booking.core.clinic_file.mistakes import Mistake, Path, written


class Findings:
    """Collects during one reading, so that reading goes on after a mistake and all of them are told at once."""

    def __init__(self) -> None:
        self._mistakes: list[tuple[Path, str, dict[str, str | int]]] = []
        self._declared: dict[str, dict[str, Path]] = {}
        self._references: list[tuple[Path, str, str]] = []

    def add(self, path: Path, code: str, **params: str | int) -> None:
        """Note a mistake; `code` is a key of `mistakes.SENTENCES`, `params` are the words of its sentence."""
        self._mistakes.append((path, code, params))

    @property
    def count(self) -> int:
        """How many mistakes there are so far: whether a part was read cleanly is a difference of two counts."""
        return len(self._mistakes)

    def declare(self, kind: str, code: str, path: Path) -> None:
        """Note that the file describes this `kind` of thing under `code`; twice is a mistake."""
        if not code:
            return
        first = self._declared.setdefault(kind, {}).setdefault(code, path)
        if first != path:
            self.add(path, "duplicate_code", value=code, first=written(first))

    def permit(self, kind: str, codes: Collection[str]) -> None:
        """Note codes that may be referred to and that may come up any number of times."""
        self._declared.setdefault(kind, {}).update(dict.fromkeys(codes, ()))

    def refer(self, kind: str, code: str, path: Path) -> None:
        """Note that `path` names a thing of that kind; whether it exists is asked in `resolve`."""
        if code:
            self._references.append((path, kind, code))

    def referred(self, kind: str, within: Path) -> set[str]:
        """The codes of that kind that anything under the path `within` names."""
        depth = len(within)
        return {code for path, named, code in self._references if named == kind and path[:depth] == within}

    def resolve(self) -> None:
        """Add a mistake for each reference to something that the file does not describe."""
        for path, kind, code in self._references:
            known = self._declared.get(kind, {})
            if code not in known:
                self.add(path, f"unknown_{kind}", value=code, **near_miss(code, known))

    def mistakes(self, lines: Mapping[Path, int]) -> list[Mistake]:
        """All mistakes in the order of the file; `lines` as from `lines.key_lines`."""
        found = [
            Mistake(written(path), nearest_line(lines, path), code, params) for path, code, params in self._mistakes
        ]
        return sorted(found, key=lambda m: (m.line or 0, m.path))


def near_miss(value: str, known: Collection[str]) -> dict[str, str]:
    """The parameter `suggestion` for a sentence: the known word that `value` was probably meant to be, if any."""
    close = get_close_matches(value, known, n=1, cutoff=0.6)
    return {"suggestion": close[0]} if close else {}
