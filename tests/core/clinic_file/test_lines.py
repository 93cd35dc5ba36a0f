"""The line of every key and every list item of a TOML text is known, however it is written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path as FilePath

import pytest

from booking.core.clinic_file.lines import key_lines, nearest_line
from booking.core.clinic_file.mistakes import Path
from tests.core.clinic_file.sample import SAMPLE

DEMO = FilePath(__file__).parents[3] / "demo" / "clinic.toml"

TRICKY = '''\
a = """
[not.a.table]
b = 1 \\""" still text
"""
"quoted key" = 'it' # [comment]
c.d = [ # a comment with ] and ,
  1, "],[",

  { e = 'x', "f g".h = [2026-01-01 10:00:00, 1.5e3] }, # more
]
m = ~~~
n = 1
~~~

[p]
[[p.q]]
r = {}
[[p.q]]
r = [[], [{}]]
[p.q.s]
t = true\r
[p."u.v"]
w = -inf
'''.replace("~~~", "'" * 3)


def paths(value: object, path: Path = ()) -> Iterator[Path]:
    """All paths of a parsed text."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*path, step)
        yield from paths(inner, (*path, step))


@pytest.mark.parametrize(
    "text", [TRICKY, SAMPLE, DEMO.read_text("utf-8"), ""], ids=["tricky", "sample", "demo", "empty"]
)
def test_every_path_of_a_text_has_a_line(text: str) -> None:
    assert set(paths(tomllib.loads(text))) == set(key_lines(text))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 1),
        (("quoted key",), 5),
        (("c",), 6),
        (("c", "d"), 6),
        (("c", "d", 1), 7),
        (("c", "d", 2), 9),
        (("c", "d", 2, "f g", "h", 1), 9),
        (("m",), 11),
        (("p",), 15),
        (("p", "q"), 16),
        (("p", "q", 0), 16),
        (("p", "q", 1), 18),
        (("p", "q", 1, "r", 1, 0), 19),
        (("p", "q", 1, "s"), 20),
        (("p", "q", 1, "s", "t"), 21),
        (("p", "u.v", "w"), 23),
    ],
)
def test_lines_are_counted_from_one(path: Path, line: int) -> None:
    assert key_lines(TRICKY)[path] == line


def test_what_has_no_line_takes_that_of_the_table_around_it() -> None:
    assert nearest_line({("a",): 3}, ("a", "b", 0)) == 3


def test_the_whole_file_has_no_line() -> None:
    assert nearest_line({("a",): 3}, ("b",)) is None
