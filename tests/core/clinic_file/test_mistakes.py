"""Each kind of mistake is found, with its path, its line and a code; the rest of the file stays without blame."""

from __future__ import annotations

import pytest

from booking.core.clinic_file.mistakes import SENTENCES, ClinicFileRefused, Mistake
from tests.core.clinic_file.sample import SAMPLE, marked_lines, mistakes_in, read, spoiled
from tests.core.clinic_file.seeded import NEEDS, SEEDED, TOGETHER, spoiled_together


@pytest.mark.parametrize(("old", "new", "path", "code"), SEEDED.values(), ids=SEEDED.keys())
def test_a_seeded_mistake_is_found_at_its_place(old: str, new: str, path: str, code: str) -> None:
    text = spoiled(old, new)

    (mistake,) = mistakes_in(text)

    assert (mistake.path, mistake.code, [mistake.line]) == (path, code, marked_lines(text))
    assert mistake.sentence


def test_the_sample_itself_is_without_mistakes() -> None:
    assert read(SAMPLE).profile.name == "Harbour"


def test_every_mistake_of_a_file_is_told_at_once_in_the_order_of_the_file() -> None:
    text = spoiled_together(TOGETHER)

    found = mistakes_in(text)

    assert len(found) == len(TOGETHER) == 25
    assert sorted(m.code for m in found) == sorted(SEEDED[name][3] for name in TOGETHER)
    assert [m.line for m in found] == marked_lines(text)


@pytest.mark.parametrize(
    ("old", "new", "suggestion"),
    [
        ('crisis_line = "988"', 'crisis_lin = "988"', "crisis_line"),
        ("America/New_York", "America/New_Yrok", "America/New_York"),
        ('kind = "room"', 'kind = "rooom"', "room"),
        ('["peg"]', '["pegg"]', "peg"),
        ('["dr-cruz"]', '["dr-crux"]', "dr-cruz"),
        (NEEDS, 'needs = ["roms"]', "rooms"),
    ],
    ids=["key", "zone", "choice", "questionnaire", "specialist", "pool"],
)
def test_a_near_miss_is_answered_with_a_suggestion(old: str, new: str, suggestion: str) -> None:
    suggestions = [mistake.params.get("suggestion") for mistake in mistakes_in(spoiled(old, new))]

    assert suggestion in suggestions


def test_a_mistake_is_printed_with_its_line_its_path_and_a_suggestion() -> None:
    (mistake,) = mistakes_in(spoiled('kind = "room"', 'kind = "rooom"'))

    assert str(mistake) == (
        "line 52: resources[1].kind: rooom is not one of specialist, nurse, room, chair, device. Did you mean room?"
    )


def test_a_mistake_without_a_place_is_printed_as_a_sentence() -> None:
    assert str(Mistake("", None, "too_deep")) == SENTENCES["too_deep"]


def test_a_file_of_nothing_names_every_missing_section() -> None:
    found = mistakes_in("")

    assert [(m.path, m.code, m.line) for m in found] == [
        ("clinic", "missing", None),
        ("locations", "missing", None),
        ("resources", "missing", None),
        ("services", "missing", None),
    ]


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("a = 1\nb = [1,\n2", 3, "syntax"),
        ("a = 1\na = 2\n", 2, "syntax"),
        ("a = 1\nb = 2026-02-30\n", 2, "syntax"),
        (f"a = {'9' * 5000}", 1, "syntax"),
        ("a = " + "[" * 100_000, None, "too_deep"),
        ("format = 1\n" + "a." * 50_000 + "a = 1", 2, "too_deep"),
    ],
    ids=["cut off", "key twice", "date that is none", "number too long", "too deep", "key of keys"],
)
def test_text_that_is_not_toml_is_refused_with_its_line(text: str, line: int | None, code: str) -> None:
    assert [(m.line, m.code) for m in mistakes_in(text)] == [(line, code)]


def test_a_byte_order_mark_before_the_text_is_ignored() -> None:
    assert read("\ufeff" + SAMPLE) == read(SAMPLE)


def test_the_refusal_has_the_code_that_the_commands_look_at() -> None:
    assert ClinicFileRefused([]).code == "clinic_file_refused"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "Quay"', f'name = "{"q" * 200}"'),
        ('code = "visit"', f'code = "{"v" * 64}"'),
        ("lanes = 2\n", "lanes = 99\n"),
        ("to = 2027-03-02", "to = 2027-03-01"),
        ("valid_to = 2027-12-31", "valid_to = 2026-01-01"),
        ('"2 hours"', '"366 days"'),
        ("grid_minutes = 15", "grid_minutes = 1440"),
        (
            '# painting\nresource = "room-1"\nfrom = 2027-01-04T08:00:00Z\nto = 2027-01-09T00:00:00Z',
            '\nresource = "dr-cruz"\nfrom = 2027-01-09T00:00:00-05:00\nto = 2027-01-10T00:00:00Z',
        ),
        ('needs = ["specialist", "2 lanes of rooms"]', 'needs = ["specialist", "1 lane of rooms"]'),
        ('needs = ["specialist", "2 lanes of rooms"]', "needs = []"),
        ("minutes = 30\nneeds", "minutes = 40\nneeds"),
        ("offset_minutes = 30\nminutes = 15", "offset_minutes = 30\nminutes = 1410"),
    ],
    ids=[
        "longest name",
        "longest code",
        "most lanes",
        "closure of one day",
        "validity of one day",
        "longest notice",
        "one start a day",
        "blocks that touch",
        "one lane in words",
        "no needs",
        "segments side by side",
        "longest visit",
    ],
)
def test_what_just_keeps_within_the_limits_is_accepted(old: str, new: str) -> None:
    assert read(spoiled(old, new)) != read(SAMPLE)
