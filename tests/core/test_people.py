"""Folded names and numbers: what finds whom."""

from __future__ import annotations

import pytest

from booking.core.people import REFERENCE_ALPHABET, are_names_alike, email_key, fold, name_key, one_line, phone_key


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Ana", "ana"),
        ("  ÁLVAREZ  ", "alvarez"),
        ("O'Brien-Łukasz", "obrien lukasz"),
        ("O’Brien", "obrien"),
        ("O´Brien D`Angelo Oʼneill", "obrien dangelo oneill"),
        ("Straße", "strasse"),
        ("Sørensen Þór", "sorensen thor"),
        ("İpek Işık", "ipek isik"),
        ("ﬁ_ne", "fi ne"),
        ("李 小龍", "李 小龍"),
        ("Jr. 3rd", "jr 3rd"),
        ("", ""),
        ("--", ""),
    ],
)
def test_names_are_folded(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_folding_twice_changes_nothing() -> None:
    assert fold(fold("Łukasz O’Neill")) == fold("Łukasz O’Neill")


def test_a_name_key_holds_both_names() -> None:
    assert name_key("Ana", "Álvarez Gómez") == "ana alvarez gomez"
    assert name_key("", "Álvarez") == "alvarez"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("555-0142", "5550142"),
        ("+1 (555) 010-0142", "15550100142"),
        ("0044 20 7946 0000", "442079460000"),
        ("(904) 555-0199 ext 3", "9045550199"),
        ("(904) 555-0199 Ext. 12", "9045550199"),
        ("904 555 0199x3", "9045550199"),
        ("ext 3", None),
        ("none", None),
        ("", None),
        (None, None),
    ],
)
def test_phone_numbers_are_their_digits(written: str | None, key: str | None) -> None:
    assert phone_key(written) == key


def test_a_line_is_trimmed_and_composed() -> None:
    assert one_line("  A\u0301na \n Maria ") == "Ána Maria"


def test_addresses_are_compared_without_case() -> None:
    assert email_key(" Ana@Example.ORG ") == "ana@example.org"


def test_references_hold_no_letter_that_is_misheard() -> None:
    assert not set("01ILOU") & set(REFERENCE_ALPHABET)
    assert len(set(REFERENCE_ALPHABET)) == len(REFERENCE_ALPHABET)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("ana alvarez", "ana maria alvarez", True), ("ana alvarez", "alvarez ana", True),
        ("jon smyth", "john smith", True),
        ("ana alvarez", "ben brown", False), ("al wu", "al ng", False), ("", "ana", False),
    ],
)  # fmt: skip
def test_names_that_may_be_the_same_persons(one: str, other: str, alike: bool) -> None:
    assert are_names_alike(one, other) is alike
