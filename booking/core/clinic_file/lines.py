"""On which line of a TOML text each key and each list item stands: `tomllib` does not tell, so its tokens are walked.

Only for text that `tomllib` has accepted: the walk trusts the grammar and checks nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

from booking.core.clinic_file.mistakes import Path

_TOKEN = re.compile(
    r"""(?P<string>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\])*"|'[^']*')
      | (?P<ignored>\#[^\n]*|[ \t\r]+)
      | (?P<newline>\n)
      | (?P<mark>[\[\]{},=.])
      | (?P<bare>[^\s\[\]{},=.\#"']+)""",
    re.VERBOSE | re.DOTALL,
)
_END = ("end", "", 0)


def key_lines(text: str) -> Mapping[Path, int]:
    """Line numbers (from 1) by path, for every table, key and list item of the valid TOML `text`."""
    walk = _Walk(text)
    while walk.kind != "end":
        walk.statement()
    return walk.lines


def nearest_line(lines: Mapping[Path, int], path: Path) -> int | None:
    """The line of `path`, or of the closest table around it; None for the whole file."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


class _Walk:
    """The tokens of a text with a cursor; each method consumes what its name says."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._tokens = _tokens(text)
        self._at = 0
        self._table: Path = ()
        self._counts: dict[Path, int] = {}

    @property
    def kind(self) -> str:
        return self._tokens[self._at][0]

    @property
    def _text(self) -> str:
        return self._tokens[self._at][1]

    @property
    def _line(self) -> int:
        return self._tokens[self._at][2]

    def statement(self) -> None:
        if self.kind == "newline":
            self._at += 1
        elif self._text == "[" and self.kind == "mark":
            self._header()
        else:
            self._pair(self._table)

    def _header(self) -> None:
        line = self._line
        depth = 2 if self._tokens[self._at + 1][:2] == ("mark", "[") else 1
        self._at += depth
        *outer, last = self._keys()
        self._at += depth
        path: Path = ()
        for key in outer:
            path = self._inside((*path, key))
        path = (*path, last)
        if depth == 2:
            self.lines.setdefault(path, line)
            self._counts[path] = self._counts.get(path, 0) + 1
        self._table = self._inside(path)
        self.lines[self._table] = line

    def _inside(self, path: Path) -> Path:
        """The table that a name in a header means: of an array of tables, its latest item."""
        return (*path, self._counts[path] - 1) if path in self._counts else path

    def _pair(self, table: Path) -> None:
        line = self._line
        path = table
        for key in self._keys():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self._at += 1
        self._value(path)

    def _keys(self) -> list[str]:
        found = []
        while self._text not in {"]", "="} or self.kind == "string":
            if self.kind == "string":
                found.append(str(tomllib.loads(f"key = {self._text}")["key"]))
            elif self.kind == "bare":
                found.append(self._text)
            self._at += 1
        return found

    def _value(self, path: Path) -> None:
        opens = self._text if self.kind == "mark" else ""
        if opens == "[":
            self._array(path)
        elif opens == "{":
            self._inline_table(path)
        else:
            while self.kind in {"string", "bare"} or self._text == ".":
                self._at += 1

    def _array(self, path: Path) -> None:
        self._at += 1
        index = 0
        while not self._is_mark("]"):
            if self.kind == "newline" or self._is_mark(","):
                self._at += 1
                continue
            self.lines[(*path, index)] = self._line
            self._value((*path, index))
            index += 1
        self._at += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        while not self._is_mark("}"):
            if self.kind == "newline" or self._is_mark(","):
                self._at += 1
            else:
                self._pair(path)
        self._at += 1

    def _is_mark(self, mark: str) -> bool:
        return self.kind == "mark" and self._text == mark


def _tokens(text: str) -> list[tuple[str, str, int]]:
    """Kind, text and line of each token that matters, and one that marks the end."""
    found = []
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "ignored":
            found.append((str(match.lastgroup), match.group(), line))
        line += match.group().count("\n")
    return [*found, _END]
